"""Discriminators that identify the alternative of a union."""

from __future__ import annotations

from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.diff.schemas.normalized_schema import Union
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.registry import rule
from openapi.lint.schema_uses import SchemaReader
from openapi.parsing.errors import SourceError
from openapi.vocabulary import nearest


@rule("discriminator", "error", "The property of a discriminator is required in every alternative, and its mapping refers to existing schemas.")
def discriminator(api: Api) -> Iterator[Found]:
    for node in api.of_kind("schema"):
        choice = node.get("discriminator")
        name = "" if choice is None else choice.of("propertyName", str, "")
        if choice is None or not name:
            continue
        yield from _mapped(api, choice)
        schema = api.read((node,))
        if name in schema.required:
            continue
        if not schema.unions:
            yield Found(choice, f"`{name}` tells which schema is meant and is not required: add it to `required`")
        for union in schema.unions:
            yield from _lacking(union, name, choice, api.read)


def _lacking(union: Union, name: str, choice: Node, read: SchemaReader) -> Iterator[Found]:
    for number, parts in enumerate(union.alternatives, 1):
        schema = read(parts)
        if schema.node is not None and not schema.unions and name not in schema.required:
            title = parts[0].of("$ref", str, f"number {number}").rpartition("/")[2]
            yield Found(choice, f"the alternative `{title}` does not require `{name}`, which tells the alternatives apart: add it to its `required`")


def _mapped(api: Api, choice: Node) -> Iterator[Found]:
    mapping = choice.get("mapping")
    for _, target in mapping.items() if mapping is not None else ():
        if not isinstance(target.value, str) or api.component("schemas", target.value) is not None:
            continue
        if "/" in target.value or "#" in target.value or target.value.endswith((".yaml", ".yml", ".json")):
            try:
                target.document.referred(target.value, target.pointer)
                continue
            except SourceError:
                pass
        components = api.root.get("components")
        schemas = None if components is None else components.get("schemas")
        names = [name for name, _ in schemas.items()] if schemas is not None else []
        yield Found(target, f"`{target.value}` is no schema; {nearest(target.value.rpartition('/')[2], names[:50])}")
