"""What `sandbox listen` is made of: following a sandbox's log of events over every cut, and forwarding each as live."""
