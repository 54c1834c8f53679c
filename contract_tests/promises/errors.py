"""Errors: the envelope of every error, all invalid fields at once, and no server error for any input."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.bounds import UPPER
from contract_tests.judging.invalid_requests import Chosen, InvalidValue, Round, alone, nothing, queries, rounds
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import Case, Needs, each_operation, observer, promise
from contract_tests.judging.requests import body_for, path_values
from openapi.contract import Contract, Operation
from openapi.wording import quoted

_FAMILY = "errors"
_VALIDATION = "Error Responses: Validation Error"
_WRITES = Needs(writes=True)
_MOST_LOOKED_INTO = 2
"""Of so many faults of one request that went unnoticed it is asked whether each is noticed alone."""


@observer("error-envelope", family=_FAMILY, documented="Error Responses")
def every_error_has_the_envelope(probe: Probe, exchange: Exchange) -> None:
    """Every error is `{"success": false, "message": "…"}`; `errors`, where it stands, has a sentence for each field at fault."""
    if exchange.status < 400 or exchange.request.method == "HEAD":
        return
    envelope = exchange.got.envelope
    probe.check(envelope.get("success") is False, exchange, '"success": false')
    message = envelope.get("message")
    probe.check(isinstance(message, str) and bool(message.strip()), exchange, 'a "message" that says what went wrong')
    if "errors" in envelope:
        told = isinstance(envelope["errors"], dict) and all(isinstance(one, str) and one.strip() for one in envelope["errors"].values())
        probe.check(told, exchange, '"errors" as an object of sentences by field')


@observer("no-server-error", family=_FAMILY, documented="Response Codes")
def no_request_makes_the_server_fail(probe: Probe, exchange: Exchange) -> None:
    """No request of the suite, however odd, makes the server answer 500 or more."""
    probe.check(exchange.status < 500, exchange, "a status below 500")


def has_body(operation: Operation) -> bool:
    """Whether it is sent fields."""
    return bool((operation.body or {}).get("properties"))


@promise("faulty-fields-are-named", family=_FAMILY, documented=_VALIDATION, cases=each_operation(has_body), needs=_WRITES, weight=6)
def every_faulty_field_is_named(probe: Probe, operation: Operation) -> None:
    """A body with fields that break the contract is answered 400, and `errors` names every one of them at once, and no other."""
    look_at_bodies(probe, operation, lambda bound: bound is None)


def look_at_bodies(probe: Probe, operation: Operation, chosen: Chosen) -> None:
    """Sends bodies whose fields break what is chosen of the contract: each must be refused for all of its faults."""
    if "batch" in operation.action and probe.reading("batch") == "per-item":
        raise Unable("each item of a batch is answered by itself")
    good = body_for(probe, operation)
    schema = operation.body or {}
    if operation.action != "replace":
        _look_at(probe, operation, path_values(operation), good, rounds(schema, good, chosen))
        return
    if probe.reading("put") == "merge":
        schema = {**schema, "required": []}
    made = probe.make(operation.resource)
    _look_at(probe, operation, path_values(operation, made.id), good, (*(nothing(schema) if chosen(None) else ()), *rounds(schema, good, chosen)))
    delete = next((one for one in probe.resource(operation.resource).operations.values() if one.action == "delete"), None)
    if delete is not None:
        probe.call(delete, path=path_values(delete, made.id))


def _look_at(probe: Probe, operation: Operation, path: dict[str, Any], good: dict[str, Any], bodies: Iterable[Round]) -> None:
    for one in bodies:
        exchange = probe.call(operation, path=path, json=one.sent)
        if probe.expect(exchange, 400, why=f"since {_listed(probe, one)}"):
            overlooked = _overlooked(probe, exchange, one)
            if not _noticed_alone(probe, operation, path, good, overlooked):
                continue
            names = ", ".join(_key(probe, invalid) for invalid in overlooked)
            probe.check(not overlooked, exchange, f"`errors` names every field at fault at once, {quoted(names)} too")
            _check_no_other(probe, exchange, one)
        elif exchange.status < 400:
            _noticed_alone(probe, operation, path, good, list(one.invalid_values))


def _noticed_alone(probe: Probe, operation: Operation, path: dict[str, Any], good: dict[str, Any], invalid_values: list[InvalidValue]) -> bool:
    """Whether each fault is answered 400, and named, where it is the only one: else that request is the shortest proof."""
    noticed = True
    for invalid in invalid_values[:_MOST_LOOKED_INTO]:
        single = alone(good, invalid)
        exchange = probe.call(operation, path=path, json=single.sent)
        key = _key(probe, single.invalid_values[0])
        if probe.expect(exchange, 400, why=f"since {key} is {invalid.what}"):
            named = not _overlooked(probe, exchange, single)
            noticed = probe.check(named, exchange, f"`errors` names {key}, which is {invalid.what}") and noticed
        else:
            noticed = False
            with suppress(Unable):
                probe.created(operation.resource, single.sent, exchange)
    return noticed


def _overlooked(probe: Probe, exchange: Exchange, one: Round) -> list[InvalidValue]:
    """The faults that `errors` does not name. An item of a list of plain values may be named by its list."""
    names = set(exchange.got.errors)
    return [
        invalid
        for invalid in one.invalid_values
        if not names & ({_key(probe, invalid)} | ({str(invalid.where[0])} if len(invalid.where) == 2 else set()))
    ]


def _check_no_other(probe: Probe, exchange: Exchange, one: Round) -> None:
    """A field without a fault must not be blamed; one that holds a faulty field may be."""
    held = {probe.place(*invalid.where[:size]) for invalid in one.invalid_values for size in range(1, len(invalid.where) + 1)}
    others = sorted(set(exchange.got.errors) - held)
    probe.check(not others, exchange, f"`errors` names only what is at fault, not {', '.join(others)}")


def _key(probe: Probe, invalid: InvalidValue) -> str:
    return probe.place(*invalid.where)


def _listed(probe: Probe, one: Round) -> str:
    told = [f"{_key(probe, invalid)} is {invalid.what}" for invalid in one.invalid_values[:4]]
    return ", ".join(told) + (f" and {len(one.invalid_values) - 4} more" if len(one.invalid_values) > 4 else "")


def _has_parameters(operation: Operation) -> bool:
    return operation.method == "GET" and any(one.place == "query" for one in operation.parameters)


@promise("faulty-parameters-are-named", family=_FAMILY, inferred="filter-value", cases=each_operation(_has_parameters), weight=4)
def every_faulty_parameter_is_named(probe: Probe, operation: Operation) -> None:
    """A parameter of another form, below its bounds or given twice is answered 400; `errors` names every one of them at once."""
    unpaged = probe.reading("paging") == "customers" and operation.resource != "customers"
    for one in queries(operation, lambda bound: bound not in UPPER.values(), leaving=frozenset({"page", "limit"} if unpaged else ())):
        exchange = probe.call(operation, path=path_values(operation), query=one.sent)
        if probe.expect(exchange, 400, why=f"since {_listed(probe, one)}"):
            names = ", ".join(_key(probe, invalid) for invalid in _overlooked(probe, exchange, one))
            probe.check(not names, exchange, f"`errors` names every parameter at fault at once, {quoted(names)} too")
            _check_no_other(probe, exchange, one)


def _hostile(contract: Contract) -> Iterable[Case]:
    """The first operation with a body gets all of it, and one with another method JSON that is broken off."""
    operations = [one for one in contract.operations.values() if has_body(one)]
    others = [one for one in operations if one.method != operations[0].method][:1]
    for operation in (*operations[:1], *others):
        for name, body in {**_BROKEN, **({} if operation in others else {**_ODD, **_with_odd_values(operation)})}.items():
            yield Case(f"{operation.id} with {name}", operation.id, (operation, name, body))


_BROKEN = {"JSON that is broken off": b'{"'}
_ODD = {
    "no body": b"",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a number": b"7",
    "a NUL": b"\0",
    "a list 5000 deep": b"[" * 5000 + b"]" * 5000,
}


def _with_odd_values(operation: Operation) -> dict[str, bytes]:
    """Objects with a value that parsers trip over, in a field that may be left out; one that may not is lacking."""
    body = operation.body or {}
    optional = [name for name, part in body["properties"].items() if name not in body.get("required", ()) and not part.get("readOnly")]
    if not optional or not body.get("required"):
        return {}
    values = {
        "NaN": b"NaN",
        "a number beyond all doubles": b"1e999",
        "a number of 400 digits": b"9" * 400,
        "half a surrogate pair": b'"\\ud800"',
        "a text that is no UTF-8": b'"\xff"',
    }
    return {name: b'{"%s":%s}' % (optional[0].encode(), value) for name, value in values.items()}


@promise("hostile-bodies-are-refused", family=_FAMILY, documented="Response Codes", cases=_hostile, needs=_WRITES, weight=5)
def a_hostile_body_is_refused(probe: Probe, subject: tuple[Operation, str, bytes]) -> None:
    """A body that is no JSON object, or holds what no parser likes, is answered 400, and the server stands."""
    operation, name, body = subject
    exchange = probe.call(operation, path=path_values(operation), body=body, headers=[("content-type", "application/json")])
    statuses = (400, 413) if len(body) > 1000 and probe.reading("status-codes") == "http" else (400,)
    probe.expect(exchange, *statuses, why=f"for {name}")
