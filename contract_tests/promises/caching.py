"""Caching: an unchanged response need not be sent again, and a changed one is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import actions
from contract_tests.judging.probe import Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Case, Needs, observer, promise, reading
from openapi.contract import Contract, Operation

_STRONG = re.compile(r'"[\x21\x23-\x7e]+"')
_RATE = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


def _gets(contract: Contract) -> list[Operation]:
    return [one for one in contract.operations.values() if one.method == "GET"]


def _each_get(contract: Contract) -> Iterable[Case]:
    return (Case(one.id, one.id, one) for one in _gets(contract))


def _one_get(contract: Contract) -> Iterable[Case]:
    """An object, where one can be read, else a list: the forms of a condition need not be tried everywhere."""
    chosen: Mapping[str, Operation] = {one.action: one for one in reversed(_gets(contract))}
    one = chosen.get("read") or chosen.get("list")
    return [Case(one.id, one.id, one)] if one is not None else []


@reading("caching", family="caching", weight=8)
def how_answers_are_cached(probe: Probe) -> str:
    """Every answer to a GET has an ETag."""
    heard: list[Heard] = []
    for operation in _gets(probe.contract):
        try:
            exchange = _seen(probe, operation) or _got(probe, operation)
        except Unable:
            continue  # there is no object to read
        heard.append(("none" if exchange.got.header("etag") is None else "etag", exchange))
    return overall_reading(probe, "caching", heard)


@promise("caching-unchanged", family="caching", inferred="caching", cases=_each_get, weight=7)
def what_was_not_changed_is_not_sent_again(probe: Probe, operation: Operation) -> None:
    """A request with the ETag of an answer that was not changed gets a 304 with no body, with the ETag and the rate headers."""
    first = _tagged(probe, operation)
    again = _got(probe, operation, first.got.header("etag"), good=False)
    if probe.expect(again, 304, why="since nothing was changed", before=(first,)):
        probe.check(not again.got.body, again, "no body", f"{len(again.got.body)} bytes", before=(first,))
        tag = again.got.header("etag")
        probe.check(tag == first.got.header("etag"), again, f"the ETag {first.got.header('etag') or 'none'}", tag or "none", before=(first,))
        if missing := [name for name in _RATE if again.got.integer(name) is None]:
            probe.fault(again, "the rate headers on a 304 too", f"no {', '.join(missing)}", before=(first,))


@promise("caching-forms", family="caching", inferred="caching", cases=_one_get, weight=4)
def conditions_may_have_any_form(probe: Probe, operation: Operation) -> None:
    """If-None-Match takes a star, several tags and a weak form; a stale tag gets the whole answer."""
    first = _tagged(probe, operation)
    tag = first.got.header("etag")
    for condition, status in (("*", 304), (f'"stale", {tag}', 304), (f"W/{tag}", 304), ('"stale"', 200)):
        exchange = _got(probe, operation, condition, good=False)
        if probe.expect(exchange, status, why=f"since If-None-Match is {condition}", before=(first,)) and status == 200:
            probe.check(exchange.got.body == first.got.body, exchange, "the whole answer, byte for byte", before=(first,))


@promise("caching-changed", family="caching", inferred="caching", cases=actions("replace"), needs=Needs(writes=True), weight=6)
def what_was_changed_is_sent_again(probe: Probe, operation: Operation) -> None:
    """After a change the old ETag gets the new object and a new ETag; so does the list after a create or a delete."""
    read = probe.operation(operation.resource, "read")
    made = probe.make(operation.resource)
    first = _tagged(probe, read, made.id)
    changed = probe.call(operation, path={"id": made.id}, json=probe.body(operation.resource))
    _sent_anew(probe, read, first, changed, made.id)
    listing = probe.operation(operation.resource, "list")
    first = _tagged(probe, listing)
    created = probe.make(operation.resource, optional=False)
    latest = _sent_anew(probe, listing, first, created.exchange)
    deleted = probe.call(probe.operation(operation.resource, "delete"), path={"id": created.id})
    _sent_anew(probe, listing, latest, deleted)
    gone = _got(probe, read, first.got.header("etag"), id=created.id, good=False)
    probe.expect(gone, 404, why="since it was deleted, whatever is asked for on condition", before=(deleted,))


@observer("caching-headers", family="caching", inferred="caching")
def answers_say_how_they_may_be_kept(probe: Probe, exchange: Exchange) -> None:
    """Every good answer to a GET has a strong ETag, and Cache-Control: private, no-cache."""
    if exchange.status != 200 or exchange.request.method != "GET" or exchange.operation is None or probe.reading("caching") == "none":
        return
    tag, control = exchange.got.header("etag") or "", exchange.got.header("cache-control") or ""
    probe.check(_STRONG.fullmatch(tag) is not None, exchange, 'a strong ETag such as "6e3a1c0b"', tag or "no ETag")
    words = {word.strip().lower() for word in control.split(",")}
    probe.check(words == {"private", "no-cache"}, exchange, "Cache-Control: private, no-cache", control or "no Cache-Control")


def _seen(probe: Probe, operation: Operation) -> Exchange | None:
    """A good answer that some other check got before."""
    seen = (one for one in reversed(probe.target.exchanges) if one.operation is operation and one.request.method == "GET")
    return next((one for one in seen if one.status == 200), None)


def _got(probe: Probe, operation: Operation, condition: str | None = None, *, id: int | None = None, good: bool = True) -> Exchange:
    path: dict[str, Any] | None = None
    if operation.action == "read":
        path = {"id": probe.shared(operation.resource).id if id is None else id}
    exchange = probe.call(operation, path=path, headers=[] if condition is None else [("if-none-match", condition)])
    if good:
        probe.require(exchange.status == 200, exchange, "200")
    return exchange


def _tagged(probe: Probe, operation: Operation, id: int | None = None) -> Exchange:
    if probe.reading("caching") == "none":
        raise Unable("the target offers no caching")
    exchange = _got(probe, operation, id=id)
    probe.require(exchange.got.header("etag") is not None, exchange, "an ETag", "none")
    return exchange


def _sent_anew(probe: Probe, operation: Operation, first: Exchange, change: Exchange, id: int | None = None) -> Exchange:
    tag = first.got.header("etag")
    again = _got(probe, operation, tag, id=id, good=False)
    if probe.expect(again, 200, why="since it was changed in between", before=(first, change)):
        probe.check(again.got.header("etag") != tag, again, f"another ETag than {tag}", before=(first, change))
    return again
