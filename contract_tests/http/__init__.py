"""The HTTP of the suite: requests and responses, the target's control plane, and a receiver of its webhooks."""
