"""Integers: their notation in JSON, that the integer is stored, and that other values are rejected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import list_of, newest
from contract_tests.judging.number_spellings import SPELLINGS, Where, found_at, integer_fields, spelled_otherwise, written
from contract_tests.judging.probe import Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Case, Needs, each_operation, observer, promise, reading
from contract_tests.judging.requests import path_values
from openapi.contract import Contract, Operation

_FAMILY = "errors"
_DECISION = "integers"
_WRITES = Needs(writes=True)
_NO_INTEGERS = ("7.5", "true", '"7"')
_BEYOND = ("1e400", "9" * 40, str(2**64))
_NO_DIGITS = ("1.0", "1e0", "+1", "1_0", "\N{FULLWIDTH DIGIT ONE}", "0x1")


def _creates_with_integers(contract: Contract) -> Iterable[Case]:
    return each_operation(lambda one: one.action == "create" and next(integer_fields(one.body or {}), None) is not None)(contract)


def _body(probe: Probe, operation: Operation) -> dict[str, Any]:
    """What must be sent, and every integer that may be."""
    kept = {*(operation.body or {}).get("required", ()), *(where[0] for where in integer_fields(operation.body or {}))}
    return {name: value for name, value in probe.body(operation.resource).items() if name in kept}


@reading(_DECISION, family=_FAMILY, needs=_WRITES, weight=6)
def which_spellings_are_integers(probe: Probe) -> str:
    """A whole number is an integer however JSON spells it (`7.0`, `7e0`, `70E-1`, `0.7E1`), or in digits alone, in every field alike."""
    votes: list[Heard] = []
    for operation in (case.subject for case in _creates_with_integers(probe.contract)):
        places = list(integer_fields(operation.body or {}))
        for turn in range(len(SPELLINGS)):
            body = _body(probe, operation)
            texts = {where: SPELLINGS[(turn + number) % len(SPELLINGS)](found_at(body, where)) for number, where in enumerate(places)}
            votes += _heard(probe, operation, body, texts)
    return overall_reading(probe, _DECISION, votes)


def _heard(probe: Probe, operation: Operation, body: dict[str, Any], texts: Mapping[Where, str]) -> list[Heard]:
    """What one body with some spellings tells; where it does not tell of each, they are asked for one by one."""
    exchange = probe.call(operation, body=written(body, texts))
    if exchange.status == operation.success.status:
        probe.created(operation.resource, body, exchange)
        return [("json-schema", exchange)] * len(texts)
    named = [where for where in texts if probe.place(*where) in exchange.got.errors]
    if exchange.status == 400 and (len(texts) == 1 or len(named) == len(texts)):
        return [("digits", exchange)] * len(texts)
    if len(texts) == 1:
        return [(None, exchange)]
    return [one for where, text in texts.items() for one in _heard(probe, operation, _body(probe, operation), {where: text})]


@promise("integers-are-stored-whole", family=_FAMILY, inferred=_DECISION, cases=_creates_with_integers, needs=_WRITES, weight=5)
def an_integer_is_stored_as_one(probe: Probe, operation: Operation) -> None:
    """An integer is stored and shown in digits alone, in the answer and in the list, however it was spelled when it was sent."""
    body, places = _body(probe, operation), list(integer_fields(operation.body or {}))
    if probe.reading(_DECISION) == "json-schema":
        texts = {where: SPELLINGS[number % len(SPELLINGS)](found_at(body, where)) for number, where in enumerate(places)}
        exchange = probe.call(operation, body=written(body, texts))
    else:
        exchange = probe.call(operation, json=body)
    made = probe.created(operation.resource, body, exchange)
    _check_whole(probe, exchange, body, made.document, places)
    if listing := list_of(probe, operation.resource):
        rows, page = newest(probe, listing)
        row = next((one for one in rows if isinstance(one, dict) and one.get("id") == made.id), {})
        _check_whole(probe, page, body, row, places, before=(exchange,))


def _check_whole(
    probe: Probe, exchange: Exchange, body: Mapping[str, Any], shown: Mapping[str, Any], places: Iterable[Where], before: tuple[Exchange, ...] = ()
) -> None:
    for where in places:
        if where[0] in shown:
            value, wanted = found_at(shown, where), found_at(body, where)
            whole = type(value) is int and value == wanted
            probe.check(whole, exchange, f"{probe.place(*where)}: {wanted}, in digits alone", f"{probe.place(*where)}: {value}", before=before)


@observer("integers-are-shown-in-digits", family=_FAMILY, inferred=_DECISION)
def an_integer_is_shown_in_digits(probe: Probe, exchange: Exchange) -> None:
    """Every integer in every answer is written in digits alone, 7 and not 7.0."""
    operation = exchange.operation
    documented = operation.answers.get(exchange.status) if operation is not None else None
    if documented is None or documented.schema is None or not exchange.got.body:
        return
    try:
        value = exchange.got.json
    except (ValueError, RecursionError):
        return
    spelled = list(spelled_otherwise(documented.schema, value))
    told = ", ".join(f"{probe.place(*where)}: {found_at(value, where)}" for where in spelled[:3])
    probe.check(not spelled, exchange, "integers in digits alone", told)


@promise("no-integers-are-refused", family=_FAMILY, inferred=_DECISION, cases=_creates_with_integers, needs=_WRITES, weight=5)
def what_is_no_integer_is_refused(probe: Probe, operation: Operation) -> None:
    """A number with a fraction, `true`, a text of digits and a number beyond all bounds are no integers, and each is a 400 that names its field."""
    places = list(integer_fields(operation.body or {}))
    rounds = [_NO_INTEGERS] * len(_NO_INTEGERS) + [_BEYOND] * (probe.reading("bounds") == "ours")
    for turn, texts in enumerate(rounds):
        sent = {where: texts[(turn + number + len(operation.id)) % len(texts)] for number, where in enumerate(places)}
        exchange = probe.call(operation, body=written(_body(probe, operation), sent))
        named = [where for where in sent if probe.place(*where) in exchange.got.errors]
        if exchange.status == 400 and len(named) == len(sent):
            probe.check(True, exchange, "400")
            continue
        for where in [where for where in sent if where not in named]:
            _refused_alone(probe, operation, where, sent[where])


def _refused_alone(probe: Probe, operation: Operation, where: Where, text: str) -> None:
    """Asks with this fault alone, which is the shorter proof."""
    body, name = _body(probe, operation), probe.place(*where)
    exchange = probe.call(operation, body=written(body, {where: text}))
    shown = text if len(text) < 30 else f"{text[:12]}…"
    if probe.expect(exchange, 400, why=f"since {shown} is no integer that {name} may be"):
        probe.check(name in exchange.got.errors, exchange, f"`errors` names {name}")
    elif exchange.status < 300:
        probe.created(operation.resource, body, exchange)


def _asked_in_a_query(operation: Operation) -> bool:
    return any(one.place == "query" and one.schema.get("type") == "integer" for one in operation.parameters)


@promise("query-integers-are-digits", family=_FAMILY, inferred=_DECISION, cases=each_operation(_asked_in_a_query), weight=4)
def an_integer_in_a_query_is_digits(probe: Probe, operation: Operation) -> None:
    """In a query an integer is written in digits alone: `1.0`, `1e0`, `+1` and the like are a 400 that names the parameter."""
    names = [one.name for one in operation.parameters if one.place == "query" and one.schema.get("type") == "integer"]
    names = [name for name in names if name not in ("page", "limit") or probe.is_paged(operation)]
    if not names:
        raise Unable("it takes no integer in the reading of paging that the target speaks")
    for turn in range(2):
        sent = {name: _NO_DIGITS[(2 * number + turn + len(operation.id)) % len(_NO_DIGITS)] for number, name in enumerate(names)}
        exchange = probe.call(operation, path=path_values(operation), query=sent)
        missing = sorted(sent.keys() - exchange.got.errors.keys())
        if exchange.status == 400 and not missing:
            probe.check(True, exchange, "400")
            continue
        for name in missing:
            alone = probe.call(operation, path=path_values(operation), query={name: sent[name]})
            if probe.expect(alone, 400, why=f"since {sent[name]} is not written in digits alone"):
                probe.check(name in alone.got.errors, alone, f"`errors` names {name}")
