"""Reads nodes into one `Schema`: versions are evened out and `allOf` is merged while reading."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from openapi.diff.schemas.normal import LOWER, NOTES, SINGLE, TYPES, UPPER, Parts, Schema, Union
from openapi.diff.tree import Node

_COUNTS = {"maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties", "maxContains", "minContains"}


def normal(parts: Parts) -> Schema:
    """Reads them all as one schema. DiffError where a reference leads nowhere."""
    schema = Schema(parts[0].resolved() if parts else None)
    seen: set[Any] = set()
    for part in parts:
        _absorb(schema, part, seen)
    _finish(schema)
    return schema


def schema_parts(node: Node | None) -> Parts:
    """The node as parts; nothing where it is missing or allows anything by saying `true`."""
    return () if node is None or node.value is True or node.value == {} else (node,)


def _absorb(schema: Schema, node: Node, seen: set[Any]) -> None:
    if node.identity in seen:
        return
    seen.add(node.identity)
    if node.value is False:
        schema.never = schema.never or node
    if not isinstance(node.value, Mapping):
        return
    if isinstance(node.value.get("$ref"), str):
        _absorb(schema, node.resolved(), seen)
        if _is_old(node):
            return  # 3.0 ignores whatever stands beside a reference
    for part in _list(node, "allOf"):
        _absorb(schema, part, seen)
    said = node.value.keys()
    for words, read in _READERS:
        if not words.isdisjoint(said):
            read(schema, node)


def _is_old(node: Node) -> bool:
    root = node.document.root
    return isinstance(root, Mapping) and str(root.get("openapi", "")).startswith("3.0")


def _list(node: Node, word: str) -> list[Node]:
    part = node.get(word)
    return [] if part is None else list(part.elements())


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
            if value is None or (word in _COUNTS and value < 0):
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


def _notes(schema: Schema, node: Node) -> None:
    for word in NOTES:
        part = _keep(schema, node, word)
        if part is None:
            continue
        if word in ("readOnly", "writeOnly", "deprecated"):
            schema.notes[word] = schema.notes.get(word) is True or part.value is True
        elif word == "example":
            schema.notes["examples"] = [part.value]  # as 3.1 puts it
        else:
            schema.notes[word] = part.value


_READERS = (
    (frozenset({"type", "nullable"}), _types),
    (frozenset({"enum", "const"}), _values),
    (frozenset({*UPPER, *LOWER, "multipleOf"}), _numbers),
    (frozenset({"pattern", "format"}), _texts),
    (frozenset({"properties", "patternProperties", "dependentSchemas", "required", "additionalProperties", "dependentRequired"}), _objects),
    (frozenset({"items", "prefixItems", "uniqueItems", *SINGLE}), _arrays),
    (frozenset({"oneOf", "anyOf", "discriminator"}), _unions),
    (frozenset({"not", "if"}), _logic),
    (frozenset(NOTES), _notes),
)
"""Who reads which keywords; nobody looks for what is not there."""


def _finish(schema: Schema) -> None:
    """Unions with null become nullable; a union of one is no union."""
    for union in list(schema.unions):
        others = [parts for parts in union.alternatives if not _only_null(parts)]
        if len(others) < len(union.alternatives):
            _say_nullable(schema, union, others)
    if schema.nullable or not schema.unions:
        if schema.nullable and schema.types is not None:
            schema.types |= {"null"}
        if schema.nullable and schema.values is not None and not any(value is None for value in schema.values):
            schema.values.append(None)
    if schema.types is not None and schema.types >= TYPES:
        schema.types = None
    for word in [word for word in schema.bounds if word.startswith("min") and word in _COUNTS and not schema.bounds[word] and word != "minContains"]:
        del schema.bounds[word]  # at least none is no bound
    _merge_exclusive(schema)
    if "unevaluatedProperties" in schema.single and not (schema.unions or schema.conditions or schema.dependent_schemas):
        schema.additional += schema.single.pop("unevaluatedProperties")  # everything that is evaluated has been merged in


def _only_null(parts: Parts) -> bool:
    value = parts[0].value
    return isinstance(value, Mapping) and (value.get("type") in ("null", ["null"]) or ("const" in value and value["const"] is None))


def _say_nullable(schema: Schema, union: Union, others: list[Parts]) -> None:
    """`anyOf: [X, {type: null}]` is X that may be null."""
    schema.places.setdefault("nullable", union.node)
    if len(others) != 1 or len(schema.unions) != 1 or schema.types is not None or schema.values is not None:
        union.alternatives = others or union.alternatives
        schema.nullable = schema.nullable or bool(others)
        return
    schema.unions.remove(union)
    inner = schema.node
    for part in others[0]:
        _absorb(schema, part, set())
    for nested in list(schema.unions):
        rest = [parts for parts in nested.alternatives if not _only_null(parts)]
        nested.alternatives = rest or nested.alternatives
    schema.node, schema.nullable = inner, True


def _merge_exclusive(schema: Schema) -> None:
    """Of `maximum` and `exclusiveMaximum` only the one that says more is kept; the same of the minimum."""
    for word, border, above in (("exclusiveMaximum", "maximum", True), ("exclusiveMinimum", "minimum", False)):
        if word in schema.bounds and border in schema.bounds:
            strict, loose = schema.bounds[word], schema.bounds[border]
            del schema.bounds[border if (strict <= loose if above else strict >= loose) else word]
