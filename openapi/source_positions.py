"""Translates a JSON path of an error into a line and a column of the file."""

from __future__ import annotations

import json
import re

from openapi.document import DocumentError, Where
from openapi.parsing.errors import SourceError
from openapi.parsing.parse import parsed

_PART = re.compile(r'\.([A-Za-z_][\w-]*)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]')
_PATH = re.compile(rf"\$(?:{_PART.pattern})*(?=: |$)")


def with_position(problem: Exception, content: bytes, label: str) -> DocumentError:
    """The error of a file, whose message is `file: JSON path: what is wrong`, with the line and the column of that path."""
    if isinstance(problem, DocumentError) and problem.line is not None:
        return problem
    what = str(problem).removeprefix(f"{label}: ")
    found = _PATH.match(what)
    try:
        _, lines = parsed(content, label)
    except SourceError as error:  # it is no document at all, which the reader of places says best
        return DocumentError(label, "", error.what, error.line or 1, error.column or 1)
    if found is None:
        return DocumentError(label, "", what)
    parts: Where = tuple(int(number) if number else name or json.loads(quoted) for name, quoted, number in _PART.findall(found[0]))
    line = lines.of(parts)
    return DocumentError(label, found[0], what[found.end() :].removeprefix(": "), line, _column(content, line, parts))


def _column(content: bytes, line: int, parts: Where) -> int:
    """Where in its line the last part's key stands, or the first one that does; else where the line begins to say something."""
    lines = content.decode("utf-8-sig").splitlines()
    text = lines[line - 1] if line <= len(lines) else ""
    for name in reversed(parts):
        if isinstance(name, str) and (key := re.search(rf"(?<![\w-])[\"']?{re.escape(name)}[\"']?\s*:", text)):
            return key.start() + 1
    return len(text) - len(text.lstrip()) + 1
