"""Reads the keywords of one node into a `Schema`, each group with its own function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from openapi.diff.document_tree import Node
from openapi.diff.schemas.normalized_schema import ANNOTATIONS, COUNTS, LOWER, SINGLE, UPPER, Parts, Schema, Union, schema_parts


def read_keywords(schema: Schema, node: Node) -> None:
    """All that the node itself says, but for what it refers to."""
    said = node.value.keys()
    for words, read in _READERS:
        if not words.isdisjoint(said):
            read(schema, node)


def _keep(schema: Schema, node: Node, word: str) -> Node | None:
    """The keyword's node, whose place is remembered."""
    if word not in node.value:
        return None
    part = schema.places[word] = Node(node.value[word], (*node.pointer, word), node.document)
    return part


def _types(schema: Schema, node: Node) -> None:
    part = _keep(schema, node, "type")
    words = part.value if part is not None and isinstance(part.value, list) else [part.value] if part is not None else []
    types = {word for word in words if isinstance(word, str)}
    nullable = node.get("nullable")
    if nullable is not None and nullable.value is True:
        schema.places["nullable"] = nullable
        schema.nullable = True
    elif types and "null" not in types:
        schema.nullable = False
    if types:
        _narrow_types(schema, types | {"null"} if schema.nullable else types)


def _narrow_types(schema: Schema, types: set[str]) -> None:
    if "number" in types:
        types = types | {"integer"}
    schema.types = frozenset(types) if schema.types is None else schema.types & types


def _values(schema: Schema, node: Node) -> None:
    listed = _keep(schema, node, "enum")
    if listed is not None and isinstance(listed.value, list):
        _narrow_values(schema, listed.value)
    const = _keep(schema, node, "const")
    if const is not None:
        _narrow_values(schema, [const.value])


def _narrow_values(schema: Schema, values: list[Any]) -> None:
    keys = [key(value) for value in values]
    schema.values = [*values] if schema.values is None else [value for value in schema.values if key(value) in keys]


def key(value: Any) -> Any:
    """Something that is equal for equal JSON values only: true is not 1, but 1.0 is."""
    if isinstance(value, Mapping):
        return "object", frozenset((str(name), key(part)) for name, part in value.items())
    if isinstance(value, list):
        return "array", tuple(key(part) for part in value)
    return "bool" if isinstance(value, bool) else "", value if isinstance(value, str | int | float | bool | None) else repr(value)


def number(value: Any) -> Any:
    """The value where it is a finite number; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if math.isfinite(value) else None


def _numbers(schema: Schema, node: Node) -> None:
    for words, tighter in ((UPPER, min), (LOWER, max)):
        for word in words:
            part = _keep(schema, node, word)
            value = None if part is None else number(part.value)
            if value is None or (word in COUNTS and value < 0):
                continue
            _tighten(schema, word, value, tighter)
    for word, border, tighter in (("exclusiveMaximum", "maximum", min), ("exclusiveMinimum", "minimum", max)):
        flag, limit = node.get(word), node.get(border)
        if flag is not None and flag.value is True and limit is not None and number(limit.value) is not None:
            schema.bounds.pop(border, None)  # the version 3.0 way of saying it
            _tighten(schema, word, limit.value, tighter)
    step = _keep(schema, node, "multipleOf")
    if step is not None and (value := number(step.value)) is not None and value > 0:
        schema.steps.add(Fraction(str(value)))


def _tighten(schema: Schema, word: str, value: Any, tighter: Callable[[Any, Any], Any]) -> None:
    schema.bounds[word] = value if word not in schema.bounds else tighter(schema.bounds[word], value)


def _texts(schema: Schema, node: Node) -> None:
    for word, found in (("pattern", schema.patterns), ("format", schema.formats)):
        part = _keep(schema, node, word)
        if part is not None and isinstance(part.value, str):
            found.add(part.value)


def _objects(schema: Schema, node: Node) -> None:
    for word, found in (
        ("properties", schema.properties),
        ("patternProperties", schema.pattern_properties),
        ("dependentSchemas", schema.dependent_schemas),
    ):
        part = _keep(schema, node, word)
        for name, child in part.items() if part is not None else ():
            found[str(name)] = (*found.get(str(name), ()), child)
    required = _keep(schema, node, "required")
    schema.required.update(dict.fromkeys(name.value for name in (required.elements() if required is not None else ()) if isinstance(name.value, str)))
    schema.additional += schema_parts(_keep(schema, node, "additionalProperties"))
    dependent = _keep(schema, node, "dependentRequired")
    for name, names in dependent.items() if dependent is not None else ():
        if isinstance(names.value, list):
            schema.dependent_required.setdefault(str(name), set()).update(one for one in names.value if isinstance(one, str))


def _arrays(schema: Schema, node: Node) -> None:
    schema.items += schema_parts(_keep(schema, node, "items"))
    prefix = _keep(schema, node, "prefixItems")
    for place, child in enumerate(prefix.elements() if prefix is not None else ()):
        if place < len(schema.prefix):
            schema.prefix[place] += (child,)
        else:
            schema.prefix.append((child,))
    unique = _keep(schema, node, "uniqueItems")
    schema.unique = schema.unique or (unique is not None and unique.value is True)
    for word in SINGLE:
        parts = schema_parts(_keep(schema, node, word))
        if parts or (word == "contains" and word in node.value):
            schema.single[word] = (*schema.single.get(word, ()), *parts)


def _unions(schema: Schema, node: Node) -> None:
    for word in ("oneOf", "anyOf"):
        part = _keep(schema, node, word)
        alternatives: list[Parts] = [(child,) for child in (part.elements() if part is not None else ())]
        if part is not None and alternatives:
            schema.unions.append(Union(word, part, alternatives))
    discriminator = _keep(schema, node, "discriminator")
    if discriminator is not None:
        schema.discriminator = discriminator


def _logic(schema: Schema, node: Node) -> None:
    refused = _keep(schema, node, "not")
    if refused is not None:
        schema.nots.append((refused,))
    condition = _keep(schema, node, "if")
    if condition is not None and ("then" in node.value or "else" in node.value):
        schema.conditions.append(node)


def _annotations(schema: Schema, node: Node) -> None:
    for word in ANNOTATIONS:
        part = _keep(schema, node, word)
        if part is None:
            continue
        if word in ("readOnly", "writeOnly", "deprecated"):
            schema.annotations[word] = schema.annotations.get(word) is True or part.value is True
        elif word == "example":
            schema.annotations["examples"] = [part.value]  # as 3.1 puts it
        else:
            schema.annotations[word] = part.value


_READERS = (
    (frozenset({"type", "nullable"}), _types),
    (frozenset({"enum", "const"}), _values),
    (frozenset({*UPPER, *LOWER, "multipleOf"}), _numbers),
    (frozenset({"pattern", "format"}), _texts),
    (frozenset({"properties", "patternProperties", "dependentSchemas", "required", "additionalProperties", "dependentRequired"}), _objects),
    (frozenset({"items", "prefixItems", "uniqueItems", *SINGLE}), _arrays),
    (frozenset({"oneOf", "anyOf", "discriminator"}), _unions),
    (frozenset({"not", "if"}), _logic),
    (frozenset(ANNOTATIONS), _annotations),
)
"""Who reads which keywords; nobody looks for what is not there."""
