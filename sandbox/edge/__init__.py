"""The only place that knows HTTP."""

import warnings

# Starlette deprecates httpx for its test client, which Connexion imports and this server never uses.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient` is deprecated")
