"""The target of a request line, taken apart and otherwise left as it was sent (RFC 9112 3.2): nothing is decoded before it is split."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from sandbox.edge.host_header import is_host
from sandbox.errors import Malformed

_ABSOLUTE = re.compile(rb"(?i)https?://([^/?#]*)")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Target(NamedTuple):
    """Path and query as they were sent; `authority` is the host and port of an absolute URL, empty where there is none."""

    path: bytes
    query: bytes
    authority: bytes = b""


def target_of(sent: bytes) -> Target:
    """Raises Malformed for what is neither a path, nor an absolute URL, nor a star."""
    authority, rest = b"", sent.partition(b"#")[0]
    if not rest.startswith(b"/") and rest != b"*":
        found = _ABSOLUTE.match(rest)
        if found is None:
            raise Malformed("The target of the request line is neither a path that begins with a slash nor an http URL")
        authority, rest = found[1], rest[found.end() :]
        if not is_host(authority):
            raise Malformed(
                "The URL of the request line does not name a host with an optional port; write it such as http://127.0.0.1:8000/, or as a path"
            )
    path, _, query = rest.partition(b"?")
    return Target(path or b"/", query, authority)


def segments_of(path: str) -> tuple[str, ...] | None:
    """The parts of a path between its slashes, each decoded by itself, so that `%2F` parts nothing (RFC 3986 2.2).

    None for a path that names nothing whatever the contract: an escape that is broken, or is no UTF-8 or a NUL, and dot segments in any spelling.
    """
    if _BROKEN_ESCAPE.search(path):
        return None
    try:
        parts = tuple(unquote_to_bytes(part).decode() for part in path.split("/"))
    except UnicodeDecodeError:
        return None
    return None if any(part in (".", "..") or "\0" in part for part in parts) else parts


def is_below(prefix: str, path: str) -> bool:
    """Whether a path is that of a prefix of one segment, or below it, however its letters are encoded."""
    if "%" not in path[: 3 * len(prefix)]:
        return path.startswith(prefix) and path[len(prefix) :][:1] in ("", "/")
    first = path[1:].partition("/")[0]
    return path.startswith("/") and segments_of(f"/{first}") == tuple(prefix.split("/"))
