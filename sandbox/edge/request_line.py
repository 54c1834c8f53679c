"""What is done to the bytes of a head before and beside its parser."""

from __future__ import annotations

import re

import httptools

from sandbox.edge.request_target import Target, target_of
from sandbox.errors import Malformed

_UPGRADE = re.compile(rb"(?i)(\r\n)upgrade(?=[ \t]*:)")
_UNKNOWN = Target(b"/", b"")


def without_upgrade(head: bytes) -> bytes:
    """The head without its offer to speak another protocol, which nobody here takes: the parser would drop the body for it.

    Some clients make the offer on every plain connection (`Upgrade: h2c`). The name that stands instead is as long.
    """
    return _UPGRADE.sub(rb"\1offered", head)


def method_and_target_in(refused: bytes) -> tuple[str, Target]:
    """Method and target of a head that is refused. Where its first line itself is no HTTP, GET of `/`; or HEAD, whose answer has no body."""
    line, end, _ = refused.partition(b"\r\n")
    listener = _Listener()
    parser = httptools.HttpRequestParser(listener)
    try:
        parser.feed_data(line + end)
        if end and listener.url:
            return parser.get_method().decode("ascii"), target_of(listener.url)
    except (httptools.HttpParserError, Malformed):
        pass
    return ("HEAD" if refused.startswith(b"HEAD ") else "GET"), _UNKNOWN


class _Listener:
    def __init__(self) -> None:
        self.url = b""

    def on_url(self, url: bytes) -> None:
        self.url += url
