"""The target's own control plane, `/_sandbox`, where it offers one: the suite moves the clock and the limit there.

Whatever it changed is as it was when the run is over: the clock's offset, the limit, the keys that it made.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from contract_tests.errors import Unable
from contract_tests.http.exchange import Answer, Request
from contract_tests.http.target import Target
from contract_tests.http.transport import NoAnswer, Transport

PREFIX = "/_sandbox"


@dataclass
class Control:
    """Speaks to the control plane with the administrator's key. Its requests are none of the contract's, and count nowhere."""

    transport: Transport
    key: str
    target: Target
    _offset: str | None = None
    _made_keys: list[int] = field(default_factory=list)
    _own_limit: dict[str, Any] | None = None
    _limit_touched: bool = False
    _moved: bool = False
    _deleted: set[int] = field(default_factory=set)

    @classmethod
    def found(cls, transport: Transport, target: Target) -> Control | None:
        """The control plane, asked for once; None where the target has none, or none that this key may command."""
        control = cls(transport, target.keys["administrator"], target)
        try:
            clock, limit = control._ask("GET", "/clock"), control._ask("GET", "/rate-limit")
        except NoAnswer:
            return None
        if clock.status != 200 or limit.status != 200 or not isinstance(clock.data, dict) or not isinstance(limit.data, dict):
            return None
        control._offset = clock.data.get("offset")
        control._own_limit = None if limit.data.get("default", True) else {name: limit.data[name] for name in ("limit", "window")}
        return control

    def lift_limit(self) -> None:
        """From now on no request is refused for the limit."""
        self.set_limit(1_000_000, 3_600)
        self.target.limit_lifted = True

    def set_limit(self, limit: int, window: int) -> None:
        """So many requests in so many seconds for each key of the workspace, whose windows open anew."""
        self._limit_touched = True
        self._must("PUT", "/rate-limit", {"limit": limit, "window": window})
        self.target.limit_lifted = False
        self.target.windows_open_anew()

    def take_limit_away(self) -> None:
        """The server's own limit holds, as if nobody had set another."""
        self._limit_touched = True
        self._must("DELETE", "/rate-limit", None)
        self.target.limit_lifted = False
        self.target.windows_open_anew()

    def advance(self, duration: str) -> None:
        """Moves the workspace's clock on by an ISO 8601 duration."""
        self._moved = True
        self._must("POST", "/clock/advance", {"by": duration})
        self.target.windows_open_anew()

    def new_key(self, role: str) -> str:
        """A key with a role, which is revoked when the run is over."""
        made = self._must("POST", "/keys", {"label": "contract-tests", "role": role})
        self._made_keys.append(made["id"])
        return str(made["key"])

    def pay(self, invoice: int, amount: float) -> Answer:
        """Pays part of an invoice."""
        return self._ask("POST", f"/invoices/{invoice}/payments", {"amount": amount})

    def delete_webhook(self, id: int) -> bool:
        """Takes a webhook away; whether it is gone, which it is not where the control plane cannot."""
        with suppress(NoAnswer, Unable):
            if id not in self._deleted and 200 <= self._ask("DELETE", f"/webhooks/{id}").status < 300:
                self._deleted.add(id)
        return id in self._deleted

    def get(self, path: str, **query: Any) -> Answer:
        """Reads anything below the control plane."""
        return self.transport.send(Request("GET", PREFIX + path, tuple((name, str(value)) for name, value in query.items())), self.key)

    def restore(self) -> None:
        """Everything is as it was found; what cannot be put back is left."""
        with suppress(NoAnswer, Unable):
            if self._moved:
                self._must("POST", "/clock/reset", None)
                if self._offset not in (None, "PT0S"):
                    self._must("POST", "/clock/advance", {"by": self._offset})
        with suppress(NoAnswer, Unable):
            if self._limit_touched and self._own_limit is not None:
                self._must("PUT", "/rate-limit", self._own_limit)
            elif self._limit_touched:
                self._must("DELETE", "/rate-limit", None)
        for key in self._made_keys:
            with suppress(NoAnswer, Unable):
                self._must("DELETE", f"/keys/{key}", None)
        self._made_keys.clear()
        self._moved = self._limit_touched = False

    def _must(self, method: str, path: str, body: Any) -> Any:
        answer = self._ask(method, path, body)
        if not 200 <= answer.status < 300:
            raise Unable(f"the control plane answered {answer.status} to {method} {PREFIX}{path}")
        return answer.data

    def _ask(self, method: str, path: str, body: Any = None) -> Answer:
        import json

        return self.transport.send(Request(method, PREFIX + path, body=None if body is None else json.dumps(body).encode()), self.key)


def origin_of(base_url: str) -> str:
    """Where the control plane of a target would stand: beside the API, on the same server."""
    parts = urlsplit(base_url)
    return urlunsplit((parts.scheme, parts.netloc, "", "", ""))
