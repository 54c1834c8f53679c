"""Lists have pages or a limit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.operations import Operation, contents, place_of
from openapi.lint.registry import rule
from openapi.lint.schema_uses import SchemaReader

_PAGING = re.compile(r"[$_]?(page|limit|offset|cursor|skip|top|first|last|after|before|start|count|size|per|max|next|since)(?![a-z])", re.IGNORECASE)


@rule("pagination", "warning", "A GET that returns a list takes a page, limit, offset or cursor, or its list has `maxItems`.")
def pagination(api: Api) -> Iterator[Found]:
    for one in api.operations:
        if one.method == "get" and not _is_paged(one):
            yield from (
                Found(one.node, f"{one.name} answers a list without end{where}: let clients ask for a page, or bound it by `maxItems`")
                for where in _endless(one, api.read)
            )


def _is_paged(operation: Operation) -> bool:
    """A name such as `page`, `pageSize`, `per_page` or `nextToken` among its parameters, or a header `Range`."""
    for place, name in filter(None, map(place_of, operation.parameters)):
        words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).strip("[]$")
        if (place == "query" and any(_PAGING.fullmatch(word) for word in re.split(r"[-_.\[\]]", words))) or (place, name.lower()) == (
            "header",
            "range",
        ):
            return True
    return False


def _endless(operation: Operation, read: SchemaReader) -> Iterator[str]:
    """Where a success holds a list without bound: as a whole, or as the one list of its envelope."""
    for status, answer in operation.answers:
        for _, media_type in contents(answer) if status.startswith("2") else ():
            schema = media_type.get("schema")
            if schema is None:
                continue
            if _is_endless(schema, read):
                yield ""
                return
            lists = [name for name, parts in read((schema,)).properties.items() if any(_is_endless(part, read) for part in parts[:1])]
            if len(lists) == 1 and not _is_one_object(schema, read):
                yield f" in `{lists[0]}`"
                return


def _is_endless(node: Node, read: SchemaReader) -> bool:
    schema = read((node,))
    return schema.types is not None and "array" in schema.types and "maxItems" not in schema.bounds and schema.values is None


def _is_one_object(node: Node, read: SchemaReader) -> bool:
    """Something with an id of its own may well have a list in it."""
    return bool({"id", "uuid", "name", "key"} & set(read((node,)).properties))
