"""The contract and a small typed reader of it: no HTTP, no store."""
