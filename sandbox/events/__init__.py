"""What the world outside is told: events, written with the change that causes them, and their deliveries to webhooks."""
