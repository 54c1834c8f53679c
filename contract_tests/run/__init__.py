"""One run, from the first check of the target to the deletion of the last object."""
