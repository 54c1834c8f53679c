"""Reads JSON into plain values and the lines of their parts. YAML's reader cannot: it knows no surrogate pairs, for one."""

from __future__ import annotations

import json
import re
from typing import Any

from openapi.parsing.errors import SourceError
from openapi.parsing.line_numbers import JsonLines, Lines, refuse_twice
from openapi.parsing.yaml_parser import MAX_DEPTH
from openapi.parsing.yaml_scalars import number

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class _Twice(Exception):
    """A key stands twice in a mapping."""


class _NoNumber(ValueError):
    """NaN or Infinity."""


def read_json(text: str, file: str) -> tuple[Any, Lines]:
    """The content of a JSON document, and where it stands. SourceError for one that cannot be used."""
    try:
        root = json.loads(text, object_pairs_hook=_once, parse_int=number, parse_float=number, parse_constant=_refuse)
        if _HALF.search(text):
            json.dumps(root, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        what, at = _reason(text, error)
        line = text.count("\n", 0, at) + 1
        raise SourceError(file, f"is not JSON: {what}", line, at - text.rfind("\n", 0, at)) from error
    except _Twice:
        refuse_twice(text, file)
        raise SourceError(file, "a key stands twice in one mapping: keep one of the two") from None
    except _NoNumber as error:
        raise SourceError(file, f"is not JSON: {error} is no number that JSON knows") from error
    except UnicodeEncodeError as error:
        raise SourceError(file, "holds half of a surrogate pair, which is no character: write both halves, or the character itself") from error
    except RecursionError as error:
        raise SourceError(file, f"nests deeper than {MAX_DEPTH} levels, which no API description needs") from error
    return root, JsonLines(root, text)


def _reason(text: str, error: json.JSONDecodeError) -> tuple[str, int]:
    """What is wrong, and where: people write what JavaScript and YAML let pass."""
    before = text[: error.pos].rstrip()
    if text[error.pos : error.pos + 1] in ("}", "]") and before.endswith(","):
        return "a comma stands behind the last element: remove it", len(before) - 1
    if before.endswith(",") and text[len(before) :].lstrip()[:1] in ("}", "]"):
        return "a comma stands behind the last element: remove it", len(before) - 1
    rest = text[error.pos :].lstrip()
    if rest.startswith(("//", "/*", "#")):
        return "a comment stands here, and JSON has none: remove it", len(text) - len(rest)
    if rest.startswith("'"):
        return "text stands in single quotes: write double ones", len(text) - len(rest)
    return error.msg, error.pos


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Twice
    return value


def _refuse(word: str) -> Any:
    raise _NoNumber(word)
