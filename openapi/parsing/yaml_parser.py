"""Reads YAML into plain values and the lines of their parts, as YAML 1.2 has it: `no` is text, keys are always text, dates too.

The parser in C gives events, of which the values are made directly: the way over YAML's nodes takes twice the time and memory,
and would follow aliases before anybody could count what they grow to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from openapi.parsing.errors import SourceError
from openapi.parsing.line_numbers import Lines, Tables
from openapi.parsing.yaml_scalars import plain_scalar

MAX_DEPTH = 200
MAX_BORROWED = 1_000_000
"""So many values may come from aliases, counted as if they had been written out."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_KINDS = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}
_AS_WRITTEN = ("str", "timestamp", "binary")
_NO_COLON, _NO_TOKEN = "could not find expected ':'", "found character that cannot start any token"
_TAB = "this is a tab, and YAML indents with spaces"
_HINTS = {
    _NO_COLON: "a key has a colon and a space behind it",
    _NO_TOKEN: "put the text in quotes",
    "mapping values are not allowed in this context": "put text with a colon in quotes, and a key below the one beside which it stands",
    "did not find expected node content": "close the bracket, or write a value",
    "did not find expected key": "indent it as what stands above it",
}
"""What people did who read this of the parser."""


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    value: Any
    table: Any
    """The lines of its keys or elements."""
    anchor: str | None
    before: int
    """How many values had been counted when it began."""
    key: str | None = None
    merging: bool = False
    merged: list[tuple[dict[str, Any], dict[str, int]]] = field(default_factory=list)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = None
        self.first = 1
        self.tables: Tables = {}
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0
        self.borrowed = 0

    def read(self, text: str) -> Any:
        loader = _Loader(text)
        try:
            takes = {
                yaml.ScalarEvent: self.scalar,
                yaml.MappingStartEvent: self.start_mapping,
                yaml.SequenceStartEvent: self.start_list,
                yaml.MappingEndEvent: self.end,
                yaml.SequenceEndEvent: self.end,
                yaml.AliasEvent: self.alias,
            }
            documents = 0
            while loader.check_event():
                event = loader.get_event()
                take = takes.get(type(event))
                if take is not None:
                    take(event)
                elif type(event) is yaml.DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        raise self.refusal(event, "a second document begins here: put it into a file of its own")
        finally:
            loader.dispose()
        return self.root

    def refusal(self, event: Any, what: str) -> SourceError:
        return SourceError(self.file, what, event.start_mark.line + 1, event.start_mark.column + 1)

    def scalar(self, event: Any) -> None:
        value = event.value
        if self.expects_key():
            self.take_key(value, event)
            return
        if event.implicit[0]:
            value = plain_scalar(value)
        elif event.tag is not None and event.tag != "!":
            value = self.tagged(event)
        anchor: str | None = event.anchor
        if anchor is not None:
            self.anchors[anchor] = value, 1
        self.put(value, event)

    def tagged(self, event: Any) -> Any:
        kind = event.tag.removeprefix(_PREFIX)
        if kind in _AS_WRITTEN:
            return event.value
        value = plain_scalar(event.value)
        if kind == "float" and type(value) is int:
            value = float(value)
        if kind not in _KINDS or type(value) is not _KINDS[kind]:
            raise self.refusal(event, f"the tag `{event.tag}` cannot be read here: write the value without a tag")
        return value

    def expects_key(self) -> bool:
        return bool(self.stack) and self.stack[-1].key is None and not self.stack[-1].merging and type(self.stack[-1].value) is dict

    def take_key(self, key: Any, event: Any) -> None:
        holder = self.stack[-1]
        if not isinstance(key, str):
            raise self.refusal(event, "a key must be text, not a list or mapping")
        if key == "<<" and getattr(event, "implicit", (False,))[0]:
            holder.merging = True
            return
        if key in holder.value:
            first = holder.table[key]
            raise self.refusal(event, f"the key `{key}` stands twice, first on line {first}: keep one of the two")
        if type(event) is yaml.ScalarEvent and (anchor := event.anchor) is not None:
            self.anchors[anchor] = key, 1
        holder.key = key
        holder.table[key] = event.start_mark.line + 1

    def put(self, value: Any, event: Any) -> None:
        """The value goes where the innermost open mapping or list wants it."""
        self.count += 1
        if not self.stack:
            self.root, self.first = value, event.start_mark.line + 1
            return
        holder = self.stack[-1]
        if type(holder.value) is list:
            holder.value.append(value)
            holder.table.append(event.start_mark.line + 1)
        elif holder.merging:
            self.merge(holder, value, event)
        else:
            assert holder.key is not None
            holder.value[holder.key] = value
            holder.key = None

    def merge(self, holder: _Open, value: Any, event: Any) -> None:
        several = value if isinstance(value, list) else [value]
        for one in several:
            table = self.tables.get(id(one))
            if not isinstance(one, dict) or not isinstance(table, dict):
                raise self.refusal(event, "`<<` merges mappings, and this is none")
            holder.merged.append((one, table))
        holder.merging = False

    def start_mapping(self, event: Any) -> None:
        self.start(event, {}, {})

    def start_list(self, event: Any) -> None:
        self.start(event, [], [])

    def start(self, event: Any, value: Any, table: Any) -> None:
        if self.expects_key():
            self.take_key(None, event)
        if event.tag is not None and event.tag not in ("!", f"{_PREFIX}map", f"{_PREFIX}seq"):
            raise self.refusal(event, f"the tag `{event.tag}` cannot be read here: write the value without a tag")
        if len(self.stack) >= MAX_DEPTH:
            raise self.refusal(event, f"nests deeper than {MAX_DEPTH} levels, which no API description needs")
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)
        merging = bool(self.stack) and self.stack[-1].merging
        before = self.count
        if not merging:
            self.put(value, event)
        self.stack.append(_Open(value, table, event.anchor, before))

    def end(self, event: Any) -> None:
        done = self.stack.pop()
        self.tables[id(done.value)] = done.table
        for one, table in done.merged:
            for key in one:
                if key not in done.value:
                    done.value[key] = one[key]
                    done.table[key] = table[key]
        if done.anchor is not None:
            self.anchors[done.anchor] = done.value, self.count - done.before
        if self.stack and self.stack[-1].merging:
            self.put(done.value, event)

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            open_one = any(one.anchor == event.anchor for one in self.stack)
            what = "holds itself" if open_one else "is named by no anchor before it"
            raise self.refusal(event, f"`*{event.anchor}` {what}: write out what is meant")
        value, size = self.anchors[event.anchor]
        self.count += size
        self.borrowed += size
        if self.borrowed > MAX_BORROWED:
            raise self.refusal(
                event, f"aliases such as `*{event.anchor}` make this grow beyond {MAX_BORROWED:,} values: use `$ref` for what is shared"
            )
        if self.expects_key():
            self.take_key(value, event)
        else:
            self.put(value, event)


def _sign_at(text: str, mark: Any) -> str:
    lines = text.split("\n", mark.line + 1)
    return lines[mark.line][mark.column : mark.column + 1] if mark.line < len(lines) else ""


def read_yaml(text: str, file: str) -> tuple[Any, Lines]:
    """The content of a YAML document, and where it stands. SourceError for one that cannot be used."""
    reader = _Reader(file)
    try:
        root = reader.read(text)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        if mark is None or not problem:
            told = " ".join(str(error).partition('in "<')[0].split())
            raise SourceError(file, f"is not YAML: {told or 'no reason given'}") from error
        if problem == _NO_COLON:
            mark = getattr(error, "context_mark", None) or mark  # where the key began; the parser has looked on until the next line
        hint = _TAB if problem == _NO_TOKEN and _sign_at(text, mark) == "\t" else _HINTS.get(problem)
        raise SourceError(file, f"is not YAML: {problem}{f': {hint}' if hint else ''}", mark.line + 1, mark.column + 1) from error
    return root, Lines(root, reader.tables, reader.first)
