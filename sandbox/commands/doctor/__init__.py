"""`sandbox doctor`: looks at all that lies in a data directory, and repairs what can be."""
