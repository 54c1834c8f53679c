"""The only place that knows HTTP."""

from sandbox.lazy_imports import loaded_when_used


class _NeverRaised(Exception):
    """Stands for the faults that jsonschema tells: whatever Connexion would have it check is checked by us."""


# What Connexion and uvicorn import for uses that we never make of them, half of the start: Connexion's test client,
# templates and Swagger UI, documents and keys that it fetches from elsewhere, its own validators, Flask's requests and
# handlers that are no coroutines; uvicorn's command line and its processes that watch files.
with loaded_when_used(
    "starlette.testclient",
    "starlette.templating",
    "jinja2",
    "requests",
    "httpx",
    "jsonschema",
    "jsonschema.exceptions",
    "jsonschema.validators",
    "werkzeug.serving",
    "werkzeug.test",
    "werkzeug.wrappers",
    "werkzeug.wsgi",
    "asgiref.sync",
    "uvicorn.main",
    given={"jsonschema.ValidationError": _NeverRaised, "jsonschema.exceptions.ValidationError": _NeverRaised},
):
    import connexion  # noqa: F401
    import uvicorn  # noqa: F401
