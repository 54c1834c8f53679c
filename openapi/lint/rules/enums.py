"""Enums and `required` without duplicates and impossible values."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Any

from openapi.diff.document_tree import Node
from openapi.diff.schemas.keyword_readers import key
from openapi.lint.api import Api
from openapi.lint.finding import Drop, Found
from openapi.lint.registry import rule
from openapi.wording import printable, shown

_LONGEST = 60


@rule("enum-type", "error", "Every value of an `enum` has the `type` of its schema.")
def enum_type(api: Api) -> Iterator[Found]:
    for node in api.of_kind("schema"):
        types = _types(node)
        listed = node.get("enum")
        for value in listed.elements() if listed is not None and types else ():
            if not any(_is_of(value.value, type) for type in types):
                yield Found(value, f"{_written(value.value)} is not of the type {' or '.join(types)}: change the value or the type")


@rule("enum-duplicate", "warning", "The values of an `enum` are unique.", fixable=True)
def enum_duplicate(api: Api) -> Iterator[Found]:
    yield from _twice(api, "enum")


@rule("required-duplicate", "error", "The names in `required` are unique.", fixable=True)
def required_duplicate(api: Api) -> Iterator[Found]:
    yield from _twice(api, "required")


def _twice(api: Api, word: str) -> Iterator[Found]:
    for node in api.of_kind("schema"):
        listed, seen = node.get(word), set[Any]()
        for value in listed.elements() if listed is not None else ():
            if (one := key(value.value)) in seen:
                yield Found(value, f"{_written(value.value)} stands in `{word}` twice: remove one of them", Drop(value.pointer))
            seen.add(one)


def _types(node: Node) -> list[str]:
    written = node.value.get("type")
    types = [one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str)]
    return [*types, "null"] if types and node.value.get("nullable") is True else types


def _is_of(value: Any, type: str) -> bool:
    kinds: dict[str, Any] = {"string": str, "boolean": bool, "array": list, "object": dict, "null": NoneType}
    if type in ("integer", "number"):
        return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and (type == "number" or value.is_integer())))
    return isinstance(value, kinds[type]) if type in kinds else True  # another type is refused by `structure`


def _written(value: Any) -> str:
    return f"`{printable(value, _LONGEST) if isinstance(value, str) else shown(value, _LONGEST)}`"
