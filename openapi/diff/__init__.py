"""What changed between two OpenAPI documents, and whom it hurts: a request may only widen, an answer may only narrow."""
