"""Media types as clients compare them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.operations import contents
from openapi.lint.registry import rule

_FORM = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+(\s*;\s*[\w-]+=([\w.+:/-]+|\"[^\"]*\"))*")
_OTHER_JSON = ("text/json", "application/x-json", "text/x-json", "json")


def _all(api: Api) -> Iterator[tuple[str, Node]]:
    for holder in api.of_kind("body", "response", "parameter", "header"):
        yield from contents(holder)


@rule("media-type-form", "error", "The keys of `content` are media types, such as application/json.")
def media_type_form(api: Api) -> Iterator[Found]:
    for name, node in _all(api):
        if not _FORM.fullmatch(name):
            yield Found(node, f"`{name}` is no media type: write one such as `application/json`")


@rule("media-type-json", "warning", "The media type of JSON is application/json, without a charset, because JSON is always UTF-8.")
def media_type_json(api: Api) -> Iterator[Found]:
    for name, node in _all(api):
        plain, _, parameters = name.lower().partition(";")
        if plain.strip() in _OTHER_JSON:
            yield Found(node, f"`{name}` is no registered name of JSON: call it `application/json`")
        elif (plain.strip() == "application/json" or plain.strip().endswith("+json")) and "charset" in parameters:
            yield Found(node, f"`{name}` says a charset, and JSON has none beside UTF-8: write `{plain.strip()}`, which clients compare with")


@rule("media-type-schema", "warning", "JSON in requests and responses is described by a schema.")
def media_type_schema(api: Api) -> Iterator[Found]:
    for name, node in _all(api):
        plain = name.lower().partition(";")[0].strip()
        if (plain == "application/json" or plain.endswith("+json")) and (node.get("schema") is None or node.value.get("schema") == {}):
            yield Found(node, f"nothing says what `{name}` holds here: add a `schema`, of which clients make a type")
