"""One server on each stack for the tests of a module; each writes what it stores to files, where nothing can be hidden."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.servers import running

STACKS = ("fast", "stock")


class Target(NamedTuple):
    """A server to be hostile to."""

    address: str
    directory: Path

    def stored(self) -> dict[str, bytes]:
        """All that it has written down."""
        return {str(file): file.read_bytes() for file in sorted((self.directory / "data").rglob("*")) if file.is_file()}

    def said(self) -> str:
        """What it complained of."""
        return (self.directory / "server.err").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    """The servers by stack; the limit is out of the way."""
    with ExitStack() as servers:
        found = {}
        for stack in STACKS:
            directory = tmp_path_factory.mktemp(stack)
            options = ("--stack", stack, "--data-dir", "data", "--rate-limit", "1000000/3600")
            found[stack] = Target(servers.enter_context(running(directory, *options)).address, directory)
        yield found


@pytest.fixture(params=STACKS)
def target(targets: dict[str, Target], request: pytest.FixtureRequest) -> Target:
    """Each of them in turn."""
    return targets[request.param]
