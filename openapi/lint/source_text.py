"""The files of a document as text, for what its values no longer show: columns, and whether a key stands in quotes."""

from __future__ import annotations

import json
import re

from openapi.diff.document_tree import Document, Node
from openapi.diff.source import File, Source
from openapi.parsing.errors import SourceError


class SourceTexts:
    """Reads each file a second time, when somebody asks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines: dict[int, list[str]] = {}

    def line(self, node: Node) -> str:
        """The line on which a node's key or element begins; empty where it is not known."""
        lines, number = self._of(node.document), node.line
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def column(self, node: Node) -> int | None:
        """Where on its line the node's key or element begins, from 1; None where that cannot be told."""
        line = self.line(node)
        if not line.strip() or not node.pointer:
            return None
        key = node.pointer[-1]
        if isinstance(key, int):
            places = [match.end() for match in re.finditer(r"^\s*(- +)+", line)] if line.lstrip().startswith("-") else []
            return places[0] + 1 if places else None
        places = [match.start() for match in re.finditer(_key(key), line)]
        return places[0] + 1 if len(places) == 1 else None

    def _of(self, document: Document) -> list[str]:
        if id(document) not in self._lines:
            self._lines[id(document)] = self._read(document)
        return self._lines[id(document)]

    def _read(self, document: Document) -> list[str]:
        origin = self._source.source_files.origin
        if origin is None or not isinstance(document, File) or document.address.startswith(("http://", "https://")):
            return []
        try:
            return origin.read(document.address).decode("utf-8-sig", errors="replace").split("\n")
        except SourceError:
            return []


def _key(key: str) -> str:
    """An expression for a key before its colon, plain or in either kind of quotes."""
    forms = {
        re.escape(key),
        re.escape(json.dumps(key)),
        re.escape(json.dumps(key, ensure_ascii=False)),
        re.escape("'" + key.replace("'", "''") + "'"),
    }
    return rf"(?<![\w$\"'./-])(?:{'|'.join(sorted(forms, key=len, reverse=True))})(?=\s*:(?:\s|$|[\"\[{{]))"
