"""The sandbox server: Business Suite API v2 with state, driven by `openapi/api-v2.yaml`."""


def version() -> str:
    """The version of the installed distribution."""
    from importlib.metadata import version as installed

    return installed("business-suite-sandbox")
