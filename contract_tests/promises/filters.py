"""Filters: a filtered list contains all matching objects and no others; date ranges include both ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.bounds import LARGEST_OF_ALL
from contract_tests.judging.lists import ids, listed, lists, newest, total, unchanged_objects, with_action
from contract_tests.judging.probe import CreatedObject, Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Case, Needs, promise, reading
from contract_tests.judging.test_data import days_later, filter_test_objects, matches_filter, own_value
from openapi.contract import Contract, Filter, Operation
from openapi.schemas import Schema
from openapi.wording import quoted

Asked = Sequence[tuple[Filter, Any]]


def _filtered(operation: Operation) -> bool:
    return bool(operation.filters)


def _dated(operation: Operation) -> bool:
    return {"ge", "le"} <= {one.comparison for one in operation.filters if one.field == "date"}


def _each_filter(contract: Contract) -> Iterable[Case]:
    for operation in with_action(contract, "list"):
        yield from (Case(f"{operation.id} by {one.parameter}", operation.id, (operation, one)) for one in operation.filters)


def _each_number(contract: Contract) -> Iterable[Case]:
    for case in _each_filter(contract):
        operation, one = case.subject
        schema = contract.resources[operation.resource].schema.get("properties", {}).get(one.field, {})
        if one.comparison == "eq" and schema.get("type") == "integer":
            yield case


@reading("dates", family="filters", needs=Needs(writes=True), weight=9)
def what_a_range_of_dates_compares(probe: Probe) -> str:
    """A range of dates compares the object's date."""
    heard: list[Heard] = []
    for operation in filter(_dated, with_action(probe.contract, "list")):
        before, on, after = filter_test_objects(probe, operation)
        day = on.sent.get("date")
        rows, page = newest(probe, operation, _range(operation, day, day))
        mine = _mine(rows, (before, on, after))
        if mine == [on.id]:
            heard.append(("date", page))
            continue
        today = str(on.document.get("created_at", ""))[:10]
        rows, page = newest(probe, operation, _range(operation, today, today)) if today else ([], page)
        heard.append(("created" if not mine and len(_mine(rows, (before, on, after))) == 3 else None, page))
    return overall_reading(probe, "dates", heard)


@promise("filter-exact", family="filters", documented="Core Resources: filters", cases=_each_filter, needs=Needs(writes=True), weight=8)
def a_filter_keeps_what_was_asked_for(probe: Probe, subject: tuple[Operation, Filter]) -> None:
    """A filtered list holds every object that fulfils the filter, and none that does not; the parts add up to the whole."""
    operation, one = subject
    mine = filter_test_objects(probe, operation)
    schema = _schema(probe, operation, one)
    options = schema.get("enum")
    values = list(options) if options else list(dict.fromkeys(own_value(probe, one, made) for made in _telling(one, mine)))
    parts = [_kept(probe, operation, [(one, value)], mine) for value in values if value is not None]
    required = one.field in probe.resource(operation.resource).schema.get("required", ())
    if options and required and one.comparison == "eq" and parts:
        whole = listed(probe, operation, {})
        added = sum(map(total, parts))
        probe.check(added == total(whole), whole, f"the {added} objects that the values of {one.parameter} keep", f"{total(whole)}", before=parts)


@promise("filter-range", family="filters", inferred="dates", cases=lists(_dated), needs=Needs(writes=True), weight=8)
def a_range_holds_both_its_ends(probe: Probe, operation: Operation) -> None:
    """A range of dates holds the objects of its first and its last day, and none of the days beside them."""
    mine = filter_test_objects(probe, operation)
    first, last = _ends(operation)
    day = own_value(probe, first, mine[1])
    _kept(probe, operation, [(first, day), (last, day)], mine)
    _kept(probe, operation, [(first, days_later(day, -1)), (last, days_later(day, 1))], mine)
    _kept(probe, operation, [(first, days_later(day, 1))], mine)
    _kept(probe, operation, [(last, days_later(day, -1))], mine)


@promise("filter-range-crossed", family="filters", inferred="dates", cases=lists(_dated), weight=6)
def a_range_that_ends_before_it_begins_is_refused(probe: Probe, operation: Operation) -> None:
    """A range of dates whose end is before its beginning is a 400."""
    day = probe.bodies.day()
    exchange = probe.call(operation, query=_range(operation, day, days_later(day, -1)))
    probe.expect(exchange, 400, why="since the range ends before it begins")
    exchange = probe.call(operation, query=_range(operation, day, day))
    probe.expect(exchange, 200, why="since a range may be one day")


@promise("filter-value", family="filters", inferred="filter-value", cases=lists(_filtered), weight=7)
def a_value_that_a_filter_cannot_have_is_refused(probe: Probe, operation: Operation) -> None:
    """A filter's value outside its enum or form is a 400 that names the parameter."""
    bad = {one.parameter: _nonsense(next(p.schema for p in operation.parameters if p.name == one.parameter)) for one in operation.filters}
    each = [{name: values[0]} for name, values in bad.items() if values]
    for query in (*each, {name: values[-1] for name, values in bad.items() if values}):
        exchange = probe.call(operation, query=query)
        if probe.expect(exchange, 400, why="since no object could fulfil this"):
            missing = [name for name in query if name not in exchange.got.errors]
            probe.check(not missing, exchange, f"errors that name {', '.join(query)}", f"nothing of {', '.join(missing)}")


@promise("filter-together", family="filters", documented="Core Resources: filters", cases=lists(_filtered), needs=Needs(writes=True), weight=6)
def filters_narrow_together(probe: Probe, operation: Operation) -> None:
    """Several filters keep the objects that fulfil all of them."""
    mine = filter_test_objects(probe, operation)
    if len(operation.filters) < 2:
        raise Unable("the list has one filter only")
    for made in (mine[0], mine[2]):
        _kept(probe, operation, [(one, own_value(probe, one, made)) for one in operation.filters], mine)
    first, *others = operation.filters
    for one in others:
        asked = [(first, own_value(probe, first, mine[2])), (one, own_value(probe, one, mine[0]))]
        if asked[0][1] != own_value(probe, first, mine[0]):
            _kept(probe, operation, asked, mine)


@promise("filter-pages", family="filters", inferred="paging", cases=lists(_filtered), needs=Needs(writes=True), weight=6)
def a_filtered_list_is_paged_like_any_other(probe: Probe, operation: Operation) -> None:
    """What a filter keeps is paged, and counted, by itself."""
    if not probe.is_paged(operation):
        raise Unable("the target pages the customers alone")
    mine = filter_test_objects(probe, operation)
    equal = [one for one in operation.filters if one.comparison == "eq"]
    pointing = {reference.path[0] for reference in probe.resource(operation.resource).references}
    one = next((one for one in equal if one.field in pointing), next(iter(equal), None))
    if one is None:
        raise Unable("the list has no filter for equal values")
    value = own_value(probe, one, mine[0])
    whole = listed(probe, operation, {one.parameter: value})
    for number in (1, 2):
        page = listed(probe, operation, {one.parameter: value, "page": number, "limit": 1})
        expected = ids(whole.got.rows)[number - 1 : number]
        probe.check(ids(page.got.rows) == expected, page, f"the ids {quoted(expected)}", quoted(ids(page.got.rows)), before=(whole,))
        meta = page.got.envelope.get("meta")
        pages = meta.get("total_pages") if isinstance(meta, dict) else None
        counted = (total(page), pages)
        probe.check(counted == (total(whole), total(whole)), page, f"{total(whole)} records on as many pages", f"{counted}", before=(whole,))


@promise("filter-whole", family="filters", documented="Core Resources: filters", cases=_each_number, needs=Needs(writes=True), weight=2)
def a_number_is_compared_whole(probe: Probe, subject: tuple[Operation, Filter]) -> None:
    """A filter by a number keeps that one, and not those that begin or end like it; of a number that nobody has, nothing."""
    operation, one = subject
    mine = [made for made in unchanged_objects(probe, operation.resource) if isinstance(own_value(probe, one, made), int)]
    high = max(mine, key=lambda made: int(own_value(probe, one, made)), default=None)
    value = 0 if high is None else int(own_value(probe, one, high))
    if high is None:
        raise Unable("no object has a number there")
    schema = _schema(probe, operation, one)
    parts = (value // 10, int(str(value)[1:])) if value >= 10 else ()
    for other in (*parts, min(int(schema.get("maximum", value * 10)), LARGEST_OF_ALL)):
        if other >= schema.get("minimum", 1):
            _kept(probe, operation, [(one, other)], [high])


@promise("filter-moved", family="filters", inferred="invoice-status", needs=Needs(writes=True, control=True), weight=5)
def a_filter_follows_what_was_paid(probe: Probe) -> None:
    """Invoices are kept by the status that they have now: unpaid, partially paid, paid."""
    listing = probe.operation("invoices", "list")
    one = next((one for one in listing.filters if one.field == "status"), None)
    if one is None:
        raise Unable("invoices have no filter by status")
    mine = {status: probe.make("invoices", optional=False) for status in ("Unpaid", "Partially Paid", "Paid")}
    for status, share in (("Partially Paid", 2), ("Paid", 1)):
        amount = mine[status].document.get("amount")
        due = amount if isinstance(amount, int | float) else 1
        answer = probe.require_control().pay(mine[status].id, round(due / share, 2))
        if not 200 <= answer.status < 300:
            raise Unable("an invoice could not be paid")
    for status, made in mine.items():
        rows, page = newest(probe, listing, {one.parameter: status})
        seen, others = ids(rows), [other.id for name, other in mine.items() if name != status]
        alone = made.id in seen and not any(id in seen for id in others)
        probe.check(
            alone,
            page,
            f"the invoice {made.id}, and not {quoted(others)}",
            f"the ids {quoted(seen[-9:])}",
            before=[each.exchange for each in mine.values()],
        )


def _kept(probe: Probe, operation: Operation, asked: Asked, mine: Sequence[CreatedObject]) -> Exchange:
    """Asks, and looks whether each row should be there, and each of our own objects that should be is, once."""
    query = {one.parameter: value for one, value in asked}
    rows, page = newest(probe, operation, query)
    for row in rows:
        for one, value in asked:
            fit = isinstance(row, dict) and matches_filter(probe, one, row, value)
            probe.check(fit, page, f"only objects whose {one.field} fulfils {one.parameter}={value}", f"one with {quoted(row)}"[:300])
    wanted = [made.id for made in mine if all(matches_filter(probe, one, {**made.document, **made.sent}, value) for one, value in asked)]
    seen = _mine(rows, mine)
    probe.check(
        sorted(seen) == wanted,
        page,
        f"of the objects {quoted(ids_of(mine))} those with the ids {quoted(wanted)}",
        quoted(seen),
        before=[m.exchange for m in mine],
    )
    return page


def ids_of(mine: Sequence[CreatedObject]) -> list[int]:
    """The ids of objects of ours."""
    return [made.id for made in mine]


def _mine(rows: Sequence[Any], mine: Sequence[CreatedObject]) -> list[int]:
    own = set(ids_of(mine))
    return [id for id in ids(rows) if id in own]


def _telling(one: Filter, mine: Sequence[CreatedObject]) -> Sequence[CreatedObject]:
    """Whose values are asked for: both of two that differ, or the one in the middle of a range."""
    return (mine[0], mine[2]) if one.comparison in ("eq", "ne") else (mine[1],)


def _ends(operation: Operation) -> tuple[Filter, Filter]:
    ends = {one.comparison: one for one in operation.filters if one.field == "date"}
    return ends["ge"], ends["le"]


def _range(operation: Operation, first: Any, last: Any) -> Mapping[str, Any]:
    low, high = _ends(operation)
    return {low.parameter: first, high.parameter: last}


def _schema(probe: Probe, operation: Operation, one: Filter) -> Schema:
    return next(parameter.schema for parameter in operation.parameters if parameter.name == one.parameter)


def _nonsense(schema: Schema) -> list[Any]:
    """Values outside an enum or a form; none where anything goes."""
    if "enum" in schema:
        small, swapped = str(schema["enum"][0]).lower(), str(schema["enum"][0]).swapcase()
        return [*[other for other in (small, swapped) if other not in schema["enum"]][:1], "Nonsense"]
    if schema.get("format") == "date":
        return ["2031-02-30", "yesterday"]
    if schema.get("type") in ("integer", "number"):
        return ["abc", *([int(schema["minimum"]) - 1] if "minimum" in schema else [])]
    return ["perhaps"] if schema.get("type") == "boolean" else []
