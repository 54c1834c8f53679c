"""The pytest plugin for suites that test against the sandbox: a server for the session, a workspace for each test.

Every suite of an environment loads it, so it loads nothing of the server before a test asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.embedded import BusinessSuite, EmbeddedServer, Role, embedded_server
from sandbox.errors import Refusal, StartError

__all__ = ["BusinessSuite", "EmbeddedServer", "Role"]
_MARKER = "business_suite"
_SCENARIO = "business_suite_scenario"
_FORM = '@pytest.mark.business_suite(scenario="empty", seed=42)'


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(_SCENARIO, "what the workspace of the fixture business_suite begins with, where no marker says so", default="demo")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{_MARKER}(scenario, seed): what the workspace of the fixture business_suite begins with")


@pytest.fixture(scope="session")
def business_suite_server() -> Iterator[EmbeddedServer]:
    """A sandbox in this process, started when it is first asked for: `business_suite_server.workspace()` makes workspaces."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(embedded_server())
        except (StartError, ImportError) as problem:
            pytest.fail(f"The Business Suite sandbox cannot start: {problem}", pytrace=False)
        yield server


@pytest.fixture
def business_suite(request: pytest.FixtureRequest, business_suite_server: EmbeddedServer) -> Iterator[BusinessSuite]:
    """A workspace that no other test sees, filled with the scenario of the marker `business_suite`."""
    chosen = _chosen(request)
    with ExitStack() as stack:
        try:
            suite = stack.enter_context(business_suite_server.workspace(**chosen))
        except Refusal as refusal:
            pytest.fail(f"{_FORM}: {'; '.join(refusal.errors.values()) or refusal.message}", pytrace=False)
        except StartError as problem:
            pytest.fail(f"The scenario {chosen['scenario']} cannot be made: {problem}", pytrace=False)
        yield suite


def _chosen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the markers say, that of the test before that of its class and module."""
    chosen: dict[str, Any] = {"scenario": request.config.getini(_SCENARIO), "seed": 42}
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        unknown = [repr(one) for one in marker.args] + [name for name in marker.kwargs if name not in chosen]
        if unknown:
            pytest.fail(f"The marker {_MARKER} does not understand {', '.join(unknown)}; it is written {_FORM}", pytrace=False)
        chosen.update({name: value for name, value in marker.kwargs.items() if value is not None})
    return chosen
