"""Tests for any implementation of the contract, run over HTTP. They know `openapi` and nothing of the sandbox."""
