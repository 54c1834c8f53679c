"""Looks at a snapshot's file while it comes in, and cuts it into its documents, before anything of it is decoded.

What would hold up everybody to decode is refused here: a document that is too long, or that has too many values; an object with
names without end. What is left of the file has a `0` in the place of each document, and is small.
"""

from __future__ import annotations

import re

import msgspec

from sandbox.errors import Invalid
from sandbox.fair_scheduler import Pause

MOST_DOCUMENTS = 200_000
MOST_BYTES, MOST_VALUES = 1024 * 1024, 20_000
"""Of one document."""
_MOST_NAMES = 20_000
"""Of an object that is no document."""
_MOST_BESIDE = 4 * 1024 * 1024
"""Bytes of all that is no document."""
_IN_A_LIST = 3
"""How deep one is inside a collection's list: `{"collections": {"customers": [`."""
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\],]', re.DOTALL)
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _value_of_depth(depth: int) -> bytes:
    inside = rb"|" + _value_of_depth(depth - 1) if depth > 1 else b""
    return rb'[{\[](?:[^"{}\[\]]++|%b%b)*+[}\]]' % (_TEXT, inside)


_DOCUMENT = re.compile(_value_of_depth(4), re.DOTALL)
"""A whole document, if it nests no deeper than most do."""
_QUOTE, _COMMA, _OPENING, _LIST = b'"'[0], b","[0], frozenset(b"{["), b"["[0]
Documents = dict[int, bytes]
"""Those of one list that are objects or lists, still encoded, by their place."""


class SnapshotScanner:
    """Of one file; `feed` and `finish` may be called in any thread. Both raise Invalid for what is refused."""

    def __init__(self) -> None:
        self._rest = b""  # what came and is not understood yet: the beginning of a text, or of a document
        self._depth = 0
        self._counts = [0] * (_IN_A_LIST + 1)  # of commas, by depth
        self._names = [b""] * (_IN_A_LIST + 1)  # the last text, by depth
        self._beside: list[bytes] = []
        self._size = 0
        self._documents: Documents = {}
        self._lists: list[tuple[bytes, bytes, Documents]] = []

    def feed(self, data: bytes, pause: Pause) -> None:
        """What came next of the file."""
        buffer, self._rest = self._rest + data, b""
        taken = at = 0  # up to `taken` it stands among what is beside the documents, or is one
        while (token := _TOKEN.search(buffer, at)) is not None:
            pause()
            start, at = token.span()
            sign = buffer[start]
            if sign == _QUOTE:
                if at == start + 1:  # its end is still to come
                    break
                self._names[self._depth] = token[0]
            elif sign == _COMMA:
                self._count()
            elif sign not in _OPENING:
                self._depth = max(0, self._depth - 1)
            elif self._depth < _IN_A_LIST:
                self._open(is_list=sign == _LIST)
            else:
                self._keep(buffer[taken:start])
                taken = self._end_of_document(buffer, start, pause)
                if not taken:
                    self._wait_for_more(buffer[start:], document=True)
                    return
                self._take(buffer[start:taken])
                at = taken
        else:
            start = len(buffer)
        self._keep(buffer[taken:start])
        self._wait_for_more(buffer[start:], document=False)

    def finish(self) -> tuple[bytes, dict[str, Documents]]:
        """The file without its documents, and those of each collection."""
        self._keep(self._rest)
        found: dict[str, Documents] = {}
        for outer, name, documents in self._lists:
            try:
                if msgspec.json.decode(outer) == "collections":
                    found[msgspec.json.decode(name, type=str)] = documents
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue  # no name, which is told when the file is decoded
        return b"".join(self._beside), found

    def _end_of_document(self, buffer: bytes, start: int, pause: Pause) -> int:
        """Where it ends; 0 where its end is still to come."""
        most = _DOCUMENT.match(buffer, start)
        if most is not None and buffer.count(b",", start, most.end()) < MOST_VALUES:
            return most.end()
        depth = values = 0
        for token in _TOKEN.finditer(buffer, start):
            sign = buffer[token.start()]
            if sign == _COMMA:
                values += 1
                if values >= MOST_VALUES:
                    self._refuse_document(f"It has more than {MOST_VALUES} values, which is the most that a document may have")
                pause()
            elif sign in _OPENING:
                depth += 1
            elif sign != _QUOTE:
                depth -= 1
                if not depth:
                    return token.end()
            elif token.end() == token.start() + 1:
                break
        return 0

    def _wait_for_more(self, rest: bytes, *, document: bool) -> None:
        self._rest = rest
        if len(rest) > MOST_BYTES:
            if document:
                self._refuse_document(_TOO_LONG)
            raise Invalid({"body": f"Body has a text of more than {MOST_BYTES} bytes; no value of a snapshot's file is that long"})

    def _open(self, *, is_list: bool) -> None:
        self._depth += 1
        self._counts[self._depth] = 0
        if self._depth == _IN_A_LIST:
            self._documents = {}
            if is_list:
                self._lists.append((self._names[1], self._names[2], self._documents))

    def _count(self) -> None:
        depth = self._depth
        self._counts[depth] += 1
        if depth == _IN_A_LIST and self._counts[depth] >= MOST_DOCUMENTS:
            raise Invalid({"body": f"Body has more values than a file of {MOST_DOCUMENTS} documents, which is the most that is taken"})
        if depth < _IN_A_LIST and self._counts[depth] >= _MOST_NAMES:
            raise Invalid({"body": f"Body has an object with more than {_MOST_NAMES} names beside its documents; no snapshot's file has so many"})

    def _take(self, document: bytes) -> None:
        if len(document) > MOST_BYTES:
            self._refuse_document(_TOO_LONG)
        self._documents[self._counts[_IN_A_LIST]] = document
        self._keep(b"0")

    def _keep(self, piece: bytes) -> None:
        if len(piece) > 1 and piece.isspace():
            piece = b" "
        self._beside.append(piece)
        self._size += len(piece)
        if self._size > _MOST_BESIDE:
            raise Invalid({"body": f"Body has more than {_MOST_BESIDE} bytes beside its documents; no snapshot's file has so many"})

    def _refuse_document(self, what: str) -> None:
        names = [bytes(one).strip(b'"').decode("utf-8", "replace")[:64] for one in self._names[1:3]]
        raise Invalid({".".join([*names, str(self._counts[_IN_A_LIST])]): what})


_TOO_LONG = f"It has more than {MOST_BYTES} bytes, which is the most that a document may have"
