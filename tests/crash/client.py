"""A client that knows whether its last request was acknowledged, whatever becomes of the server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

_SECONDS = 30


class Fault(AssertionError):
    """A promise was broken; the message says which, and how."""


class Gone(Exception):
    """The server went away before its answer was here: whether it did what was asked is not known."""


class Wire:
    """One connection with one key."""

    def __init__(self, address: str, key: str) -> None:
        self._connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=_SECONDS)
        self._headers = {"Authorization": f"Bearer {key}"}

    def send(self, method: str, target: str, body: Any = None) -> Any:
        """The answer, once it is here as a whole. Raises Gone; Fault for anything but a success."""
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        try:
            self._connection.request(method, target, None if body is None else json.dumps(body).encode(), headers)
            response = self._connection.getresponse()
            content = response.read()
        except TimeoutError as error:
            raise Fault(f"{method} {target} had no answer in {_SECONDS} seconds") from error
        except (OSError, http.client.HTTPException) as error:
            raise Gone from error
        if not 200 <= response.status < 300:
            raise Fault(f"{method} {target} with {body} gave {response.status}: {content[:500]!r}")
        return json.loads(content)

    def pages(self, target: str) -> Iterator[dict[str, Any]]:
        """Every object of a list."""
        page, last = 1, 1
        while page <= last:
            answer = self.send("GET", f"{target}?limit=100&page={page}")
            yield from answer["data"]
            page, last = page + 1, answer["meta"]["total_pages"]

    def close(self) -> None:
        self._connection.close()
