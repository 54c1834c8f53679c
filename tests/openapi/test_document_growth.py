"""A document that becomes too large, or too deep, once its references are written out is refused before anybody writes them out."""

from __future__ import annotations

import time
from typing import Any

import pytest

from openapi.contract import FILE
from openapi.document import DocumentError, read_document
from openapi.document_growth import MAX_VALUES, refuse_growth


def schemas(parts: dict[str, Any]) -> dict[str, Any]:
    return {"openapi": "3.0.3", "components": {"schemas": parts}}


def ref(name: object) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def ladder(levels: int, step: Any) -> dict[str, Any]:
    return schemas({"S0": {"type": "string"}, **{f"S{level}": step(ref(f"S{level - 1}")) for level in range(1, levels)}})


BOMBS = {
    "properties": ladder(40, lambda below: {"properties": {"x": below, "y": below}}),
    "allOf": ladder(40, lambda below: {"allOf": [below, below]}),
    "items and properties": ladder(40, lambda below: {"items": below, "properties": {"x": below}}),
    "many at once": ladder(9, lambda below: {"oneOf": [below] * 10}),
}
CHAINS = {
    "references": ladder(5_000, lambda below: below),
    "properties": ladder(5_000, lambda below: {"properties": {"x": below}}),
    "items": ladder(5_000, lambda below: {"items": below}),
}


def refused(document: Any) -> str:
    began = time.process_time()
    with pytest.raises(DocumentError) as refusal:
        refuse_growth(document, "the.yaml")
    assert time.process_time() - began < 1
    return str(refusal.value)


@pytest.mark.parametrize("name", BOMBS)
def test_references_that_grow_beyond_measure_are_refused_at_once(name: str) -> None:
    told = refused(BOMBS[name])
    assert told.startswith("the.yaml: $.components.schemas")
    assert f"has more than {MAX_VALUES:,} values when its references are written out" in told


@pytest.mark.parametrize("name", CHAINS)
def test_references_that_nest_without_end_are_refused_at_once(name: str) -> None:
    assert "nests deeper than 200 levels when its references are written out" in refused(CHAINS[name])


@pytest.mark.parametrize(
    "document",
    [
        read_document(FILE),
        schemas({"A": ref("B"), "B": ref("A"), "C": {"properties": {"c": ref("C")}}}),
        schemas({"A": {"properties": {"x": ref("nowhere"), "y": {"$ref": "other.yaml#/a"}, "z": {"$ref": 5}}}}),
        schemas({"A": {"enum": list(range(100_000))}, "B": {"properties": {"x": ref("A"), "y": ref("A")}}}),
        [],
    ],
    ids=["our own", "rings", "references to nowhere", "a large enum", "no document"],
)
def test_all_else_is_left_to_others(document: Any) -> None:
    refuse_growth(document, "the.yaml")
