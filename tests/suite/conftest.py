"""Finds out, on one server for a whole file of tests, which promises are broken where somebody stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest

from contract_tests.http.control_plane import PREFIX
from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport
from tests.saboteurs.sabotaged_server import Stage
from tests.saboteurs.saboteur import Interceptor
from tests.suite.in_process import broken, suite_run


class FindBetween(Protocol):
    """The ids of the promises, of those or of these families, that are broken on an empty server with an interceptor before it."""

    def __call__(self, *only: str, between: Interceptor) -> set[str]: ...


class _Before:
    def __init__(self, behind: Transport, between: Interceptor) -> None:
        self._behind, self._between = behind, between

    def send(self, request: Request, key: str | None) -> Answer:
        below = request.path.startswith(PREFIX)
        return self._behind.send(request, key) if below else self._between(request, key, self._behind.send)

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def find_between() -> Iterator[FindBetween]:
    stage = Stage()

    def find(*only: str, between: Interceptor) -> set[str]:
        with stage.with_nobody() as transport:
            return set(broken(suite_run(_Before(transport, between), only=only)))

    yield find
    stage.close()
