"""Schemas that are precise, and that values can match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import jsonschema_rs

from openapi.diff.schemas.keyword_readers import number
from openapi.lint.api import Api
from openapi.lint.finding import Add, Found
from openapi.lint.registry import rule

_RANGES = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))
_CHOICES = ("allOf", "anyOf", "oneOf", "not", "enum", "const", "$ref", "if")
_MEANING = {"properties": "object", "items": "array"}


@rule(
    "type-missing",
    "warning",
    "A schema with `properties` or `items` has a `type`, because otherwise values of any other type are valid too.",
    fixable=True,
)
def type_missing(api: Api) -> Iterator[Found]:
    for node in api.of_kind("schema"):
        if "type" in node.value or any(word in node.value for word in _CHOICES) or _is_part(node.pointer):
            continue
        for word, type in _MEANING.items():
            if isinstance(node.value.get(word), Mapping):
                yield Found(node, f"it has `{word}` and no type, so that anything else fits too: add `type: {type}`", Add(node.pointer, "type", type))
                break


@rule("required-unknown", "error", "Every name in `required` is one of the properties.")
def required_unknown(api: Api) -> Iterator[Found]:
    for node in api.of_kind("schema"):
        listed = node.get("required")
        others = node.value.get("additionalProperties")
        if listed is None or _is_part(node.pointer) or others is True or any(word in node.value for word in ("anyOf", "oneOf", "if")):
            continue
        schema = api.read((node,))
        for name in listed.elements():
            known = not isinstance(name.value, str) or schema.property(name.value) is not None
            if not known and (schema.closed or not schema.additional):
                yield Found(name, f"`{name.value}` is required and no property describes it: describe it under `properties`, or correct the name")


@rule("range-empty", "error", "No lower bound exceeds the upper bound of the same schema.")
def range_empty(api: Api) -> Iterator[Found]:
    for node in api.of_kind("schema"):
        for low, high in _RANGES:
            least, most = number(node.value.get(low)), number(node.value.get(high))
            if least is not None and most is not None and least > most:
                yield Found(node.get(low) or node, f"`{low}` {least} is above `{high}` {most}, so that nothing fits: exchange or correct them")


@rule("pattern-valid", "error", "Every `pattern` is a valid JavaScript regular expression.")
def pattern_valid(api: Api) -> Iterator[Found]:
    for node in api.of_kind("schema"):
        written = node.get("pattern")
        names = node.get("patternProperties")
        for place in [written, *([part for _, part in names.items()] if names is not None else [])]:
            pattern = None if place is None else place.value if place is written else place.pointer[-1]
            if place is not None and isinstance(pattern, str) and not _is_expression(pattern):
                yield Found(place, f"`{pattern:.80}` is no regular expression as JavaScript knows them: check its brackets and backslashes")


def _is_expression(pattern: str) -> bool:
    """Draft 4 reads JavaScript's alone, as the server's validators do; the newer drafts take another engine's words too."""
    try:
        jsonschema_rs.Draft4Validator({"type": "string", "pattern": pattern})
    except ValueError:
        return False
    return True


def _is_part(pointer: tuple[str | int, ...]) -> bool:
    """Whether a schema is one of several that hold together, or under a condition, and so need not say everything itself."""
    return len(pointer) > 1 and (pointer[-2] in ("allOf", "anyOf", "oneOf") or pointer[-1] in ("not", "if", "then", "else"))
