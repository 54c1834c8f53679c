"""The parts of `sandbox listen`: it follows the event log of a sandbox, reconnects, and forwards each event like a real delivery."""
