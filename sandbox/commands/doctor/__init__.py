"""`sandbox doctor`: checks a data directory, and repairs damage."""
