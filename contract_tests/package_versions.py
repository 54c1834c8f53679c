"""The versions of the tools in use."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def version_of(package: str) -> str | None:
    """None where it is not installed, as in a checkout that is run as it lies."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
