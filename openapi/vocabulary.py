"""The x- words of the contract: what each says, where it may stand, and what its value looks like.

They describe the API, not this server, so that the server, the seeder and the contract suite all read the same facts.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.decisions import load_decisions
from openapi.document import Where
from openapi.wording import quoted

ROLES = ("administrator", "staff", "read-only")
SOURCES = ("documented", "inferred")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UNIQUENESS = ("exact", "ignore-case")
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
Check = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Word:
    """One x- word: its sentence, the kinds of node that it may stand on, and a check that returns what is wrong."""

    name: str
    sentence: str
    stands_on: frozenset[str]
    check: Check


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?` for a misspelt word, or the list of what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {quoted(close[0])}?"
    return f"known is {names[0]}" if len(names) == 1 else f"known are {', '.join(names) or 'none'}"


def _one_of(values: tuple[str, ...]) -> Check:
    def check(value: Any) -> str | None:
        if value in values:
            return None
        near = nearest(str(value), values)
        return f"{quoted(value)} is not one of {', '.join(values)}" + (f"; {near}" if near.startswith("did") else "")

    return check


def _name(value: Any) -> str | None:
    return None if isinstance(value, str) and _NAME.fullmatch(value) else f"must be a name such as line-items, not {quoted(value)}"


def _names(value: Any) -> str | None:
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return None
    return f"must be a list of names, at least one, not {quoted(value)}"


def _roles(value: Any) -> str | None:
    return _names(value) or next(filter(None, map(_one_of(ROLES), value)), None)


def _decisions(value: Any) -> str | None:
    known = tuple(load_decisions())
    return next(filter(None, map(_one_of(known), value if isinstance(value, list) else [value])), None)


def _filter(value: Any) -> str | None:
    if not isinstance(value, dict) or set(value) != {"field", "comparison"}:
        return "must be {field: …, comparison: …}"
    if not isinstance(value["field"], str):
        return f"a field has a name, not {quoted(value['field'])}"
    return _one_of(COMPARISONS)(value["comparison"])


def _emits(value: Any) -> str | None:
    if not isinstance(value, list) or not value:
        return "must be a list of {event: …} with an optional when: {field: value}"
    for item in value:
        if not isinstance(item, dict) or "event" not in item or set(item) - {"event", "when"}:
            return f"must be {{event: …}} with an optional when: {{field: value}}, not {quoted(item)}"
        if not isinstance(item["event"], str) or not _EVENT.fullmatch(item["event"]):
            return f"an event has a name such as invoice.created, not {quoted(item['event'])}"
        if not isinstance(item.get("when", {}), dict):
            return f"when must be {{field: value}}, not {quoted(item['when'])}"
    return None


_ANYWHERE = frozenset(
    {"root", "path", "operation", "callback", "parameter", "body", "response", "header", "schema", "security scheme", "media type", "link", "tag"}
)
WORDS: Mapping[str, Word] = {
    word.name: word
    for word in (
        Word("x-source", "whether the published reference says this (documented) or the contract needs it (inferred)", _ANYWHERE, _one_of(SOURCES)),
        Word("x-decision", "which reading of openapi/decisions.yaml decides here", _ANYWHERE, _decisions),
        Word("x-resource", "the collection that the path speaks of", frozenset({"path", "operation"}), _name),
        Word("x-action", "what the operation does: list, create, read, replace, delete or a named action", frozenset({"operation"}), _name),
        Word("x-role", "the roles of a key that may call this", frozenset({"operation"}), _roles),
        Word("x-emits", "the events that a success causes", frozenset({"operation"}), _emits),
        Word("x-filter", "which field of the objects the parameter compares, and how", frozenset({"parameter"}), _filter),
        Word("x-search", "the fields in which the parameter's term is looked up", frozenset({"parameter"}), _names),
        Word("x-ref", "the collection that the field points into", frozenset({"schema"}), _name),
        Word("x-unique", "no two objects share this value", frozenset({"schema"}), _one_of(UNIQUENESS)),
    )
}

# Which kind of node stands under which key; a kind with * means a mapping from names to such nodes, [] a list of them.
# The key * stands for every key of the node. What a callback describes is no operation of the API, but a call by it.
_SHAPE: Mapping[str, Mapping[str, str]] = {
    "root": {"info": "info", "servers": "[]server", "paths": "*path", "components": "components", "tags": "[]tag"},
    "info": {"contact": "contact", "license": "license"},
    "server": {"variables": "*server variable"},
    "components": {
        "schemas": "*schema", "responses": "*response", "parameters": "*parameter", "headers": "*header",
        "requestBodies": "*body", "securitySchemes": "*security scheme", "links": "*link", "examples": "*example",
        "callbacks": "*callbacks",
    },
    "path": {"parameters": "[]parameter"} | dict.fromkeys(_METHODS, "operation"),
    "operation": {"parameters": "[]parameter", "requestBody": "body", "responses": "*response", "callbacks": "*callbacks"},
    "callbacks": {"*": "callback path"},
    "callback path": {"parameters": "[]parameter"} | dict.fromkeys(_METHODS, "callback"),
    "callback": {"parameters": "[]parameter", "requestBody": "body", "responses": "*response"},
    "body": {"content": "*media type"},
    "parameter": {"schema": "schema", "content": "*media type", "examples": "*example"},
    "header": {"schema": "schema", "examples": "*example"},
    "response": {"headers": "*header", "content": "*media type", "links": "*link"},
    "media type": {"schema": "schema", "examples": "*example"},
    "schema": {"properties": "*schema", "items": "schema", "additionalProperties": "schema", "not": "schema"}
    | dict.fromkeys(("allOf", "anyOf", "oneOf"), "[]schema"),
}  # fmt: skip


def walk(node: Any, kind: str = "root", where: Where = ()) -> Iterator[tuple[str, Where, dict[str, Any]]]:
    """Every node of an OpenAPI document whose kind is known: its kind, its path and itself."""
    if not isinstance(node, dict):
        return
    yield kind, where, node
    shape = _SHAPE.get(kind, {})
    for key, child_kind in dict.fromkeys(node, shape["*"]).items() if "*" in shape else shape.items():
        child = node.get(key)
        if child_kind.startswith("*") and isinstance(child, dict):
            for name, grandchild in child.items():
                yield from walk(grandchild, child_kind[1:], (*where, key, str(name)))
        elif child_kind.startswith("[]") and isinstance(child, list):
            for place, grandchild in enumerate(child):
                yield from walk(grandchild, child_kind[2:], (*where, key, place))
        else:
            yield from walk(child, child_kind, (*where, key))


def faults(document: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    """Where the document uses a word that the vocabulary does not know, or uses one wrongly, and what would be right."""
    for kind, where, node in walk(document):
        for key, value in node.items():
            if not isinstance(key, str) or not key.startswith("x-"):
                continue
            word = WORDS.get(key)
            if word is None:
                yield (*where, key), f"unknown word; {nearest(key, WORDS)}"
            elif kind not in word.stands_on:
                yield (*where, key), f"stands on {' or '.join(sorted(word.stands_on))}, not on {kind}"
            elif wrong := word.check(value):
                yield (*where, key), wrong
