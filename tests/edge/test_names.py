"""Whatever a document calls its parameters, fields and operations, the server serves them: no name of a document is one of Python's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.settings import load_settings
from tests.asgi import Sandbox

NAMES = [
    "shop-id", "shop.id", "1", "2nd", "class", "self", "from", "None", "lambda", "_x", "__class__", "a b", "ü", "a:b", "a!r", "a,b", "*", "%", "x?",
    "'", '"', "\\", "body", "request", "user", "scope", "context", "kwargs", "operation", "filter[x]", "ids[]", "$select", "limit_", "id",
]  # fmt: skip
Spec = dict[str, Any]


def document(name: str) -> Spec:
    """A small shop whose path and query parameters, field, tag and operations have one name."""
    field = {} if name.startswith("_") or name == "id" else {name: {"type": "string"}}
    shop = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}, **field},
    }
    parameter = {"name": name, "in": "path", "required": True}
    asked = {"name": name, "in": "query", "schema": {"type": "string"}, **({"x-filter": {"field": name, "comparison": "eq"}} if field else {})}
    header = {"name": f"X-{name}" if name.isascii() and name.isalnum() else "X-class", "in": "header", "schema": {"type": "string"}}
    one, many, text = {"$ref": "#/components/schemas/S"}, {"type": "array", "items": {"$ref": "#/components/schemas/S"}}, {"type": "string"}
    sent = {"required": True, "content": {"application/json": {"schema": one}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": name, "version": "1"},
        "servers": [{"url": "/v1"}],
        "tags": [{"name": name}],
        "paths": {
            "/shops": {
                "x-resource": "shops",
                "get": operation(name, "list", many) | {"tags": [name], "parameters": [header] if name == "id" else [asked, header]},
                "post": operation(f"{name}2", "create", one) | {"requestBody": sent},
            },
            f"/shops/{{{name}}}": {
                "x-resource": "shops",
                "parameters": [parameter | {"schema": {"type": "integer"}}],
                "get": operation("readIt", "read", one),
                "put": operation("replaceIt", "replace", one) | {"requestBody": sent},
                "delete": operation("deleteIt", "delete", {}),
            },
            f"/towns/{{{name}}}/shops/{{other}}": {
                "x-resource": "shops",
                "parameters": [parameter | {"schema": text}, {"name": "other", "in": "path", "required": True, "schema": text}],
                "get": operation("listThere", "list", many),
            },
        },
        "components": {"schemas": {"S": shop}},
    }


def operation(id: str, action: str, data: Spec) -> Spec:
    envelope = {
        "type": "object",
        "properties": {"success": {"type": "boolean"}, "data": data, "meta": {"type": "object"}, "message": {"type": "string"}},
    }
    return {
        "operationId": id,
        "x-action": action,
        "responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": envelope}}}},
    }


@pytest.fixture(params=["fast", "stock"])
def stack(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(params=NAMES)
def shop(request: pytest.FixtureRequest, tmp_path: Path, stack: str) -> Iterator[tuple[str, Sandbox]]:
    name: str = request.param
    (tmp_path / "spec.json").write_text(json.dumps(document(name)), encoding="utf-8")
    sandbox = Sandbox(load_settings({"spec": tmp_path / "spec.json", "scenario": "empty", "stack": stack}))
    sandbox.base = "/v1"
    yield name, sandbox
    sandbox.close()


def test_a_name_of_a_document_is_a_name_and_nothing_else(shop: tuple[str, Sandbox]) -> None:
    name, sandbox = shop
    has_field = name in document(name)["components"]["schemas"]["S"]["properties"] and name != "id"
    body = {"name": "Corner", **({name: "value"} if has_field else {})}
    assert sandbox.send("POST", "/shops", json=body).data == {"id": 1, **body}
    assert sandbox.send("GET", "/shops/1").data == {"id": 1, **body}
    assert sandbox.send("PUT", "/shops/1", json=body).data == {"id": 1, **body}
    if name != "id":
        asked = quote(name, safe="")
        assert [one["id"] for one in sandbox.send("GET", f"/shops?{asked}=value").data] == [1]
        assert len(sandbox.send("GET", f"/shops?{asked}=else").data) == (0 if has_field else 1)
        twice = sandbox.send("GET", f"/shops?{asked}=a&{asked}=b")
        assert (twice.status, list(twice.errors)) == (400, [name])
    assert [one["id"] for one in sandbox.send("GET", "/towns/Rome/shops/x").data] == [1]
    assert sandbox.send("GET", "/shops/x").status == 404
    assert sandbox.send("PATCH", "/shops/1").status == 405
    assert sandbox.send("DELETE", "/shops/1").status == 200
    assert sandbox.send("GET", "/shops/1").status == 404
