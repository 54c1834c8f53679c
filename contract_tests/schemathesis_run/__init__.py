"""Stock Schemathesis as a process, its hooks, and the document in the dialect of a target."""
