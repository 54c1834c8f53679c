"""A run against a server with a few known defects, in this process: what the reports have to tell of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport
from contract_tests.run.options import Options
from contract_tests.run.session import Session, open_session
from tests.suite.in_process import BASE_URL, KEYS, InProcess, served

STARTED = datetime(2025, 7, 1, 9, 30, tzinfo=UTC)
ONLY = ("paging-bounds", "unknown-ids-are-404", "unknown-paths-are-404", "rate-headers", "events")


class Blabbing:
    """Takes any `limit`, and says in each refusal with which key it was asked."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request, key: str | None) -> Answer:
        query = tuple((name, "20") if name == "limit" else (name, value) for name, value in request.query)
        answer = self._inner.send(replace(request, query=query), key)
        if answer.status < 400:
            return answer
        told = f"<b>{key}</b> \x1b[31mmay not\x1b[0m ]]> & | that"
        return Answer(answer.status, (*answer.headers, ("x-key", str(key))), answer.body.replace(b'"message":"', f'"message":"{told} '.encode()))

    def close(self) -> None:
        self._inner.close()


@contextmanager
def checked(**given: Any) -> Iterator[Session]:
    """A finished run of a few promises, of which some are broken, one is not checked and the rest are kept."""
    with served() as server:
        transport = Blabbing(InProcess(server.app))
        options = Options(BASE_URL, KEYS, **{"only": ONLY, "control": False, "har": True, **given})
        session = open_session(options, transport=transport, now=lambda: STARTED)
        session.find_readings()
        for one in session.selected:
            session.check(one)
        session.close()
        yield session
