"""The sandbox server: Business Suite API v2 with state, driven by `openapi/api-v2.yaml`."""

__version__ = "0.1.0"
"""The distribution is built with it. To ask that for it would take a server as long as to read its contract."""


def version() -> str:
    """The version of the sandbox."""
    return __version__
