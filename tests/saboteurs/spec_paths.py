"""Finds the nodes of the contract's document that an edit of one operation must change, and gives it nodes of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from openapi.contract import Operation
from tests.saboteurs.saboteur import Spec


def operation_node(spec: Spec, operation: Operation) -> Spec:
    node: Spec = spec["paths"][operation.path][operation.method.lower()]
    return node


def parameter_nodes(spec: Spec, operation: Operation) -> list[Spec]:
    """The operation's own parameters, with none of them shared any more."""
    node = operation_node(spec, operation)
    node["parameters"] = [deepcopy(_followed(spec, one)) for one in node.get("parameters", ())]
    own: list[Spec] = node["parameters"]
    return own


def replace_parameter(spec: Spec, operation: Operation, name: str, change: Callable[[Spec], Any]) -> None:
    """Changes one parameter of one operation."""
    change(next(one for one in parameter_nodes(spec, operation) if one["name"] == name))


def node_of_field(spec: Spec, operation: Operation, path: tuple[str, ...]) -> tuple[Spec, Spec]:
    """The object that holds a field of an operation's body, and the field; neither is shared with another operation.

    The answers go on to refer to the object as it was, so that only what is let in is another.
    """
    content = operation_node(spec, operation)["requestBody"]["content"]["application/json"]
    content["schema"] = owner = deepcopy(_followed(spec, content["schema"]))
    field: Spec = owner
    for place, name in enumerate(path):
        if name == "*":
            field["items"] = field = deepcopy(_followed(spec, field["items"]))
            if place + 1 < len(path):
                owner = field
        else:
            owner = field
            owner["properties"][name] = field = deepcopy(_followed(spec, owner["properties"][name]))
    return owner, field


def named_schemas(spec: Spec, operation: Operation) -> list[Spec]:
    """The schemas of what an operation is sent and of what it stores: `TicketInput` and `Ticket`."""
    sent: str = operation_node(spec, operation)["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    schemas = spec["components"]["schemas"]
    return [schemas[name] for name in (sent, sent.removesuffix("Input")) if name in schemas]


def request_fields(schema: Spec, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Spec, bool]]:
    """Every field that a client may send, at any depth: its path, its schema, whether it is required."""
    for name, part in schema.get("properties", {}).items():
        if part.get("readOnly"):
            continue
        yield (*path, name), part, name in schema.get("required", ())
        items = part.get("items")
        if isinstance(items, dict):
            if items.get("type") != "object":
                yield (*path, name, "*"), items, False
            yield from request_fields(items, (*path, name, "*"))
        else:
            yield from request_fields(part, (*path, name))


def _followed(spec: Spec, node: Any) -> Spec:
    while "$ref" in node:
        found: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    result: Spec = node
    return result
