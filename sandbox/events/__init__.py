"""Events, written in the transaction of the change that causes them, and their deliveries to webhooks."""
