"""Complete requests to an operation, built from the contract: a valid one, and one that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contract_tests.judging.probe import Probe
from openapi.contract import Operation, Reference
from openapi.schemas import Schema

NOBODY = 2**53 - 1
"""The greatest id that there may be, which no object has."""
STRANGER = "contract-tests-unknown"
"""A key that opens nothing: a request names it as its key, and it is sent as it stands."""


def path_values(operation: Operation, id: Any = NOBODY) -> dict[str, Any]:
    """The values of the operation's path, where the id stands in it."""
    return {one.name: id for one in operation.parameters if one.place == "path"}


def no_op_call(operation: Operation) -> dict[str, Any]:
    """The arguments of a call that changes nothing: a write names no object, and lacks what it must send."""
    call: dict[str, Any] = {"path": path_values(operation)}
    if operation.body is not None:
        call["json"] = {} if operation.body.get("required") else []
    return call


def valid_call(probe: Probe, operation: Operation, id: Any = NOBODY) -> dict[str, Any]:
    """The arguments of a call that the operation takes, if there is such an object. What its body points to is made first."""
    call: dict[str, Any] = {"path": path_values(operation, id)}
    if operation.body is not None:
        call["json"] = body_for(probe, operation)
    return call


def body_for(probe: Probe, operation: Operation) -> dict[str, Any]:
    """A body that the operation takes."""
    schema = operation.body or {}
    resource = probe.contract.resources.get(operation.resource)
    if resource is not None and operation.action in ("create", "replace"):
        return probe.body(operation.resource)
    some = resource or next(iter(probe.contract.resources.values()))
    own = replace(some, input=schema, references=tuple(_references(schema)))
    return probe.bodies.make(own, lambda pointed: probe.shared(pointed).id)


def _references(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[Reference]:
    if "x-ref" in schema:
        yield Reference(path, schema["x-ref"])
    for name, part in schema.get("properties", {}).items():
        yield from _references(part, (*path, name))
    if "items" in schema:
        yield from _references(schema["items"], (*path, "*"))
