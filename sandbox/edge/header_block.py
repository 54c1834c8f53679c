"""What a block of headers says, read once: a connection sends the same bytes above each of its requests."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.state.api_keys import digest_of

_UNREAD = "unread"


class HeaderBlock:
    """Headers by their names in lower case, several of one name joined by a comma; `size` is that of all names and values, in bytes."""

    __slots__ = ("_bearer", "count", "is_json", "size", "values")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        values: dict[bytes, bytes] = {}
        size = count = 0
        for name, value in headers:
            size += len(name) + len(value)
            count += 1
            values[name] = value if name not in values else values[name] + b", " + value
        self.values, self.size, self.count = values, size, count
        self.is_json = False  # once somebody has looked
        self._bearer: str | None = _UNREAD

    @property
    def bearer(self) -> str | None:
        """The digest of the key in `Authorization: Bearer`; empty where the header holds none, None where there is no such header."""
        if self._bearer is _UNREAD:
            value = self.values.get(b"authorization")
            self._bearer = None if value is None else _digest_in(value)
        return self._bearer


def _digest_in(authorization: bytes) -> str:
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    token = token.strip()
    return digest_of(token) if token and scheme.lower() == "bearer" else ""
