"""What a check is handed: the registry, a probe, values that fit and values that do not, readings and verdicts."""
