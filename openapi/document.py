"""Reads a YAML 1.2 or JSON document: keys are strings and unique, and dates or `no` stay strings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from openapi.parsing.errors import SourceError
from openapi.parsing.parse import parsed

_PLAIN = re.compile(r"[A-Za-z_][\w-]*")
Where = tuple[str | int, ...]


class DocumentError(ValueError):
    """A document cannot be used; the message is `file:line:column: JSON path: what is wrong and what would be right`.

    Lines and columns count from 1, and are None where only the path is known yet: `openapi.source_positions` finds them.
    """

    def __init__(self, file: str, where: str, what: str, line: int | None = None, column: int | None = None) -> None:
        self.file, self.where, self.what, self.line, self.column = file, where, what, line, column
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(": ".join(part for part in (place, where, what) if part))


def json_path(parts: Where) -> str:
    """`$.paths["/customers"].get.parameters[0]` from its parts."""
    path = "$"
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if _PLAIN.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"
    return path


def kind_of(value: Any) -> str:
    """What a value is, in the words of people: a mapping, a list, text and so on."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds: dict[type, str] = {dict: "a mapping", list: "a list", str: "text", int: "a number", float: "a number"}
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "something else")


def content_of(path: Path, label: str) -> bytes:
    """The bytes of a file. Raises DocumentError where it cannot be read."""
    try:
        if path.is_dir():
            raise DocumentError(label, "", "is a folder: name the document in it")
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(label, "", f"cannot be read: {error.strerror or error}") from error


def read_document(path: Path, label: str | None = None) -> Any:
    """The content of a YAML or JSON file as plain values; `label` names the file in messages.

    Raises DocumentError for a file that cannot be read, is neither YAML nor JSON, nests or grows without end, or has a key
    twice or one that is not text.
    """
    file = label or str(path)
    return document_in(content_of(path, file), file)


def document_in(content: bytes, file: str) -> Any:
    """The same for the content of a file, which is called `file` in messages."""
    try:
        return parsed(content, file)[0]
    except SourceError as error:
        raise DocumentError(file, "", error.what, error.line, error.column) from error
