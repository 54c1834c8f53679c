"""Operation ids, which generated clients use as function names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.lint.api import Api
from openapi.lint.finding import Add, Found
from openapi.lint.operations import Operation
from openapi.lint.registry import rule


@rule("operation-id", "warning", "Every operation has an `operationId`, which generated clients use as a name.", fixable=True)
def operation_id(api: Api) -> Iterator[Found]:
    taken = set(api.by_id)
    for one in api.operations:
        if "operationId" not in one.node.value:
            name = _name(one, taken)
            taken.add(name)
            yield Found(one.node, f"{one.name} has no `operationId`: give it a name such as `{name}`", Add(one.node.pointer, "operationId", name))


@rule("operation-id-unique", "error", "No two operations have the same `operationId`.")
def operation_id_unique(api: Api) -> Iterator[Found]:
    for one in api.everything:
        id = one.node.of("operationId", str, "")
        first = api.by_id.get(id)
        if first is not None and first.node.identity != one.node.identity:
            place = one.node.get("operationId") or one.node
            yield Found(place, f"`{id}` is the `operationId` of {first.name} on line {first.node.line} already: give {one.name} one of its own")


def _name(operation: Operation, taken: set[str]) -> str:
    """`getCustomersById` for `GET /customers/{id}`, with a number where that is taken."""
    words = []
    for part in operation.path.split("/"):
        named = re.findall(r"[A-Za-z0-9]+", part)
        words += (["by"] if part.startswith("{") and named else []) + named
    name = operation.method + "".join(word[:1].upper() + word[1:] for word in words)
    number = 2
    while (name if number == 2 else f"{name}{number - 1}") in taken:
        number += 1
    return name if number == 2 else f"{name}{number - 1}"
