"""Packages that are installed only with the extra `contract-tests`; a server does not need them."""

from __future__ import annotations

from importlib.util import find_spec

from contract_tests.errors import Refused

EXTRA = "business-suite-sandbox[contract-tests]"


def needs(command: str, *modules: str) -> None:
    """Raises Refused, with what brings it, where one of the modules is not installed."""
    missing = [module for module in modules if not _is_there(module)]
    if missing:
        raise Refused(f"{command} needs {' and '.join(missing)}, which the extra brings: pip install '{EXTRA}'")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it stands in
        return False
