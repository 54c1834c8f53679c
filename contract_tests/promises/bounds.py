"""Bounds that the reference does not state: what is too long, too many or too large, and what else is out of its bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.bounds import UPPER
from contract_tests.judging.invalid_requests import InvalidValue, Round, alone, queries, rounds
from contract_tests.judging.invalid_values import STATED, USELESS
from contract_tests.judging.probe import CreatedObject, Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Needs, each_operation, promise, reading
from contract_tests.judging.requests import body_for, path_values
from contract_tests.promises.errors import has_body, look_at_bodies
from openapi.contract import Operation

_FAMILY = "errors"
_DECISION = "bounds"
_WRITES = Needs(writes=True)
_MOST_ASKED_ALONE = 8
"""So many doubtful values are sent once more, each in a request of its own."""
Ask = Callable[[InvalidValue], Exchange]


def _is_ours(bound: str | None) -> bool:
    return bound in UPPER.values()


@dataclass(frozen=True)
class _Asked:
    """One value beyond a bound, what was answered to it, and a way to send it alone. `code` is None where the answer does not tell."""

    invalid: InvalidValue
    exchange: Exchange
    ask: Ask
    code: str | None


@reading(_DECISION, family=_FAMILY, weight=7)
def where_the_bounds_lie(probe: Probe) -> str:
    """What is too long, too many or too large is refused and named in `errors`, or the bounds are wider, each kind in every field alike."""
    asked = [*_in_queries(probe), *([] if probe.target.safe else _in_bodies(probe))]
    kinds = list(dict.fromkeys(one.invalid.bound for one in asked))
    codes = {overall_reading(probe, _DECISION, _decided(probe, [one for one in asked if one.invalid.bound == kind])) for kind in kinds}
    if not codes:
        raise Unable("the contract has no bound that is not stated by the reference")
    return "mixed" if "mixed" in codes else "wider" if "wider" in codes else "ours"


def _decided(probe: Probe, asked: list[_Asked]) -> list[Heard]:
    """What each tells; of those that do not, and of the odd ones, some are asked for alone, which is the shorter proof."""
    codes = [one.code for one in asked if one.code is not None]
    context = max(dict.fromkeys(codes), key=codes.count, default=None)
    doubtful = [one for one in asked if one.code != context][:_MOST_ASKED_ALONE]
    settled = {id(one): replace(one, code=_told(exchange, alone=True), exchange=exchange) for one in doubtful for exchange in (one.ask(one.invalid),)}
    known = [settled.get(id(one), one) for one in asked]
    return [(one.code, one.exchange) for one in known if one.code is not None or id(one) in settled or one in settled.values()]


def _told(exchange: Exchange, *, alone: bool = False, named: bool = True) -> str | None:
    """The reading that an answer speaks."""
    if exchange.status < 300:
        return "wider"
    return "ours" if exchange.status == 400 and (named or alone) else None


def _in_queries(probe: Probe) -> Iterator[_Asked]:
    for operation in probe.contract.operations.values():
        if operation.method == "GET":
            leaving = frozenset(() if probe.is_paged(operation) else ("page", "limit"))
            for one in queries(operation, _is_ours, leaving=leaving):
                exchange = probe.call(operation, path=path_values(operation), query=one.sent)
                yield from _each(probe, exchange, one, _alone_in_a_query(probe, operation))


def _alone_in_a_query(probe: Probe, operation: Operation) -> Ask:
    return lambda invalid: probe.call(operation, path=path_values(operation), query=[(str(invalid.where[0]), value) for value in invalid.value])


def _in_bodies(probe: Probe) -> Iterator[_Asked]:
    for operation in probe.contract.operations.values():
        if not has_body(operation) or ("batch" in operation.action and probe.reading("batch") == "per-item"):
            continue
        if next(iter(rounds(operation.body or {}, good := body_for(probe, operation), _is_ours)), None) is None:
            continue
        path = path_values(operation, probe.make(operation.resource).id) if operation.action == "replace" else path_values(operation)
        for one in rounds(operation.body or {}, good, _is_ours):
            fresh = {**one.sent, **_unlike(probe, operation, one)}
            yield from _each(probe, _sent(probe, operation, path, fresh), one, _alone_in_a_body(probe, operation, path, good))


def _alone_in_a_body(probe: Probe, operation: Operation, path: dict[str, Any], good: dict[str, Any]) -> Ask:
    def ask(invalid: InvalidValue) -> Exchange:
        single = alone(good, invalid)
        return _sent(probe, operation, path, {**single.sent, **_unlike(probe, operation, single)})

    return ask


def _unlike(probe: Probe, operation: Operation, one: Round) -> dict[str, Any]:
    """New values of the fields that no two objects may share: some of these bodies may be taken."""
    faulty = {invalid.where[0] for invalid in one.invalid_values}
    names = [name for name in probe.unlike(operation.resource) if name in one.sent and name not in faulty] if operation.action == "create" else []
    fresh = probe.body(operation.resource) if names else {}
    return {name: fresh[name] for name in names if name in fresh}


def _sent(probe: Probe, operation: Operation, path: dict[str, Any], body: dict[str, Any]) -> Exchange:
    """Sends a body, and remembers whatever is made of it."""
    exchange = probe.call(operation, path=path, json=body)
    if exchange.status < 300 and operation.action == "create":
        probe.created(operation.resource, body, exchange)
    for row in exchange.got.rows if exchange.status < 300 else ():
        if isinstance(row, dict) and isinstance(row.get("id"), int):
            probe.context.created_objects.append(CreatedObject(operation.resource, row, {}, exchange))
    return exchange


def _each(probe: Probe, exchange: Exchange, one: Round, ask: Ask) -> Iterator[_Asked]:
    names = set(exchange.got.errors)
    for invalid in one.invalid_values:
        yield _Asked(invalid, exchange, ask, _told(exchange, named=probe.place(*invalid.where) in names))


@promise("bounded-fields-are-named", family=_FAMILY, inferred=_DECISION, cases=each_operation(has_body), needs=_WRITES, weight=5)
def every_field_out_of_bounds_is_named(probe: Probe, operation: Operation) -> None:
    """A body with fields that are too short, too small or of another form than decided is answered 400, and `errors` names each of them."""
    bounds = {STATED} if probe.reading(_DECISION) == "wider" else {STATED, USELESS}
    look_at_bodies(probe, operation, lambda bound: bound in bounds)


def _bounded_query(operation: Operation) -> bool:
    return operation.method == "GET" and bool(_at_their_bounds(operation))


def _at_their_bounds(operation: Operation) -> dict[str, Any]:
    """For each parameter of a query that has an upper bound, the value at it."""
    found: dict[str, Any] = {}
    for one in operation.parameters:
        if one.place == "query" and "maxLength" in one.schema:
            found[one.name] = "x" * one.schema["maxLength"]
        elif one.place == "query" and "maximum" in one.schema:
            found[one.name] = one.schema["maximum"]
    return found


@promise("bounds-are-reached", family=_FAMILY, inferred=_DECISION, cases=each_operation(_bounded_query), weight=3)
def a_value_at_its_bound_is_taken(probe: Probe, operation: Operation) -> None:
    """A parameter may be as long, or as large, as the contract allows."""
    values = _at_their_bounds(operation)
    if not probe.is_paged(operation):
        values = {name: value for name, value in values.items() if name not in ("page", "limit")}
    exchange = probe.call(operation, path=path_values(operation), query=values)
    if values and exchange.status != 200:
        for name, value in values.items():
            company = {"year": 2024} if name == "month" else {}
            alone = probe.call(operation, path=path_values(operation), query={**company, name: value})
            probe.expect(alone, 200, why=f"since {name} may be that large")
    elif values:
        probe.check(True, exchange, "200")
