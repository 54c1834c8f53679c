"""What a spec author may do to the document: edits of the project's own contract, and the contract that they make."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from openapi.contract import FILE, Contract
from openapi.document import read_document
from openapi.reader import load_contract

Spec = dict[str, Any]


@cache
def _document() -> Spec:
    document: Spec = read_document(FILE)
    return document


def own_document() -> Spec:
    """The project's own document, to be edited."""
    return deepcopy(_document())


def contract_of(document: Spec, folder: Path) -> Contract:
    file = folder / "spec.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return load_contract(file)


def without(document: Spec, resource: str) -> Spec:
    """The document without all the paths of a resource."""
    document["paths"] = {path: item for path, item in document["paths"].items() if item["x-resource"] != resource}
    return document


def with_replacement_of(document: Spec, resource: str, schema: str) -> Spec:
    """The document with a PUT for a resource that has none."""
    operation = {
        "operationId": f"replace{schema}",
        "x-action": "replace",
        "requestBody": _json({"$ref": f"#/components/schemas/{schema}Input"}),
        "responses": _answer("200", {"$ref": f"#/components/schemas/{schema}"}),
    }
    document["paths"][f"/{resource}/{{id}}"] = {"x-resource": resource, "parameters": [_id_parameter()], "put": operation}
    return document


def add_suppliers(document: Spec) -> Spec:
    """A plain resource, added with nothing but the document's own words."""
    added = {"properties": {"score": {"type": "integer"}, "grade": {"type": "string", "readOnly": True}}}
    document["components"]["schemas"] |= {
        "SupplierInput": _supplier(),
        "Supplier": {"allOf": [{"$ref": "#/components/schemas/SupplierInput"}, added]},
    }
    sent, stored = {"$ref": "#/components/schemas/SupplierInput"}, {"$ref": "#/components/schemas/Supplier"}
    many = {"type": "object", "required": ["suppliers"], "properties": {"suppliers": {"type": "array", "items": sent}}}
    document["paths"] |= {
        "/suppliers": {
            "x-resource": "suppliers",
            "get": _operation("listSuppliers", "list", "200", {"type": "array", "items": stored}) | {"parameters": _supplier_parameters()},
            "post": _operation("createSupplier", "create", "201", stored) | {"requestBody": _json(sent)},
        },
        "/suppliers/{id}": {
            "x-resource": "suppliers",
            "parameters": [_id_parameter()],
            "get": _operation("readSupplier", "read", "200", stored),
            "put": _operation("replaceSupplier", "replace", "200", stored) | {"requestBody": _json(sent)},
            "delete": _operation("deleteSupplier", "delete", "200", {"type": "object"}),
        },
        "/batch/suppliers": {
            "x-resource": "suppliers",
            "post": _operation("batchCreateSuppliers", "batch-create", "201", {"type": "array", "items": stored}) | {"requestBody": _json(many)},
        },
    }
    return document


def _supplier() -> Spec:
    text, whole = {"type": "string"}, {"type": "integer"}
    part = {
        "product_id": whole | {"x-ref": "products"},
        "unit": text | {"default": "piece"},
        "checked": {"type": "boolean", "readOnly": True},
        "pin": text | {"writeOnly": True, "default": "0000"},
    }
    return {
        "type": "object",
        "required": ["name"],
        "properties": {
            "id": whole,
            "name": text,
            "email": text | {"x-unique": "ignore-case"},
            "code": text | {"x-unique": "exact", "nullable": True},
            "since": text | {"format": "date"},
            "rating": whole | {"default": 3},
            "rank": {"type": "string", "readOnly": True, "default": "new"},
            "customer_id": whole | {"x-ref": "customers", "nullable": True},
            "payer_id": whole | {"x-ref": "customers"},
            "parent_id": whole | {"x-ref": "suppliers"},
            "product_ids": {"type": "array", "items": whole | {"x-ref": "products"}},
            "parts": {"type": "array", "nullable": True, "items": {"type": "object", "properties": part}},
            "terms": {"type": "object", "nullable": True, "properties": {"days": whole | {"default": 30}}},
            "login": {"type": "object", "properties": {"name": text, "phrase": text | {"writeOnly": True}}},
            "grade": text,
            "created_at": text,
            "updated_at": text,
        },
    }


def _supplier_parameters() -> list[Spec]:
    def parameter(name: str, kind: str, word: str, meaning: Any) -> Spec:
        return {"name": name, "in": "query", "schema": {"type": kind}, word: meaning}

    return [
        parameter("q", "string", "x-search", ["name", "email"]),
        parameter("rating", "integer", "x-filter", {"field": "rating", "comparison": "eq"}),
        parameter("above", "integer", "x-filter", {"field": "rating", "comparison": "gt"}),
        parameter("below", "integer", "x-filter", {"field": "rating", "comparison": "lt"}),
        parameter("first", "string", "x-filter", {"field": "since", "comparison": "ge"}),
        parameter("last", "string", "x-filter", {"field": "since", "comparison": "le"}),
    ]


def _id_parameter() -> Spec:
    return {"$ref": "#/components/parameters/Id"}


def _operation(id: str, action: str, status: str, data: Spec) -> Spec:
    return {"operationId": id, "x-action": action, "responses": _answer(status, data)}


def _answer(status: str, data: Spec) -> Spec:
    envelope = {
        "type": "object",
        "properties": {"success": {"type": "boolean"}, "data": data, "message": {"type": "string"}, "meta": {"type": "object"}},
    }
    return {status: {"description": "What is stored."} | _json(envelope)}


def _json(schema: Spec) -> Spec:
    return {"content": {"application/json": {"schema": schema}}}
