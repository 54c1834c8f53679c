"""The parts of `sandbox examine-receiver`: checks that send events to a webhook receiver, and their report."""
