"""Paging: all pages together are the whole list, once and in one order; bounds are respected."""

from __future__ import annotations

from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import LARGEST, ids, listed, lists, remember_unchanged, total, with_action
from contract_tests.judging.probe import Probe
from contract_tests.judging.readings import overall_reading
from contract_tests.judging.registry import promise, reading
from openapi.contract import Operation
from openapi.wording import quoted

_TELLING = 3
"""So many objects show whether pages hang together."""
_CRAWLED = 2
"""So many pages are read of each list: more would show little more."""
_MOST_MADE = 20


def _pages(operation: Operation) -> bool:
    return {"page", "limit"} <= {one.name for one in operation.parameters}


def _must_page(probe: Probe, operation: Operation) -> None:
    if not probe.is_paged(operation):
        raise Unable("the target pages the customers alone")


@reading("paging", family="paging", weight=9)
def which_lists_are_paged(probe: Probe) -> str:
    """Every list takes page and limit, and says in meta how many there are."""
    paged: dict[str, Exchange] = {}
    whole: dict[str, Exchange] = {}
    for operation in with_action(probe.contract, "list"):
        if _pages(operation):
            exchange = probe.call(operation, query={"page": 1, "limit": 1})
            obeyed = exchange.status == 200 and isinstance(exchange.got.envelope.get("meta"), dict) and len(exchange.got.rows) <= 1
            (paged if obeyed else whole)[operation.resource] = exchange
    customers_alone = bool(whole) and "customers" in paged and len(paged) == 1
    if customers_alone:
        return overall_reading(probe, "paging", [("customers", one) for one in whole.values()])
    return overall_reading(probe, "paging", [("all", one) for one in paged.values()] + [(None, one) for one in whole.values()])


@reading("order", family="paging", weight=9)
def in_which_order_lists_stand(probe: Probe) -> str:
    """A list stands in ascending order of id."""
    heard: list[tuple[str | None, Exchange]] = []
    for operation in with_action(probe.contract, "list"):
        exchange = _with_at_least(probe, operation, 2)
        seen = [id for id in ids(exchange.got.rows) if isinstance(id, int)]
        if len(seen) > 1:
            code = "oldest" if seen == sorted(seen) else "newest" if seen == sorted(seen, reverse=True) else None
            heard.append((code, exchange))
    return overall_reading(probe, "order", heard)


@promise("paging-crawl", family="paging", documented="Best Practices: pagination", cases=lists(_pages), weight=8)
def a_crawl_gives_every_record_once(probe: Probe, operation: Operation) -> None:
    """Page after page, a list gives every object once, in one order, as many as total_records says; after the last there are none."""
    _must_page(probe, operation)
    whole = page = _with_at_least(probe, operation, _TELLING)
    records = total(whole)
    probe.check(len(whole.got.rows) == min(LARGEST, records), whole, f"{min(LARGEST, records)} rows", f"{len(whole.got.rows)} rows")
    size = min(LARGEST, max(1, -(-records // _CRAWLED)))
    seen: list[Any] = []
    last = -(-records // size)
    for number in range(1, min(last, _CRAWLED) + 1):
        page = listed(probe, operation, {"page": number, "limit": size})
        expected = min(size, records - size * (number - 1))
        _says(probe, page, current_page=number, total_pages=last, total_records=records)
        probe.check(len(page.got.rows) == expected, page, f"{expected} rows on page {number}", f"{len(page.got.rows)} rows", before=(whole,))
        again = [id for id in ids(page.got.rows) if id in seen]
        probe.check(not again, page, "no object that stood on an earlier page", f"the ids {quoted(again)} once more", before=(whole,))
        seen += ids(page.got.rows)
    first = ids(whole.got.rows)
    steady = seen[: len(first)] == first[: len(seen)]
    probe.check(steady, page, "the same objects in the same order as on one large page", f"{quoted(seen[:9])} …", before=(whole,))
    end = listed(probe, operation, {"page": last + 1, "limit": size})
    probe.check(not end.got.rows, end, "an empty data past the last page", f"{len(end.got.rows)} rows", before=(whole,))
    _says(probe, end, total_pages=last, total_records=records)


@promise("paging-default", family="paging", documented="List All Customers: limit (default: 20)", cases=lists(_pages), weight=2)
def a_list_that_is_asked_for_nothing_is_its_first_page(probe: Probe, operation: Operation) -> None:
    """Without page and limit, a list is its first page of 20."""
    _must_page(probe, operation)
    size = next(one.schema.get("default", 20) for one in operation.parameters if one.name == "limit")
    whole = _with_at_least(probe, operation, size + 1)
    plain = probe.call(operation)
    probe.require(plain.status == 200, plain, "200")
    full = min(LARGEST, total(whole))
    probe.check(len(whole.got.rows) == full, whole, f"{full} rows, since so many were asked for", f"{len(whole.got.rows)} rows")
    expected = ids(whole.got.rows)[:size]
    probe.check(ids(plain.got.rows) == expected, plain, f"the first {len(expected)} objects", f"{len(plain.got.rows)} rows", before=(whole,))
    _says(probe, plain, current_page=1, total_pages=-(-total(whole) // size), total_records=total(whole))


@promise("paging-empty", family="paging", inferred="paging", cases=lists(_pages), weight=4)
def a_list_of_nothing_has_no_pages(probe: Probe, operation: Operation) -> None:
    """A list in which nothing is left has no rows, no records and no pages."""
    _must_page(probe, operation)
    query = _that_nobody_has(probe, operation)
    if query is None:
        raise Unable("no filter is known to leave nothing")
    page = listed(probe, operation, query)
    if probe.check(not page.got.rows, page, "an empty data, since nothing has this value", f"{len(page.got.rows)} rows"):
        _says(probe, page, current_page=1, total_pages=0, total_records=0)


def _that_nobody_has(probe: Probe, operation: Operation) -> dict[str, Any] | None:
    """A filter or a search that keeps nothing: the largest number that there may be, or a word that nobody wrote."""
    for one in operation.parameters:
        if one.filter is not None and one.filter.comparison == "eq" and one.schema.get("type") == "integer" and "maximum" in one.schema:
            return {one.name: one.schema["maximum"]}
        if one.search:
            return {one.name: f"{probe.random.getrandbits(96):024x}"}
    return None


@promise("paging-bounds", family="paging", inferred="paging", cases=lists(_pages), weight=6)
def a_page_or_limit_out_of_bounds_is_refused(probe: Probe, operation: Operation) -> None:
    """A page or a limit that is none, or is beyond its bounds, is a 400 that names it."""
    _must_page(probe, operation)
    limit = next(one for one in operation.parameters if one.name == "limit")
    # Each second list is asked the one pair, the others the other, so that all four are asked at no further request.
    rest: dict[str, object] = {"page": "abc", "limit": 0} if len(operation.id) % 2 else {"page": -1, "limit": "abc"}
    for bad in ({"page": 0, "limit": int(limit.schema.get("maximum", LARGEST)) + 1}, rest):
        exchange = probe.call(operation, query=bad)
        if probe.expect(exchange, 400, why="since neither is allowed"):
            missing = sorted(bad.keys() - exchange.got.errors.keys())
            probe.check(not missing, exchange, f"errors that name {' and '.join(sorted(bad))}", f"nothing of {', '.join(missing)}")


def _says(probe: Probe, page: Exchange, **expected: int) -> None:
    """What `meta` must hold."""
    meta = page.got.envelope.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    seen = {name: meta.get(name) for name in expected}
    probe.check(seen == expected, page, f"meta with {quoted(expected)}", quoted(seen))


def _with_at_least(probe: Probe, operation: Operation, records: int) -> Exchange:
    """The first large page of a list; where it is a little too short to tell anything, objects are added to it first."""
    whole = listed(probe, operation, {})
    missing = records - total(whole)
    if not 0 < missing <= _MOST_MADE:
        return whole
    try:
        for _ in range(missing):
            remember_unchanged(probe, probe.make(operation.resource, optional=False))
    except Unable:
        return whole
    return listed(probe, operation, {})
