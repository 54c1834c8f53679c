"""Where in a file a fault stands: its JSON path, as messages have it, becomes a line and a column."""

from __future__ import annotations

import re

from openapi.diff.errors import DiffError
from openapi.diff.source import Source

_PART = re.compile(r'\.([A-Za-z_][\w-]*)|\["([^"]*)"\]|\[(\d+)\]')
_PATH = re.compile(rf"\$(?:{_PART.pattern})*")


def placed(problem: Exception, content: bytes, label: str) -> str:
    """`file:line:column: what is wrong`, of an error whose message is `file: JSON path: what is wrong`."""
    try:
        source = Source.of(content, label)
    except DiffError as error:  # it is no document at all, which the reader of places says best
        return f"{label}:{error.line or 1}:{error.column or 1}: {error.what}"
    what = str(problem).removeprefix(f"{label}: ")
    found = _PATH.match(what)
    if found is None:
        return f"{label}: {what}"
    parts = tuple(int(number) if number else name or quoted for name, quoted, number in _PART.findall(found[0]))
    line = source.first.line(parts)
    return f"{label}:{line}:{_column(content, line, parts)}: {what}"


def _column(content: bytes, line: int, parts: tuple[str | int, ...]) -> int:
    """Where in its line the last part's key stands, or the first one that does; else where the line begins to say something."""
    lines = content.decode("utf-8-sig").splitlines()
    text = lines[line - 1] if line <= len(lines) else ""
    for name in reversed(parts):
        if isinstance(name, str) and (key := re.search(rf"(?<![\w-])[\"']?{re.escape(name)}[\"']?\s*:", text)):
            return key.start() + 1
    return len(text) - len(text.lstrip()) + 1
