"""A client of a running server: one request over a connection of its own, with the administrator's key unless another is given."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple

from tests.asgi import ADMINISTRATOR

_SECONDS = 30


class Answer(NamedTuple):
    """The status and the body, which is JSON."""

    status: int
    json: Any

    @property
    def data(self) -> Any:
        """Of a request that succeeded."""
        assert self.json["success"], self.json
        return self.json["data"]


def ask(url: str, body: Any = None, key: str | None = ADMINISTRATOR) -> Answer:
    """A GET, or a POST where there is a body. Raises OSError where nobody answers."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            return Answer(answer.status, json.load(answer))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, json.load(refusal))
