"""The only place that knows HTTP."""

import sys
import warnings

# Starlette deprecates httpx for its test client, which Connexion imports and this server never uses.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient` is deprecated")

# Connexion imports httpx, which brings its command line, and with that rich and pygments, unless it is not to be had:
# a tenth of the start.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    import connexion  # noqa: F401

    del sys.modules["httpx._main"]
