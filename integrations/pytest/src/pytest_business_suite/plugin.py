"""The pytest plugin: one sandbox for the whole run, and a workspace of its own for each test that asks for one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pytest_business_suite.errors import Invalid, NoSandbox
from pytest_business_suite.workspace import BusinessSuite, SandboxServer

if TYPE_CHECKING:
    from pytest_business_suite.shared_server import Address, SharedServer

_MARKER = "business_suite"
_FORM = '@pytest.mark.business_suite(scenario="empty", seed=42)'
_SCENARIO = "business_suite_scenario"
_SANDBOX = "business_suite_sandbox"
_OPTION = "--business-suite-sandbox"
_VARIABLE = "BUSINESS_SUITE_SANDBOX"
_PORT = "business_suite_port"
"""What a worker of pytest-xdist is handed."""
_SHARED_SERVER: pytest.StashKey[SharedServer] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    named = "the sandbox that the fixture business_suite uses: the URL of one that runs, or a command that starts one"
    parser.getgroup("business-suite", "Business Suite sandbox").addoption(_OPTION, metavar="URL_OR_COMMAND", dest=_SANDBOX, help=named)
    parser.addini(_SANDBOX, f"{named}; {_OPTION} and {_VARIABLE} win over it", default="")
    parser.addini(_SCENARIO, "what the workspace of the fixture business_suite begins with, where no marker says so", default="demo")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{_MARKER}(scenario, seed): what the workspace of the fixture business_suite begins with")


def pytest_unconfigure(config: pytest.Config) -> None:
    shared_server = config.stash.get(_SHARED_SERVER, None)
    if shared_server is not None:
        shared_server.close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Of pytest-xdist, in the process that leads: one more worker begins."""
    node.workerinput[_PORT] = _shared_server(node.config).port()


@pytest.fixture(scope="session")
def business_suite_server(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    """The sandbox of this run, found or started when it is first asked for: `business_suite_server.workspace()` makes workspaces."""
    from pytest_business_suite.workspace import connected

    with _failing_in_a_sentence():
        address = _address(request.config)
    with connected(address) as server:
        yield server


@pytest.fixture
def business_suite(request: pytest.FixtureRequest, business_suite_server: SandboxServer) -> Iterator[BusinessSuite]:
    """A workspace that no other test sees, filled with the scenario of the marker `business_suite`."""
    chosen = _chosen(request)
    with ExitStack() as stack:
        with _failing_in_a_sentence():
            suite = stack.enter_context(business_suite_server.workspace(**chosen))
        yield suite


@contextmanager
def _failing_in_a_sentence() -> Iterator[None]:
    """What cannot be is the test's failure, without a traceback."""
    try:
        yield
    except (Invalid, NoSandbox) as problem:
        told = f"{_FORM}: {'; '.join(problem.errors.values()) or problem.message}" if isinstance(problem, Invalid) else str(problem)
        raise pytest.fail.Exception(told, pytrace=False) from None


def _address(config: pytest.Config) -> Address:
    from pytest_business_suite.shared_server import ask

    handed = getattr(config, "workerinput", {})
    return ask(handed[_PORT]) if _PORT in handed else _shared_server(config).address()


def _shared_server(config: pytest.Config) -> SharedServer:
    """What has the sandbox of this run; pytest-xdist's workers have none."""
    from pytest_business_suite.shared_server import SharedServer

    if _SHARED_SERVER not in config.stash:
        config.stash[_SHARED_SERVER] = SharedServer(_named(config), config.invocation_params.dir)
    return config.stash[_SHARED_SERVER]


def _named(config: pytest.Config) -> tuple[str, str] | None:
    """The sandbox that somebody named, and where; the nearest to the run wins, and what is empty says nothing."""
    places = ((config.getoption(_SANDBOX), _OPTION), (os.environ.get(_VARIABLE), _VARIABLE), (config.getini(_SANDBOX), _SANDBOX))
    return next(((named.strip(), source) for named, source in places if named and named.strip()), None)


def _chosen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the markers say, that of the test before that of its class and module."""
    chosen: dict[str, Any] = {"scenario": request.config.getini(_SCENARIO), "seed": 42}
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        unknown = [repr(one) for one in marker.args] + [name for name in marker.kwargs if name not in chosen]
        if unknown:
            pytest.fail(f"The marker {_MARKER} does not understand {', '.join(unknown)}; it is written {_FORM}", pytrace=False)
        chosen.update({name: value for name, value in marker.kwargs.items() if value is not None})
    return chosen
