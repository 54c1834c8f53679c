"""Readings of what nobody asked for: fields and parameters that there are not, fields that only the server sets, nested keys.

One request to each operation with a body asks for three of them: it lacks what it must have, so that nothing is ever stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Needs, reading
from contract_tests.judging.requests import body_for, no_op_call, path_values
from openapi.contract import Operation
from openapi.schemas import Schema

_FAMILY = "errors"
_FIELD, _PARAMETER = "contract_tests_field", "contract_tests_parameter"
_WRITES = Needs(writes=True)


@reading("nested-errors", family=_FAMILY, needs=_WRITES, weight=8)
def how_nested_fields_are_named(probe: Probe) -> str:
    """`errors` names a nested field in one form, such as `items.0.qty`, on every operation alike."""
    votes: list[Heard] = []
    for operation in probe.contract.operations.values():
        for name, item in _lists_of_objects(operation.body or {}):
            exchange = _strange(probe, operation)
            fields = {_FIELD, *item.get("required", ())}
            for code, opening, closing in (("dots", ".", ""), ("brackets", "[", "]")):
                told = {f"{name}{opening}0{closing}{opening}{field}{closing}" for field in fields}
                votes += [(code, exchange)] if told & set(exchange.got.errors) else []
    return overall_reading(probe, "nested-errors", votes)


@reading("unknown-field", family=_FAMILY, needs=_WRITES)
def what_becomes_of_unknown_fields(probe: Probe) -> str:
    """A field of the body that the contract does not name is refused and named in `errors`, or ignored, on every operation alike."""
    votes: list[Heard] = []
    for operation in probe.contract.operations.values():
        if operation.body is not None and operation.body.get("additionalProperties") is False:
            exchange = _strange(probe, operation)
            places = [
                (_FIELD,),
                *((name, 0, _FIELD) for name, item in _lists_of_objects(operation.body) if not item.get("additionalProperties", True)),
            ]
            if "batch" in operation.action and probe.reading("batch") == "per-item":
                del places[1:]  # each item is answered by itself, once the batch around it is well formed
            votes += [("refuse" if _names(exchange, place) else "ignore", exchange) for place in places if exchange.status == 400]
    return overall_reading(probe, "unknown-field", votes)


@reading("read-only-sent", family=_FAMILY, needs=_WRITES)
def what_becomes_of_the_servers_own_fields(probe: Probe) -> str:
    """A field that only the server sets is ignored, whatever its type, or refused and named in `errors`, on every operation alike."""
    votes: list[Heard] = []
    for operation in probe.contract.operations.values():
        if operation.body is None:
            continue
        below = [((name, 0), item) for name, item in _lists_of_objects(operation.body)]
        fields = [(*path, name) for path, schema in [((), operation.body), *below] for name in _servers_own(schema)]
        if fields and (exchange := _strange(probe, operation)).status == 400:
            votes += [("refuse" if _names(exchange, field) else "ignore", exchange) for field in fields]
    return overall_reading(probe, "read-only-sent", votes)


@reading("unknown-parameter", family=_FAMILY)
def what_becomes_of_unknown_parameters(probe: Probe) -> str:
    """A query parameter that the contract does not name is refused and named in `errors`, or ignored, on every operation alike."""
    votes: list[Heard] = []
    creating = [one for one in probe.contract.operations.values() if one.method == "POST"]
    for operation in probe.contract.operations.values():
        if (operation in creating[2:]) or (probe.target.safe and operation.method != "GET"):
            continue  # two of the operations that create something speak for all
        call = no_op_call(operation) if operation in creating else _to_nobody(probe, operation)
        exchange = probe.call(operation, query={_PARAMETER: "1"}, **call)
        if exchange.status == 400:
            named = _PARAMETER in exchange.got.errors
            if operation in creating or probe.check(named, exchange, f"`errors` names {_PARAMETER}, which there is not"):
                votes.append(("refuse" if named else "ignore", exchange))
        elif exchange.status in (200, 404):
            votes.append(("ignore", exchange))
        else:
            probe.expect(exchange, 400, 200, 404, why=f"for the unknown parameter {_PARAMETER}")
    return overall_reading(probe, "unknown-parameter", votes)


def _to_nobody(probe: Probe, operation: Operation) -> dict[str, Any]:
    """A request without a fault but that there is no such object; one to a list or a report is answered."""
    call: dict[str, Any] = {"path": path_values(operation)}
    if operation.body is not None:
        call["json"] = body_for(probe, operation)
    return call


def _strange(probe: Probe, operation: Operation) -> Exchange:
    """A request with unknown fields and with the server's own, but without what it must have; it is sent once in a run."""
    for exchange in probe.target.exchanges:
        if exchange.operation is operation and _FIELD.encode() in (exchange.request.body or b"") and exchange.source == "probe":
            return exchange
    return probe.call(operation, path=path_values(operation), json=_strange_body(operation.body or {}))


def _strange_body(schema: Schema) -> dict[str, Any]:
    body: dict[str, Any] = {_FIELD: 1}
    for place, (name, part) in enumerate(_servers_own(schema).items()):
        body[name] = part["example"] if place % 2 and "example" in part else []
    return body | {name: [_strange_body(item)] for name, item in _lists_of_objects(schema)}


def _servers_own(schema: Schema) -> Mapping[str, Schema]:
    return {name: part for name, part in schema.get("properties", {}).items() if part.get("readOnly")}


def _lists_of_objects(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The fields that hold lists of objects, and the schema of such an object."""
    for name, part in schema.get("properties", {}).items():
        if not part.get("readOnly") and part.get("items", {}).get("properties"):
            yield name, part["items"]


def _names(exchange: Exchange, place: tuple[str | int, ...]) -> bool:
    """Whether `errors` names a field, in whatever form nested ones have."""
    first, *rest = map(str, place)
    forms = {".".join((first, *rest)), first + "".join(f"[{part}]" for part in rest)}
    return bool(forms & set(exchange.got.errors))
