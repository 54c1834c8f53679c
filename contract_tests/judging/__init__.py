"""What checks are made of: the registry, a probe, valid and invalid values, readings and verdicts."""
