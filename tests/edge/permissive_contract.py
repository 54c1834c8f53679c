"""A contract that lets everything in: numbers of every kind of schema, without bounds, and fields that it does not name."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.engine.spec_edits import Spec, own_document

WHOLE: Spec = {"type": "integer"}
NUMBER: Spec = {"type": "number"}
FIELDS: Spec = {
    "whole": WHOLE,
    "long": {"type": "integer", "format": "int64"},
    "even": {"type": "integer", "multipleOf": 2},
    "level": {"type": "integer", "enum": [1.0, 2, 300]},
    "nullable": {"type": "integer", "nullable": True},
    "referred": {"$ref": "#/components/schemas/LooseNumber"},
    "all_of": {"allOf": [{"$ref": "#/components/schemas/LooseNumber"}, {"minimum": 1.0}]},
    "any_of": {"anyOf": [WHOLE, {"type": "string"}]},
    "one_of": {"oneOf": [{"type": "boolean"}, WHOLE]},
    "no_text": {"not": {"type": "string"}, "example": 3.0},
    "free": {},
    "list": {"type": "array", "items": WHOLE},
    "set": {"type": "array", "items": {}, "uniqueItems": True},
    "inside": {"type": "object", "properties": {"whole": WHOLE}},
    "by_name": {"type": "object", "additionalProperties": WHOLE},
    "number": NUMBER,
    "above": {"type": "number", "minimum": 0.1, "exclusiveMinimum": True},
    "positive": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    "unique": {"type": "integer", "x-unique": "exact"},
    "usual": {"type": "integer", "default": 1e0},
    "text": {"type": "string"},
    "extra": {"type": "object", "additionalProperties": True},
}
OF_THE_STORE: Spec = {
    "id": {"type": "integer", "readOnly": True},
    "created_at": {"type": "string", "readOnly": True},
    "updated_at": {"type": "string", "readOnly": True},
}


def loose_document() -> Spec:
    """Our own, in which no object is closed and no line of an invoice has bounds, and beside it a resource of numbers."""
    document = own_document()
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if not name.endswith(("Answer", "Error", "Meta")):
            _open(schema)
    for field in ("amount", "qty"):
        _unbound(schemas["LineItem"]["properties"][field])
    _unbound(schemas["TransactionInput"]["properties"]["amount"])
    schemas["LooseNumber"] = deepcopy(WHOLE)
    sent: Spec = {"type": "object", "properties": {**deepcopy(FIELDS), **deepcopy(OF_THE_STORE)}}
    many: Spec = {"type": "object", "properties": {"readings": {"type": "array", "items": sent}}}
    id = {"name": "id", "in": "path", "required": True, "schema": WHOLE}
    document["paths"] |= {
        "/readings": {
            "x-resource": "readings",
            "get": {**_operation("listReadings", "list", "200", {"type": "array", "items": sent}), "parameters": _parameters()},
            "post": {**_operation("createReading", "create", "201", sent), "requestBody": _json(sent)},
        },
        "/readings/{id}": {
            "x-resource": "readings",
            "parameters": [id],
            "get": _operation("readReading", "read", "200", sent),
            "put": {**_operation("replaceReading", "replace", "200", sent), "requestBody": _json(sent)},
        },
        "/batch/readings": {
            "x-resource": "readings",
            "post": {**_operation("batchCreateReadings", "batch-create", "201", {"type": "array", "items": sent}), "requestBody": _json(many)},
        },
    }
    return document


def written(document: Spec, folder: Path) -> Path:
    """The document as a file for `--spec`."""
    file = folder / "loose.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def _open(schema: Any) -> None:
    if isinstance(schema, dict):
        schema.pop("additionalProperties", None)
        for part in schema.values():
            _open(part)
    elif isinstance(schema, list):
        for part in schema:
            _open(part)


def _unbound(schema: Spec) -> None:
    for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        schema.pop(word, None)


def _parameters() -> list[Spec]:
    def parameter(name: str, schema: Spec, field: str = "", comparison: str = "eq") -> Spec:
        told = {"x-filter": {"field": field, "comparison": comparison}} if field else {}
        return {"name": name, "in": "query", "schema": schema, **told}

    return [
        parameter("page", {"type": "integer", "default": 1.0}),
        parameter("limit", {"type": "integer", "default": 2e1, "minimum": 1}),
        parameter("whole", WHOLE, "whole"),
        parameter("free", WHOLE, "free"),
        parameter("number", NUMBER, "number"),
        parameter("at_least", NUMBER, "number", "ge"),
    ]


def _operation(id: str, action: str, status: str, data: Spec) -> Spec:
    envelope = {"type": "object", "properties": {"success": {"type": "boolean"}, "data": data, "meta": {"type": "object"}}}
    return {"operationId": id, "x-action": action, "responses": {status: {"description": "What is stored.", **_json(envelope)}}}


def _json(schema: Spec) -> Spec:
    return {"content": {"application/json": {"schema": schema}}}
