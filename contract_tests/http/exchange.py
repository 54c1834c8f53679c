"""One request to the target and its response, as evidence: it can be shown and repeated with curl, and contains no key."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from openapi.contract import Operation

REDACTED = "…"
SHOWN = 2_000
"""So many characters of a body are shown."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `path` stands below the base URL; `key` is the name of the key it goes with, never the key itself."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    key: str | None = "administrator"
    key_in_query: bool = False
    without: tuple[str, ...] = ()
    """Headers, in lower case, that are left out although a client sends them by itself: `host`, `content-type`."""

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        return self.path + (f"?{urlencode(self.query, quote_via=quote)}" if self.query else "")

    @property
    def size(self) -> int:
        """How much a person has to read of it: the smaller of two proofs is the better one."""
        return len(self.target) + sum(len(name) + len(value) for name, value in self.headers) + len(self.body or b"")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case, `seconds` is how long it took."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float = 0.0

    def header(self, name: str) -> str | None:
        """The value of a header, several joined by a comma; None where it does not stand."""
        values = [value for one, value in self.headers if one == name.lower()]
        return ", ".join(values) if values else None

    def integer(self, name: str) -> int | None:
        """A header that holds a whole number; None where it does not."""
        value = self.header(name)
        return int(value) if value is not None and value.isascii() and value.isdigit() else None

    @property
    def json(self) -> Any:
        """The body's value. ValueError where it is no JSON."""
        return json.loads(self.body)

    @property
    def envelope(self) -> Mapping[str, Any]:
        """The body as a JSON object; an empty one where it is none."""
        try:
            value = self.json
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def data(self) -> Any:
        """The envelope's `data`, None where there is none."""
        return self.envelope.get("data")

    @property
    def rows(self) -> list[Any]:
        """The envelope's `data` where it is a list; else an empty one."""
        data = self.data
        return data if isinstance(data, list) else []

    @property
    def errors(self) -> Mapping[str, Any]:
        """The envelope's `errors`; an empty mapping where there are none."""
        errors = self.envelope.get("errors")
        return errors if isinstance(errors, dict) else {}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; `answer` is None and `failure` says why where none came. `number` counts from 1 in a run."""

    number: int
    request: Request
    answer: Answer | None
    failure: str | None = None
    operation: Operation | None = None
    promise: str | None = None
    source: str = "probe"
    """probe, or schemathesis."""

    @property
    def status(self) -> int:
        """0 where no answer came."""
        return 0 if self.answer is None else self.answer.status

    @property
    def got(self) -> Answer:
        """The answer, or an empty one with the status 0: so that a check can say what it expects instead."""
        return self.answer or Answer(0, (), b"")

    def curl(self, base_url: str) -> str:
        """A command that a person can paste; the key stands in it as a variable of the shell."""
        request = self.request
        words = ["curl", "-i"]
        if request.method == "HEAD":
            words.append("-I")
        elif request.method != ("POST" if request.body is not None else "GET"):
            words += ["-X", request.method]
        query = list(request.query)
        key = "" if request.key is None else f"${variable(request.key)}"
        parts = [shlex.join(words)]
        if request.key is not None and not request.key_in_query:
            parts.append(f'-H "Authorization: Bearer {key}"')
        parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in request.headers]
        parts += [f"-H {shlex.quote(f'{name.title()}:')}" for name in request.without]  # which takes away what curl would send
        if request.body is not None:
            if "content-type" not in request.without and not any(name.lower() == "content-type" for name, _ in request.headers):
                parts.append("-H 'Content-Type: application/json'")
            parts.append(f"--data-raw {shlex.quote(request.body.decode('utf-8', 'replace')[:SHOWN])}")
        address = base_url + request.path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        if request.key is not None and request.key_in_query:
            parts.append(f'{shlex.quote(address)}"{"&" if query else "?"}api_key={key}"')
        else:
            parts.append(shlex.quote(address))
        return " ".join(parts)


def variable(key: str) -> str:
    """The variable of the shell that stands for a key: `staff` is `STAFF_KEY`, the administrator's is `API_KEY`."""
    return "API_KEY" if key == "administrator" else f"{key.upper().replace('-', '_')}_KEY"
