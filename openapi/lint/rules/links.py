"""Links that lead from one answer to the next request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.diff.schemas.normalized_schema import Parts
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.operations import Operation, contents, place_of
from openapi.lint.registry import rule
from openapi.lint.schema_uses import SchemaReader
from openapi.lint.traversal import followed
from openapi.parsing.errors import SourceError
from openapi.vocabulary import nearest

_EXPRESSION = re.compile(
    r"\$(url|method|statusCode|(request|response)\.(body(#(/.*)?)?|header\.[\w!#$%&'*+.^`|~-]+)|request\.(query|path)\..+)", re.DOTALL
)


@rule(
    "link",
    "error",
    "Every link refers to an existing operation, sets only parameters that it has, and takes their values from fields of the response.",
)
def link(api: Api) -> Iterator[Found]:
    told = set[object]()
    for one in api.everything:
        for _, answer in one.answers:
            listed = answer.get("links")
            for _, written in listed.items() if listed is not None else ():
                node = followed(written)
                if node is not None and (node.identity, answer.identity) not in told:
                    told.add((node.identity, answer.identity))
                    yield from _faults(api, node, answer)


def _faults(api: Api, node: Node, answer: Node) -> Iterator[Found]:
    id, reference = node.get("operationId"), node.get("operationRef")
    target = None
    if id is not None and isinstance(id.value, str):
        target = api.by_id.get(id.value)
        if target is None:
            yield Found(id, f"there is no operation `{id.value}`; {nearest(id.value, api.by_id)}")
    elif reference is not None and isinstance(reference.value, str):
        target, found = _referred(api, node, reference.value)
        if not found:
            yield Found(
                reference, f"`{reference.value}` leads to no operation: write a reference such as `#/paths/~1customers/get`, or use `operationId`"
            )
    elif not node.of("$ref", str, ""):
        yield Found(node, "the link leads nowhere: add an `operationId`")
    parameters = node.get("parameters")
    for name, value in parameters.items() if parameters is not None else ():
        if target is not None and not _has(target, name):
            known = [place[1] for place in map(place_of, target.parameters) if place]
            yield Found(value, f"{target.name} has no parameter `{name}`; {nearest(name, known)}")
        yield from _wrong_expression(value, answer, api.read)


def _referred(api: Api, node: Node, target: str) -> tuple[Operation | None, bool]:
    if re.match(r"[A-Za-z][\w+.-]*:|//", target):
        return None, True  # of another API, which is not asked
    try:
        found = node.document.referred(target, node.pointer).resolved()
    except SourceError:
        return None, False
    return next(((one, True) for one in api.everything if one.node.identity == found.identity), (None, False))


def _has(operation: Operation, name: str) -> bool:
    """By its name, or by place and name as in `path.id`."""
    places = [place for place in map(place_of, operation.parameters) if place]
    return any(name in (known, f"{place}.{known}") for place, known in places)


def _wrong_expression(value: Node, answer: Node, read: SchemaReader) -> Iterator[Found]:
    if not isinstance(value.value, str) or not value.value.startswith("$"):
        return
    if not _EXPRESSION.fullmatch(value.value):
        yield Found(value, f"`{value.value}` is no expression: write one such as `$response.body#/data/id`")
    elif value.value.startswith("$response.body#/"):
        schemas = [schema for _, kind in contents(answer) if (schema := kind.get("schema")) is not None]
        parts = [part.replace("~1", "/").replace("~0", "~") for part in value.value.partition("#/")[2].split("/")]
        missing = {_missing(schema, parts, read) for schema in schemas}
        if missing and None not in missing:
            yield Found(value, f"the answer holds no `{sorted(filter(None, missing))[0]}`, so that `{value.value}` leads nowhere: correct the path")


def _missing(node: Node, parts: list[str], read: SchemaReader) -> str | None:
    """The first part of a path that a closed schema has not; None where it has all, or where nobody can know."""
    holding: Parts = (node,)
    for number, part in enumerate(parts):
        schema = read(holding)
        if schema.unions or schema.conditions or schema.node is None:
            return None
        if schema.types == frozenset({"array"}) or (schema.items and part.isdigit()):
            holding = schema.items
            continue
        found = schema.property(part)
        if found is None:
            return "/".join(parts[: number + 1]) if schema.properties and (schema.closed or not schema.additional) else None
        holding = found
    return None
