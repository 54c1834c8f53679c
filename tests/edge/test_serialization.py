"""Lists in parameters are read as the document writes them (`style`, `explode`), and paths below the base that its first server names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openapi.document import DocumentError
from sandbox.settings import load_settings
from tests.asgi import ADMINISTRATOR, Sandbox
from tests.engine.spec_edits import own_document

WHOLE, TEXT = {"type": "integer", "minimum": 1}, {"type": "string", "enum": ["a", "b"]}


def serving(folder: Path, document: dict[str, Any], base: str = "/api/v2", **settings: Any) -> Sandbox:
    (folder / "spec.json").write_text(json.dumps(document), encoding="utf-8")
    sandbox = Sandbox(load_settings({"spec": folder / "spec.json", "scenario": "empty", **settings}))
    sandbox.base = base
    return sandbox


# How it is written, the type of its values, and what is sent: right where nothing is said against it.
LISTS: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({}, WHOLE, "x=1&x=2", ""),
    ({}, WHOLE, "x=1,2", "whole number"),
    ({"explode": True}, WHOLE, "x=1&x=2", ""),
    ({"style": "form", "explode": False}, WHOLE, "x=1,2", ""),
    ({"explode": False}, WHOLE, "x=1%2C2", ""),
    ({"explode": False}, WHOLE, "x=1,0", "Item 1"),
    ({"explode": False}, WHOLE, "x=1,", "whole number"),
    ({"explode": False}, WHOLE, "x=1&x=2", "2 times"),
    ({"explode": False}, TEXT, "x=a,b", ""),
    ({"explode": False}, TEXT, "x=a,c", "Item 1"),
    ({"style": "spaceDelimited", "explode": False}, WHOLE, "x=1%202", ""),
    ({"style": "spaceDelimited", "explode": False}, WHOLE, "x=1+2", ""),
    ({"style": "spaceDelimited", "explode": False}, WHOLE, "x=1,2", "whole number"),
    ({"style": "pipeDelimited", "explode": False}, WHOLE, "x=1%7C2", ""),
    ({"style": "pipeDelimited", "explode": False}, WHOLE, "x=1|2", ""),
    ({"allowEmptyValue": True}, {"type": "string"}, "x=", ""),
]


@pytest.mark.parametrize("stack", ["fast", "stock"])
@pytest.mark.parametrize(("written", "kind", "query", "fault"), LISTS)
def test_a_list_in_a_query_is_read_as_it_is_written(
    tmp_path: Path, stack: str, written: dict[str, Any], kind: dict[str, Any], query: str, fault: str
) -> None:
    document = own_document()
    schema = kind if "allowEmptyValue" in written else {"type": "array", "items": kind}
    document["paths"]["/customers"]["get"]["parameters"].append({"name": "x", "in": "query", "schema": schema, **written})
    sandbox = serving(tmp_path, document, stack=stack)
    try:
        reply = sandbox.send("GET", f"/customers?{query}", key=ADMINISTRATOR)
        assert reply.status == (400 if fault else 200), reply.body
        assert fault in (next(iter(reply.errors.values())) if fault else "")
    finally:
        sandbox.close()


@pytest.mark.parametrize("stack", ["fast", "stock"])
def test_a_list_in_a_header_stands_in_one_text(tmp_path: Path, stack: str) -> None:
    document = own_document()
    parameter = {"name": "X-Numbers", "in": "header", "schema": {"type": "array", "items": WHOLE, "maxItems": 2}}
    document["paths"]["/customers"]["get"]["parameters"].append(parameter)
    sandbox = serving(tmp_path, document, stack=stack)
    try:
        for sent, status in (("1", 200), ("1,2", 200), ("1, 2", 200), ("1,2,3", 400), ("1;2", 400)):
            assert sandbox.send("GET", "/customers", key=ADMINISTRATOR, headers={"X-Numbers": sent}).status == status, sent
    finally:
        sandbox.close()


BASES: list[tuple[list[dict[str, Any]] | None, str]] = [
    (None, ""),
    ([], ""),
    ([{"url": "/"}], ""),
    ([{"url": "https://example.com"}], ""),
    ([{"url": "https://example.com/"}], ""),
    ([{"url": "/v2"}], "/v2"),
    ([{"url": "v2"}], "/v2"),
    ([{"url": "./v2/"}], "/v2"),
    ([{"url": "/a/../v2"}], "/v2"),
    ([{"url": "//example.com/a/b.c/v2"}], "/a/b.c/v2"),
    ([{"url": "https://{host}:{port}/{base}", "variables": {"host": {"default": "x"}, "port": {"default": "1"}, "base": {"default": "v3"}}}], "/v3"),
    ([{"url": "{root}/v2", "variables": {"root": {"default": "https://example.com/api"}}}], "/api/v2"),
    ([{"url": "/one"}, {"url": "/two"}], "/one"),
    ([{"url": "/_sandboxes"}], "/_sandboxes"),
]


@pytest.mark.parametrize("stack", ["fast", "stock"])
@pytest.mark.parametrize(("servers", "base"), BASES, ids=[str(number) for number in range(len(BASES))])
def test_the_first_server_says_the_base_path(tmp_path: Path, stack: str, servers: list[dict[str, Any]] | None, base: str) -> None:
    document = own_document()
    del document["servers"]
    if servers is not None:
        document["servers"] = servers
    sandbox = serving(tmp_path, document, base, stack=stack)
    try:
        made = sandbox.send("POST", "/customers", key=ADMINISTRATOR, json={"account": "Jane Smith"})
        assert (made.status, made.header("location")) == (201, f"{base}/customers/1")
        assert sandbox.send("GET", "/customers/1", key=ADMINISTRATOR).status == 200
    finally:
        sandbox.close()


@pytest.mark.parametrize(
    "url", ["/api%20x/v2", "/a b", "/ü", "/a//b", "/a?b=c", "/a#b", "/a/{nobody}", "http://[x/v2", "/_sandbox", "/_sandbox/v2", "/_sandbox/"]
)
def test_a_base_path_that_cannot_be_served_is_refused(tmp_path: Path, url: str) -> None:
    document = own_document()
    document["servers"] = [{"url": url}]
    with pytest.raises(DocumentError, match=r"\$\.servers\[0\]\.url: "):
        serving(tmp_path, document).close()
