"""What `sandbox examine-receiver` is made of: checks that play events against an integrator's own endpoint, and their report."""
