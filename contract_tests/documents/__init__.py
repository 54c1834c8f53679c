"""`contract-tests diff` and `lint`: the commands on documents, and their reports."""
