"""An application that answers with what the protocol handed it: where that is alike, so is the answer of any application."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.edge.exchange import BROKEN, REFUSAL, Answer
from sandbox.edge.gateway import Gateway


class EchoApp:
    """ASGI application that answers with all that it was told of a request; one that is deaf does not read the body first."""

    def __init__(self, *, deaf: bool) -> None:
        self._deaf = deaf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b"" if self._deaf or REFUSAL in scope else await _body(receive)
        said = {
            "asked": [scope["method"], scope["http_version"], _text(scope["raw_path"]), scope["path"], _text(scope["query_string"])],
            "headers": [[_text(name), _text(value)] for name, value in scope["headers"]],
            "refused": repr(scope.get(REFUSAL)),
            "broken": None if self._deaf else repr(scope.get(BROKEN)),
            "body": [len(body), hash(body)],
        }
        await Answer(200, json.dumps(said).encode()).send(send)

    def gateway_to(self, path: str) -> Gateway | None:
        """None: nothing takes the fast path."""
        return None


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
