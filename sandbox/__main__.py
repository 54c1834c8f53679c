"""`python -m sandbox` is the command `sandbox`."""

from sandbox.start import main

main()
