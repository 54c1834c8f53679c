"""The reports of `contract-tests diff` and `lint`, which share text output, JSON and SARIF."""
