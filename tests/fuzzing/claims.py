"""What must be true of every answer, whatever was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.asgi import Reply
from tests.fuzzing.requests import Request

RATE = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
_TELLING = {401: "www-authenticate", 405: "allow", 429: "retry-after"}
_LEFT = 499
"""Connexion's own road must answer even the client that has left; nobody sees it."""
_LARGEST_REFUSAL = 100_000


def broken(request: Request, reply: Reply) -> Iterator[str]:
    """A sentence for each claim that the answer breaks."""
    if request.leaves and reply.status in (0, _LEFT):
        return
    if reply.status == 0:
        yield "nobody answered"
        return
    if reply.status >= 500:
        yield f"the status is {reply.status}"
    if reply.status == 204:
        if request.method != "OPTIONS" or "access-control-allow-origin" not in dict(reply.headers):
            yield "only a preflight is answered with 204"
        return
    yield from _broken_headers(reply)
    if reply.status == 304 or request.method == "HEAD":
        if reply.body:
            yield "there is a body where none may be"
    else:
        yield from _broken_body(reply)


def _broken_headers(reply: Reply) -> Iterator[str]:
    names = [name for name, _ in reply.headers]
    told = dict(reply.headers)
    yield from (f"{name} stands {names.count(name)} times" for name in sorted(set(names)) if names.count(name) > 1)
    yield from (f"{name} is {told.get(name)!r}, and no number" for name in RATE if not told.get(name, "").isdigit())
    if told.get("content-type") != (None if reply.status == 304 else "application/json"):
        yield f"the content type is {told.get('content-type')!r}"
    if reply.status in _TELLING and not told.get(_TELLING[reply.status]):
        yield f"a {reply.status} without {_TELLING[reply.status]}"


def _broken_body(reply: Reply) -> Iterator[str]:
    try:
        answer = json.loads(reply.body.decode())
    except (UnicodeDecodeError, ValueError):
        yield "the body is not JSON"
        return
    if not isinstance(answer, dict) or answer.get("success") is not (reply.status < 400):
        yield "the body is not in the envelope"
    elif reply.status >= 400:
        yield from _broken_refusal(reply, answer)


def _broken_refusal(reply: Reply, answer: Mapping[str, Any]) -> Iterator[str]:
    errors = answer.get("errors")
    if not set(answer) <= {"success", "message", "errors"} or not isinstance(answer.get("message"), str) or not answer["message"]:
        yield "the refusal is not in the envelope"
    if "errors" in answer and not (
        isinstance(errors, dict) and errors and all(name and isinstance(what, str) and what for name, what in errors.items())
    ):
        yield "the errors are no sentences by field"
    if len(reply.body) > _LARGEST_REFUSAL:
        yield f"the refusal has {len(reply.body)} bytes"
