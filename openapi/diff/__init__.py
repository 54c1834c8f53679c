"""Compares two OpenAPI documents: what changed, and which clients a change breaks."""
