"""Fetches the targets of references by HTTP, if the user allows it."""

from __future__ import annotations

import urllib.error
import urllib.request

from openapi.parsing.errors import SourceError
from openapi.parsing.parse import MAX_BYTES

_PATIENCE = 10.0


def fetch(address: str) -> bytes:
    """The body behind an http or https address; SourceError where there is none, or it is too big."""
    if not address.startswith(("http://", "https://")):
        raise SourceError(address, "is no http or https address, and nothing else is fetched")
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE) as answer:  # noqa: S310 - its scheme was looked at
            body: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SourceError(address, f"cannot be fetched: {error}") from error
    if len(body) > MAX_BYTES:
        raise SourceError(address, f"has more than {MAX_BYTES:,} bytes, which is the most that is read")
    return body
