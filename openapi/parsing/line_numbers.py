"""On which line each part of a document was written: one small table for each mapping and list, found by its identity."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any

from openapi.diff.document_tree import Pointer
from openapi.parsing.errors import SourceError

Tables = dict[int, dict[str, int] | list[int]]
"""By the `id` of the mapping or list, which the document keeps alive: the line of each key, or of each element."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class Lines:
    """Tells lines from tables that were made while the text was read."""

    def __init__(self, root: Any, tables: Tables, first: int = 1) -> None:
        self.root, self.tables, self.first = root, tables, first

    def of(self, pointer: Pointer) -> int:
        """The line of the key or element that a pointer ends with, or of the last one on the way that is known."""
        value, line = self.root, self.first
        for part in pointer:
            table: Any = self.tables.get(id(value))
            if table is None:
                break
            try:
                line = table[part]
                value = value[part]
            except (KeyError, IndexError, TypeError):
                break
        return line


class JsonLines(Lines):
    """The same for JSON, whose reader tells no places: the text is gone through again, but only when somebody asks."""

    def __init__(self, root: Any, text: str) -> None:
        super().__init__(root, {})
        self._text: str | None = text

    def of(self, pointer: Pointer) -> int:
        if self._text is not None:
            self.tables, self._text = tables_of_json(self._text, self.root), None
        return super().of(pointer)


def tables_of_json(text: str, root: Any) -> Tables:
    """The tables of a text that is known to be JSON and to have no key twice."""
    ends = [match.start() for match in re.finditer("\n", text)]
    tables: Tables = {}
    stack: list[Any] = []
    value, key, expects_key = root, "", False
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign == ":":
            continue
        line = bisect_right(ends, token.start()) + 1
        if sign in "}]":
            stack.pop()
        elif sign == ",":
            expects_key = isinstance(stack[-1], dict)
            continue
        elif expects_key and isinstance(stack[-1], dict):
            key = json.loads(sign)
            tables[id(stack[-1])][key] = line
            expects_key = False
            continue
        else:
            if stack:
                value = _next(stack[-1], key, tables, line)
            if sign in "{[":
                stack.append(value)
                tables[id(value)] = {} if sign == "{" else []
                expects_key = sign == "{"
                continue
        expects_key = False
    return tables


def _next(holder: Any, key: str, tables: Tables, line: int) -> Any:
    """The value that comes next in a mapping or list; an element's line is noted, a key's was when the key was seen."""
    if isinstance(holder, dict):
        return holder[key]
    table = tables[id(holder)]
    assert isinstance(table, list)
    table.append(line)
    return holder[len(table) - 1]


def refuse_twice(text: str, file: str) -> None:
    """SourceError for the first key of JSON that stands twice in one mapping, with both places."""
    ends = [match.start() for match in re.finditer("\n", text)]
    stack: list[dict[str, int] | None] = []
    expects_key = False
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "{[":
            stack.append({} if sign == "{" else None)
            expects_key = sign == "{"
        elif sign in "}]":
            stack.pop()
            expects_key = False
        elif sign == ",":
            expects_key = stack[-1] is not None
        elif expects_key and (seen := stack[-1]) is not None:
            key, row = json.loads(sign), bisect_right(ends, token.start())
            column = token.start() - (ends[row - 1] if row else -1)
            if key in seen:
                raise SourceError(file, f"the key `{key}` stands twice, first on line {seen[key]}: keep one of the two", row + 1, column)
            seen[key], expects_key = row + 1, False
