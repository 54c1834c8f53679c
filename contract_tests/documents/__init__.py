"""`contract-tests diff` and `lint`: two documents compared, one looked at, and the reports of both."""
