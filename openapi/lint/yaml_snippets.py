"""Writes the few things that are added to a document: in lines as YAML has them, or between braces as JSON has them."""

from __future__ import annotations

import json
import re
from typing import Any

from openapi.lint.finding import Add, Append

_PLAIN = re.compile(r"[A-Za-z][\w./-]*( [\w./-]+)*")
_NO_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def as_block(edit: Add | Append) -> list[str]:
    """Its lines, to be indented by whoever knows how far."""
    if isinstance(edit, Append):
        return [f"{'-' if not number else ' '} {line}" for number, line in enumerate(_lines(edit.value))]
    if isinstance(edit.value, str):
        return [f"{_text(edit.key)}: {_text(edit.value)}"]
    return [f"{_text(edit.key)}:", *(f"  {line}" for line in _lines(edit.value))]


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{_text(key)}: {_text(part)}" for key, part in value.items()]
    if isinstance(value, list):
        return [f"{'-' if not number else ' '} {line}" for part in value for number, line in enumerate(_lines(part))]
    return [_text(value)]


def as_flow(edit: Add | Append, quoted: bool) -> str:
    """On one line; as JSON where keys stand in quotes there."""
    value = json.dumps(edit.value, ensure_ascii=False) if quoted else _flow(edit.value)
    if isinstance(edit, Append):
        return value
    return f"{json.dumps(edit.key, ensure_ascii=False) if quoted else _text(edit.key)}: {value}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)}: {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _text(value)


def _text(value: str) -> str:
    plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _NO_TEXT
    return value if plain else json.dumps(value, ensure_ascii=False)
