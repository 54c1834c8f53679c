"""Descriptions of operations, parameters, properties and tags."""

from __future__ import annotations

from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.registry import rule
from openapi.lint.traversal import followed


@rule("description-operation", "warning", "Every operation has a summary or a description.")
def description_operation(api: Api) -> Iterator[Found]:
    for one in api.operations:
        if not (_said(one.node, "summary") or _said(one.node, "description") or _said(one.item, "summary")):
            yield Found(one.node, f"nobody says what {one.name} does: add a `summary`")


@rule("description-parameter", "warning", "Every parameter has a description.")
def description_parameter(api: Api) -> Iterator[Found]:
    for node in api.of_kind("parameter"):
        if not (_said(node, "description") or _said(followed(node.get("schema")), "description")):
            yield Found(node, f"nobody says what the parameter `{node.of('name', str, '')}` means: add a `description`")


@rule("description-property", "info", "Every property of a schema has a description, its own or that of the schema it refers to.")
def description_property(api: Api) -> Iterator[Found]:
    for node in api.of_kind("schema"):
        properties = node.get("properties")
        for name, part in properties.items() if properties is not None else ():
            words = api.read((part,)).annotations
            if part.value is not False and not any(isinstance(words.get(word), str) and words[word].strip() for word in ("description", "title")):
                yield Found(part, f"nobody says what `{name}` holds: add a `description`")


@rule("description-tag", "info", "Every tag that the document declares has a description.")
def description_tag(api: Api) -> Iterator[Found]:
    for node in api.of_kind("tag"):
        if not _said(node, "description"):
            yield Found(node, f"nobody says what the tag `{node.of('name', str, '')}` gathers: add a `description`")


def _said(node: Node | None, word: str) -> bool:
    return node is not None and bool(node.of(word, str, "").strip())
