"""Translates a schema for one direction into JSON Schema 2020-12, for a validator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openapi.diff.schemas.normalized_schema import Parts, Schema, identity

_INTEGERS = {"int32": 2**31, "int64": 2**63}
_MOST = 400
"""Schemas within a schema, beyond which a validator costs more time than its answer is worth."""

Reader = Callable[[Parts], Schema]


def to_json_schema(parts: Parts, read: Reader, unseen: str) -> dict[str, Any] | None:
    """The whole schema; None where it is too much to be tried out.

    `unseen` is the word whose properties do not travel: `readOnly` in a request, `writeOnly` in an answer.
    """
    names: dict[Any, str] = {}
    waiting: list[tuple[Parts, str]] = []

    def refer(some: Parts) -> dict[str, Any]:
        key = identity(some)
        if key not in names:
            names[key] = f"s{len(names)}"
            waiting.append((some, names[key]))
        return {"$ref": f"#/$defs/{names[key]}"}

    whole = refer(parts)
    definitions: dict[str, Any] = {}
    while waiting and len(names) <= _MOST:
        some, name = waiting.pop()
        definitions[name] = _one(read(some), read, refer, unseen)
    return None if waiting else {**whole, "$defs": definitions}


def _one(schema: Schema, read: Reader, refer: Callable[[Parts], dict[str, Any]], unseen: str) -> Any:
    if schema.never or schema.values == []:
        return False
    away = {name for name, parts in schema.properties.items() if read(parts).annotations.get(unseen)}
    made: dict[str, Any] = dict(schema.bounds)
    if schema.types is not None:
        made["type"] = sorted(schema.types)
    if schema.values is not None:
        made["enum"] = schema.values
    made["properties"] = {name: True if name in away else refer(parts) for name, parts in schema.properties.items()}
    made["required"] = [name for name in schema.required if name not in away]
    made["patternProperties"] = {pattern: refer(parts) for pattern, parts in schema.pattern_properties.items()}
    if schema.additional:
        made["additionalProperties"] = False if schema.closed else refer(schema.additional)
    if schema.prefix:
        made["prefixItems"] = [refer(parts) for parts in schema.prefix]
    if schema.items:
        made["items"] = refer(schema.items)
    made["uniqueItems"] = schema.unique
    made |= {word: refer(parts) for word, parts in schema.single.items() if word != "contentSchema"}
    made["dependentRequired"] = {name: sorted(names) for name, names in schema.dependent_required.items()}
    made["dependentSchemas"] = {name: refer(parts) for name, parts in schema.dependent_schemas.items()}
    made["allOf"] = list(_several(schema, refer))
    return {word: value for word, value in made.items() if (value is not False and value not in ({}, [])) or word == "additionalProperties"}


def _several(schema: Schema, refer: Callable[[Parts], dict[str, Any]]) -> list[Any]:
    """What may stand more than once."""
    parts: list[Any] = [{"pattern": pattern} for pattern in sorted(schema.patterns)]
    parts += [{"format": form} for form in sorted(schema.formats)]
    if schema.types is not None and schema.types <= {"integer", "null"}:
        parts += [{"minimum": -limit, "exclusiveMaximum": limit} for form, limit in _INTEGERS.items() if form in schema.formats]
    parts += [{"multipleOf": float(step)} for step in schema.steps]
    for union in schema.unions:
        one: dict[str, Any] = {union.word: [refer(alternative) for alternative in union.alternatives]}
        parts.append({"anyOf": [{"type": "null"}, one]} if schema.nullable else one)
    parts += [{"not": refer(some)} for some in schema.nots]
    for node in schema.conditions:
        chosen = {word: node.get(word) for word in ("if", "then", "else")}
        parts.append({word: refer((part,)) for word, part in chosen.items() if part is not None})
    return parts
