"""How the suite speaks with a target: requests and their answers, its control plane, and a receiver of its webhooks."""
