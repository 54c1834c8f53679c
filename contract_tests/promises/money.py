"""Money: sums in exact decimals, JSON numbers of two decimals without noise, and the bounds of an amount."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.bounds import is_decided
from contract_tests.judging.decimal_fields import CENT, DecimalField, bounds_of, each_number, each_summed, exact, numbers_of
from contract_tests.judging.probe import CreatedObject, Probe, shown
from contract_tests.judging.readings import overall_reading
from contract_tests.judging.registry import Needs, observer, promise, reading
from openapi.contract import Resource
from openapi.schemas import Schema
from openapi.wording import quoted

WRITES = Needs(writes=True)
Line = tuple[str, int]
_FAMILY = "money"
_SUMS: tuple[tuple[Line, ...], ...] = (
    (("0.10", 3),),  # 0.30000000000000004 in binary
    (("1.15", 1),),  # 1.14 where cents are cut off
    (("4.35", 100),),  # 434.99999999999994
    (("19.99", 3), ("0.07", 100)),
    (("0.10", 1),) * 10,
    tuple((f"{number}.{number % 100:02d}", number) for number in range(1, 101)),
    (("999.99", 1_000_000),),
)


def lines(probe: Probe, *sums: Line) -> list[dict[str, Any]]:
    """Lines of an invoice or a quote; an amount is sent as it is written."""
    return [{"description": probe.bodies.text(12), "amount": float(amount), "qty": qty} for amount, qty in sums]


def total(probe: Probe, sums: Iterable[Line]) -> Decimal:
    """What the amount must be, in the reading that the target speaks."""
    by_line = probe.reading("item-amount") == "line"
    return sum((Decimal(amount) * (1 if by_line else qty) for amount, qty in sums), Decimal(0))


def billed(probe: Probe, collection: str, *sums: Line, **given: Any) -> CreatedObject:
    """An invoice or a quote of these lines."""
    return probe.make(collection, optional=False, items=lines(probe, *sums), **given)


def accepted(probe: Probe, collection: str, body: dict[str, Any], why: str) -> CreatedObject | None:
    """Expects that an object is made of the body; None, with a fault, where it is not."""
    exchange = probe.call(probe.operation(collection, "create"), json=body)
    good = probe.check(exchange.status in (200, 201), exchange, f"201, since {why}")
    return probe.created(collection, body, exchange) if good else None


def refused(probe: Probe, exchange: Exchange, *keys: str, why: str) -> None:
    """Expects a 400 whose errors name each of the keys."""
    if probe.expect(exchange, 400, why=why):
        for key in keys:
            probe.check(key in exchange.got.errors, exchange, f"an entry {key} in errors, since {why}")


@reading("item-amount", family=_FAMILY, needs=WRITES, weight=8)
def what_the_amount_of_an_item_is(probe: Probe) -> str:
    """An item's amount is the price of one, and the whole the sum of amount × qty."""
    codes = {Decimal("31.70"): "unit", Decimal("10.30"): "line"}
    made = [billed(probe, case.name, ("10.10", 3), ("0.20", 7)) for case in each_summed(probe.contract)]
    return overall_reading(probe, "item-amount", [(codes.get(exact(one.document.get("amount"))), one.exchange) for one in made])


@promise("amount-is-the-sum", family=_FAMILY, inferred="item-amount", cases=each_summed, needs=WRITES, weight=7)
def amount_is_the_sum_of_its_lines(probe: Probe, resource: Resource) -> None:
    """The amount of an invoice or a quote is the sum of its lines, to the cent, whatever their number and size."""
    for sums in _SUMS:
        due = total(probe, sums)
        how = " + ".join(f"{amount} × {qty}" for amount, qty in sums[:4]) + (" + …" if len(sums) > 4 else "")
        body = probe.body(resource.name, optional=False, items=lines(probe, *sums))
        if made := accepted(probe, resource.name, body, f"{how} is {due.normalize():f}"):
            amount = made.document.get("amount")
            probe.check(exact(amount) == due, made.exchange, f"amount {due.normalize():f} ({how})", f"amount {quoted(amount)}")


@promise("amount-is-the-servers", family=_FAMILY, inferred="read-only-sent", cases=each_summed, needs=WRITES, weight=6)
def amount_of_the_client_counts_for_nothing(probe: Probe, resource: Resource) -> None:
    """An amount that a client sends along with the lines of an invoice or a quote is not what is stored."""
    body = probe.body(resource.name, optional=False, items=lines(probe, ("7.50", 1)), amount=1)
    exchange = probe.call(probe.operation(resource.name, "create"), json=body)
    if probe.reading("read-only-sent") == "refuse":
        probe.expect(exchange, 400, why="since only the server sets amount")
        return
    amount = probe.created(resource.name, body, exchange).document.get("amount")
    probe.check(exact(amount) == Decimal("7.5"), exchange, "amount 7.5, the sum of the lines", f"amount {quoted(amount)}")


@promise("money-comes-back", family=_FAMILY, inferred="money", cases=each_number(lambda number: not number.line), needs=WRITES, weight=5)
def numbers_come_back_as_sent(probe: Probe, number: DecimalField) -> None:
    """A price, a rate or an amount within its bounds, both ends included, is taken and comes back to the digit."""
    collection = number.resource.name
    for value in number.accepted:
        body = probe.body(collection, optional=False, **{number.name: float(value)})
        if made := accepted(probe, collection, body, f"{number.name} may be {quoted(value)}"):
            back = made.document.get(number.name)
            probe.check(exact(back) == value, made.exchange, f"{number.name} {value}, as it was sent", f"{number.name} {quoted(back)}")


@promise("line-money-comes-back", family=_FAMILY, inferred="money", cases=each_number(lambda number: number.line), needs=WRITES, weight=5)
def amounts_of_lines_come_back_as_sent(probe: Probe, number: DecimalField) -> None:
    """The amount of a line within its bounds is taken and comes back to the digit, and sums reach the same largest amount."""
    low, high = bounds_of(number)
    for sums in ([(str(high - low), 1), (str(low), 1)], [(str(high), 1)]):
        body = probe.body(number.resource.name, optional=False, items=lines(probe, *sums))
        made = accepted(probe, number.resource.name, body, f"amounts and their sum may be up to {high}")
        if made is None:
            continue
        items = made.document.get("items")
        back = [exact(line.get(number.name)) for line in items if isinstance(line, dict)] if isinstance(items, list) else []
        amounts = [amount for amount, _ in sums]
        probe.check(back == [Decimal(amount) for amount in amounts], made.exchange, f"the lines with the amounts {', '.join(amounts)}")
        whole = made.document.get("amount")
        probe.check(exact(whole) == high, made.exchange, f"amount {high}", f"amount {quoted(whole)}")


@promise("money-bounds", family=_FAMILY, inferred="money", cases=each_number(), needs=WRITES, weight=3)
def numbers_out_of_bounds_are_refused(probe: Probe, number: DecimalField) -> None:
    """An amount that is not greater than 0, is too large, or has more than two decimals is refused with a 400 that names it."""
    values = [one for one in number.refused if not _is_of_a_wider_bound(probe, number, one)]
    collection = number.resource.name
    create = probe.operation(collection, "create")
    if number.line:
        items = [{"description": probe.bodies.text(12), "amount": float(value), "qty": 1} for value in values]
        exchange = probe.call(create, json=probe.body(collection, optional=False, items=items))
        keys = [probe.place("items", place, number.name) for place in range(len(items))]
        refused(probe, exchange, *keys, why=f"no line may have any of the amounts {', '.join(map(str, values))}")
        return
    for value in values:
        exchange = probe.call(create, json=probe.body(collection, optional=False, **{number.name: float(value)}))
        refused(probe, exchange, number.name, why=f"{number.name} may not be {quoted(value)}")


def _is_of_a_wider_bound(probe: Probe, number: DecimalField, value: Decimal) -> bool:
    """Whether a value is too large by a bound of the contract's own, and the target's are wider."""
    decided = is_decided(number.name, number.schema, {})
    return number.high is not None and value > number.high and not decided and probe.reading("bounds") == "wider"


@promise("sum-within-bounds", family=_FAMILY, inferred="money", cases=each_summed, needs=WRITES, weight=5)
def sums_beyond_the_largest_amount_are_refused(probe: Probe, resource: Resource) -> None:
    """Lines that add up to more than the largest amount are refused with a 400 on items."""
    number = next((one for one in numbers_of(resource) if one.line and one.name == "amount" and "maximum" in one.schema), None)
    if number is None:
        raise Unable("the contract has no largest amount")
    low, high = bounds_of(number)
    sums = [[(str(high), 1), (str(low), 1)], *([] if probe.reading("item-amount") == "line" else [[(str(high), 2)]])]
    for too_much in sums:
        body = probe.body(resource.name, optional=False, items=lines(probe, *too_much))
        exchange = probe.call(probe.operation(resource.name, "create"), json=body)
        refused(probe, exchange, "items", why=f"the lines add up to more than {high}")


@observer("money-without-noise", family=_FAMILY, inferred="money")
def money_is_written_without_noise(probe: Probe, exchange: Exchange) -> None:
    """Every amount in every answer is written with at most two decimals, such as 4.35 and not 4.3500000000000005."""
    operation, answer = exchange.operation, exchange.answer
    if operation is None or answer is None or operation.success.schema is None or exchange.status != operation.success.status:
        return
    try:
        content = json.loads(answer.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return
    for place, value in _with_decimals(operation.success.schema, content, ""):
        probe.check(_decimals(value) <= 2, exchange, f"{place} with at most two decimals", f"{place} {quoted(value)}: {shown(exchange)}")


def _with_decimals(schema: Schema, value: Any, place: str) -> Iterator[tuple[str, Decimal]]:
    """Every number in an answer that the contract gives two decimals, with its place."""
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from _with_decimals(part, value[name], f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _with_decimals(schema.get("items", {}), one, f"{place}.{number}")
    elif isinstance(value, Decimal) and schema.get("multipleOf") == float(CENT):
        yield place, value


def _decimals(value: Decimal) -> int:
    """How many decimals a number really has: zeros at the end are none."""
    text = f"{value:f}"
    return len(text.partition(".")[2].rstrip("0"))
