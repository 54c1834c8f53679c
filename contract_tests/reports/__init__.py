"""The reports: one document describes a run, and each format is a rendering of it."""
