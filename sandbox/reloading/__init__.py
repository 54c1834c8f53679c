"""Hot reload: watches the contract, applies each valid edit, and reports what it changed."""
