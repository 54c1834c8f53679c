"""How what was found in documents is shown: `contract-tests diff` and `lint` share the sheet of text, JSON and SARIF."""
