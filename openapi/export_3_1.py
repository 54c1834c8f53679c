"""Exports the contract as OpenAPI 3.1, for tools that read `webhooks`; `python -m openapi.export_3_1` writes it anew.

The contract itself stays at 3.0, which the server's host speaks. In 3.1 a schema is one of JSON Schema, so a few words change.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from openapi.contract import FILE
from openapi.document import Where, read_document
from openapi.vocabulary import walk
from openapi.wording import quoted

EXPORT = FILE.with_name("api-v2.openapi-3.1.yaml")
VERSION = "3.1.0"
_HEAD = """\
# api-v2.yaml as OpenAPI 3.1, with its callbacks as `webhooks`. It is generated, so edit that file instead, and then:
#
#   python -m openapi.export_3_1
#
# The x- words are explained there.
"""
_BOUNDS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_WIDTH = 120


def to_openapi_3_1(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same API in OpenAPI 3.1. A callback stays where it stands, and is a webhook of its name too."""
    exported: dict[str, Any] = {**deepcopy(dict(document)), "openapi": VERSION}
    for schema in [node for kind, _, node in walk(exported) if kind == "schema" and "$ref" not in node]:
        _translate(schema)
    webhooks = dict(_webhooks(exported))
    ordered: dict[str, Any] = {}
    for name, value in exported.items():
        ordered[name] = value
        if name == "paths" and webhooks:
            ordered["webhooks"] = webhooks
    return ordered


def as_yaml(document: Mapping[str, Any]) -> str:
    """The file's text: as the contract is written, with texts of several lines as blocks."""
    return _HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _translate(schema: dict[str, Any]) -> None:
    """Puts a schema, but not those within it, into the words of JSON Schema."""
    for exclusive, bound in _BOUNDS:
        if schema.pop(exclusive, False) and bound in schema:
            _rename(schema, bound, exclusive, schema[bound])
    if "example" in schema:
        _rename(schema, "example", "examples", [schema["example"]])
    if schema.pop("nullable", False) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
        if None not in schema.get("enum", [None]):
            schema["enum"] = [*schema["enum"], None]


def _rename(schema: dict[str, Any], old: str, new: str, value: Any) -> None:
    """Another word in the place of one, with a value of its own; the order stays."""
    words = [(new, value) if word == old else (word, one) for word, one in schema.items()]
    schema.clear()
    schema.update(words)


def _webhooks(document: dict[str, Any]) -> list[tuple[str, Any]]:
    """The callbacks by name, each as what is called, without the expression that says where."""
    named: dict[str, tuple[Where, Any]] = {}
    for kind, where, node in walk(document):
        if kind == "callback path":
            name = str(where[-2])
            if name in named:
                raise ValueError(f"two callbacks are called {quoted(name)}, on {where} and {named[name][0]}")
            named[name] = (where, node)
    return [(name, deepcopy(node)) for name, (_, node) in named.items()]


class _Dumper(yaml.SafeDumper):
    """Lists stand under their name with two spaces more, and nothing is written as a reference to what was written before."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def main(path: Path = EXPORT) -> None:
    """Writes the export of the project's contract."""
    path.write_text(as_yaml(to_openapi_3_1(read_document(FILE))), encoding="utf-8")


if __name__ == "__main__":
    main()
