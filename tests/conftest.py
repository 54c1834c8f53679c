"""What tests of different rooms share: a server of this checkout, as a process of its own."""

import os
from collections.abc import Iterator

import pytest

from sandbox import log
from tests.servers import Running, running


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="Look at everything, also where a part says nearly as much.")


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether everything is asked for, however long it takes."""
    asked: bool = request.config.getoption("--whole")
    return asked


@pytest.fixture(scope="session", autouse=True)
def _lines_go_where_they_should() -> None:
    """Else the first test that captures lines would leave structlog as it comes, and later ones find theirs on stdout."""
    log._logger()


@pytest.fixture(scope="session", autouse=True)
def _programs_run_unmeasured() -> Iterator[None]:
    """A program that a test starts would be slowed by measuring its coverage; what must be covered is tested in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def _caches_are_of_these_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What servers keep for their next start: neither the user's is used, nor is it filled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A fresh server with the data that it brings, for the tests of one module."""
    with running(tmp_path_factory.mktemp("server")) as one:
        yield one
