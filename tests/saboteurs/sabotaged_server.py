"""Puts a saboteur in front of a server: one that is shared and begins again for each interceptor, or one of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport
from contract_tests.http.webhook_receiver import Receiver
from contract_tests.judging import subscriptions
from contract_tests.promises import deliveries, events
from openapi import reader
from openapi.contract import FILE
from openapi.document import document_in, read_document
from sandbox import loaded_contract
from sandbox.domain import users
from sandbox.edge import rate_limit, responses
from tests.saboteurs.interceptors import InterceptedTransport
from tests.saboteurs.saboteur import Saboteur, Spec
from tests.saboteurs.webhook_delivery import Deliverer, Delivering
from tests.suite.in_process import InProcess, RunningClock, served


class Stage:
    """One for each process. Passwords are digested cheaply, which no answer shows."""

    def __init__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(users, "_digest", lambda password, salt: f"{password}/{salt.hex()}")
        # The edits are this project's own, and a contract that could not be obeyed would still stop the start.
        self._patch.setattr(loaded_contract, "refuse_invalid", lambda *_, **__: None)
        self._patch.setattr(loaded_contract, "refuse_unsupported_features", lambda *_: None)
        # Hundreds of servers are started, and most of a start is the reading of documents.
        self._patch.setattr(reader, "read_document", _quickly_read)
        self._patch.setattr(loaded_contract, "document_in", _quickly_parsed)
        # What is delivered here comes before the answer does, so nobody need wait for it.
        for module, name, seconds in ((subscriptions, "PATIENCE", 0.02), (deliveries, "PAUSE", 0.02), (events, "LATER", 0.02)):
            self._patch.setattr(module, name, seconds)
        self._clock = RunningClock()
        self._serving = served(clock=self._clock, allow_local_webhooks=True)
        self._server = self._serving.__enter__()
        self._worlds = {one.name: one.image().world() for one in self._server.workspaces.all_opened()}
        self._transport = InProcess(self._server.app)

    @staticmethod
    @contextmanager
    def receiver() -> Iterator[Receiver]:
        """Where deliveries come in, for one run."""
        one = Receiver("http://127.0.0.1", "127.0.0.1", 0)
        one.url = f"http://127.0.0.1:{one.port}"
        try:
            yield one
        finally:
            one.close()

    def close(self) -> None:
        self._transport.close()
        self._serving.__exit__(None, None, None)
        self._patch.undo()

    @contextmanager
    def with_nobody(self) -> Iterator[Transport]:
        """The conforming server, in a world as at first, a day later, so that no rate window is open."""
        for name, image in self._worlds.items():
            self._server.workspaces.get(name).restore(image)
        self._clock.moment += timedelta(days=1)
        yield self._transport

    @contextmanager
    def with_one(self, saboteur: Saboteur) -> Iterator[Transport]:
        """A server with this one defect."""
        if saboteur.deliverer is not None:
            with self.delivering(saboteur.deliverer()) as transport:
                yield transport
            return
        if saboteur.interceptor is not None:
            with self.with_nobody() as transport, pytest.MonkeyPatch.context() as patch:
                quiet = _Quiet(transport, patch)
                yield InterceptedTransport(quiet, saboteur.interceptor(), saboteur.raw)
            return
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            settings: dict[str, Any] = {}
            if saboteur.edit is not None:
                settings["spec"] = edited(saboteur, Path(folder))
                # What is let in must come out again, which the contract of the answers would forbid.
                patch.setattr(responses, "compiled", lambda schema: _Anything())
            if saboteur.patch is not None:
                saboteur.patch(patch.setattr)
            with served(**settings) as server:
                transport = InProcess(server.app)
                try:
                    yield transport
                finally:
                    transport.close()

    @contextmanager
    def delivering(self, deliverer: Deliverer) -> Iterator[Transport]:
        """The conforming server, with somebody else to deliver its webhooks."""
        with self.with_nobody() as transport:
            yield Delivering(transport, deliverer)


class _Anything:
    """A validator to whom all is valid."""

    def is_valid(self, value: Any) -> bool:
        return True


class _Quiet:
    """Counts the first request that an interceptor makes of one, and hides the others from the limit."""

    def __init__(self, behind: Transport, patch: pytest.MonkeyPatch) -> None:
        self._behind, self._again = behind, False
        true = rate_limit._take

        def taken(windows: Any, who: Any, *when_and_how_many: Any) -> tuple[Any, Any]:
            window = windows.get(who)
            hidden = self._again and window is not None
            return (window, None) if hidden else true(windows, who, *when_and_how_many)

        patch.setattr(rate_limit, "_take", taken)

    def begin(self) -> None:
        """The next request is one of the suite's."""
        self._again = False

    def send(self, request: Request, key: str | None) -> Answer:
        try:
            return self._behind.send(request, key)
        finally:
            self._again = True

    def close(self) -> None:
        self._behind.close()


@cache
def _document() -> Spec:
    document: Spec = read_document(FILE)
    return document


def _quickly_read(path: Path, label: str | None = None) -> Any:
    return json.loads(path.read_bytes()) if path.suffix == ".json" else _read_once(path)


@cache
def _read_once(path: Path) -> Any:
    return read_document(path)


@cache
def _quickly_parsed(content: bytes, label: str) -> Any:
    return json.loads(content) if content.startswith(b"{") else document_in(content, label)


def own_document() -> Spec:
    """The project's contract, to be edited."""
    return deepcopy(_document())


def edited(saboteur: Saboteur, folder: Path) -> Path:
    """The file that holds the contract as a saboteur edits it. ValueError where nothing is changed by it."""
    assert saboteur.edit is not None
    document = own_document()
    saboteur.edit(document)
    if document == _document():
        raise ValueError(f"the saboteur {saboteur.id!r} edits nothing")
    file = folder / "api-v2.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file
