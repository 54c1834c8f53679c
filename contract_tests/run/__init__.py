"""One run, from the first look at the target to the last object that is deleted again."""
