"""The implementation under test: sends requests, records the exchanges, and watches rate limit and budget."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from contract_tests.errors import BudgetSpent, Unable
from contract_tests.http.exchange import Answer, Exchange, Request
from contract_tests.http.transport import NoAnswer, Transport
from openapi.contract import Contract, Operation
from openapi.wording import counted

RESERVE = 3
"""So many requests of a window are left alone, so that the limit is never met by accident."""
UNSET: Any = object()
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass
class Target:
    """Keys by name: administrator, staff, read-only; others (`unknown`) are made up by checks and need not be valid.

    `budget` is how many requests may be sent altogether, None for any number; `safe` allows reads only. Requests that
    the suite sends for its own housekeeping (`housekeeping`) are recorded, but no budget holds them up.
    """

    base_url: str
    contract: Contract
    transport: Transport
    keys: dict[str, str]
    budget: int | None = None
    safe: bool = False
    limit_lifted: bool = False
    """Whether the rate limit is out of the way."""
    exchanges: list[Exchange] = field(default_factory=list)
    promise: str | None = None
    opened_anew: list[int] = field(default_factory=list)
    """After so many exchanges, each time that windows of the limit opened anew by command."""
    _left: dict[str, int] = field(default_factory=dict)
    housekeeping: bool = False
    problem: NoAnswer | None = None
    """Why the last request without an answer had none, with its causes."""

    def has(self, key: str) -> bool:
        """Whether there is such a key."""
        return key in self.keys

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return len(self.exchanges)

    def call(
        self,
        operation: Operation | str,
        *,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
        json: Any = UNSET,
        key: str | None = "administrator",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
        without: tuple[str, ...] = (),
    ) -> Exchange:
        """One request to an operation; `path` fills its template. Raises BudgetSpent, or Unable where `safe` forbids it."""
        one = self.contract.operations[operation] if isinstance(operation, str) else operation
        filled = _PLACEHOLDER.sub(lambda found: quote(str((path or {})[found[1]]), safe=""), one.path)
        return self.send(one.method, filled, query=query, json=json, key=key, headers=headers, body=body, without=without, operation=one)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
        json: Any = UNSET,
        key: str | None = "administrator",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
        operation: Operation | None = None,
        key_in_query: bool = False,
        without: tuple[str, ...] = (),
    ) -> Exchange:
        """One request to any path below the base URL. Raises BudgetSpent, or Unable where `safe` forbids it."""
        self._may_send(method, key)
        pairs = query.items() if isinstance(query, Mapping) else query
        request = Request(
            method,
            path,
            tuple((name, _text(value)) for name, value in pairs),
            tuple(headers),
            body if json is UNSET else _encoded(json),
            key,
            key_in_query,
            without,
        )
        return self._record(request, operation)

    def note(self, exchange: Exchange) -> None:
        """Takes in an exchange that another part of the suite had."""
        self.exchanges.append(exchange)

    def remaining(self, key: str = "administrator") -> int | None:
        """What the last answer to this key said remains of its window; None where none said it."""
        return self._left.get(key)

    def windows_open_anew(self) -> None:
        """What was known of the windows is not true any more."""
        self._left.clear()
        self.opened_anew.append(self.sent)

    def _may_send(self, method: str, key: str | None) -> None:
        if self.safe and method not in ("GET", "HEAD", "OPTIONS"):
            raise Unable("--safe allows reads only")
        if self.housekeeping:
            return
        if self.budget is not None and self.sent >= self.budget:
            raise BudgetSpent(f"the budget of {counted(self.budget, 'request')} was spent")
        if not (self.limit_lifted and key in self.keys) and self._left.get(key or "", RESERVE + 1) <= RESERVE:
            raise BudgetSpent("the rate limit of the key was nearly used up")

    def _record(self, request: Request, operation: Operation | None) -> Exchange:
        answer: Answer | None = None
        failure: str | None = None
        try:
            answer = self.transport.send(request, None if request.key is None else self.keys.get(request.key, request.key))
        except NoAnswer as problem:
            failure, self.problem = str(problem), problem
        exchange = Exchange(self.sent + 1, request, answer, failure, operation, self.promise)
        self.exchanges.append(exchange)
        if answer is not None and (remaining := answer.integer("x-ratelimit-remaining")) is not None:
            self._left[request.key or ""] = remaining
        return exchange


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
