"""A dialect is a server that speaks another listed reading of one decision throughout, or, where it is mixed, in one place only.

It is this sandbox with an edited contract, with some of its functions replaced, or with somebody between who rewords.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from contract_tests.http.control_plane import PREFIX
from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport
from sandbox import loaded_contract
from sandbox.domain import users
from tests.saboteurs.sabotaged_server import own_document
from tests.saboteurs.saboteur import Interceptor, Put, Spec
from tests.suite.in_process import InProcess, served


@dataclass(frozen=True, slots=True)
class Dialect:
    """A reading of a decision, and how the server is made to speak it: by an edited contract, replaced functions, or somebody between."""

    decision: str
    code: str
    edit: Callable[[Spec], None] | None = None
    patch: Callable[[Put], None] | None = None
    between: Interceptor | None = None

    @property
    def name(self) -> str:
        return f"{self.decision}-{self.code}"

    @property
    def promise(self) -> str:
        """The id of the promise that finds out which reading is spoken."""
        return f"speaks-{self.decision}"


THROUGHOUT: dict[str, Dialect] = {}
"""Those that speak one reading throughout, by name."""
MIXED: dict[str, Dialect] = {}
"""Those of two minds."""


def speaks(decision: str, code: str, **how: Any) -> None:
    """Registers a server that speaks a reading throughout."""
    dialect = Dialect(decision, code, **how)
    THROUGHOUT[dialect.name] = dialect


def mixes(decision: str, code: str, **how: Any) -> None:
    """Registers a server that speaks it in one place, and ours elsewhere."""
    dialect = Dialect(decision, code, **how)
    MIXED[dialect.name] = dialect


def spoken(dialect: Dialect) -> AbstractContextManager[Transport]:
    """The way to a server that speaks it."""
    return altered(edit=dialect.edit, patch=dialect.patch, between=dialect.between)


@contextmanager
def altered(
    *,
    edit: Callable[[Spec], None] | None = None,
    patch: Callable[[Put], None] | None = None,
    between: Interceptor | None = None,
    scenario: str = "empty",
) -> Iterator[Transport]:
    """The way to a server that obeys an edited contract, has functions replaced, or stands behind somebody."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkey:
        monkey.setattr(users, "_digest", lambda password, salt: f"{password}/{salt.hex()}")
        settings: dict[str, Any] = {"scenario": scenario}
        if edit is not None:
            monkey.setattr(loaded_contract, "refuse_invalid", lambda *_, **__: None)
            settings["spec"] = _edited(edit, Path(folder))
        if patch is not None:
            patch(monkey.setattr)
        with served(**settings) as server:
            transport = _Between(InProcess(server.app), between)
            try:
                yield transport
            finally:
                transport.close()


def _edited(edit: Callable[[Spec], None], folder: Path) -> Path:
    document = own_document()
    edit(document)
    file = folder / "api-v2.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


class _Between:
    """A transport with somebody in it who rewords requests and answers, but not those of the control plane."""

    def __init__(self, behind: Transport, between: Interceptor | None) -> None:
        self._behind, self._between = behind, between

    def send(self, request: Request, key: str | None) -> Answer:
        if self._between is None or request.path.startswith(PREFIX):
            return self._behind.send(request, key)
        return self._between(request, key, self._behind.send)

    def close(self) -> None:
        self._behind.close()
