"""Reads nodes into one `Schema`: versions are evened out and `allOf` is merged while reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openapi.diff.document_tree import Node
from openapi.diff.schemas.keyword_readers import read_keywords
from openapi.diff.schemas.normalized_schema import COUNTS, TYPES, Parts, Schema, Union


def normalized(parts: Parts) -> Schema:
    """Reads them all as one schema. SourceError where a reference leads nowhere."""
    schema = Schema(parts[0].resolved() if parts else None)
    seen: set[Any] = set()
    for part in parts:
        _absorb(schema, part, seen)
    _finish(schema)
    return schema


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
    read_keywords(schema, node)


def _is_old(node: Node) -> bool:
    root = node.document.root
    return isinstance(root, Mapping) and str(root.get("openapi", "")).startswith("3.0")


def _list(node: Node, word: str) -> list[Node]:
    part = node.get(word)
    return [] if part is None else list(part.elements())


def _finish(schema: Schema) -> None:
    """Unions with null become nullable, bounds that say nothing go, and of two that say the same the stronger stays."""
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
    for word in [word for word in schema.bounds if word.startswith("min") and word in COUNTS and not schema.bounds[word] and word != "minContains"]:
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
