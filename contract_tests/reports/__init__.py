"""The reports: one document says what came of a run, and each other form is a rendering of it."""
