"""Readings that need another function in the place of one of the server's own."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any

from openapi.contract import Operation
from openapi.schemas import Direction, json_schema
from sandbox.domain import line_items
from sandbox.domain.rules import Document, exact
from sandbox.edge import gateway, rate_limit
from sandbox.edge.messages import faults_in
from sandbox.edge.validators import compiled
from sandbox.engine import filters, verbs
from sandbox.engine.request_bodies import BodyReader
from sandbox.engine.result import Result
from sandbox.engine.unit_of_work import Work
from sandbox.errors import Invalid, LimitExceeded
from sandbox.state.query import Condition
from sandbox.state.transaction import Transaction
from tests.dialects.dialect import mixes, speaks
from tests.saboteurs.saboteur import Put, Spec

# Lists.


def _newest_first(put: Put, *collections: str) -> None:
    true = verbs.Engine._list

    def listed(self: verbs.Engine, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        if collections and operation.resource not in collections:
            return true(self, work, operation, params, body)
        whole = true(self, work, operation, {name: value for name, value in params.items() if name not in ("page", "limit")}, body)
        rows, page, limit = whole.data[::-1], params["page"], params["limit"]
        meta = {"current_page": page, "total_pages": -(-len(rows) // limit), "total_records": len(rows)}
        return Result(data=rows[(page - 1) * limit : page * limit], meta=meta)

    put(verbs.Engine, "_list", listed)


def _search_by_prefix(put: Put) -> None:
    true = Transaction.select

    def select(self: Transaction, collection: str, conditions: Any = (), search: str | None = None, *more: Any, **named: Any) -> Any:
        found = true(self, collection, conditions, search, *more, **named)
        if not search:
            return found
        return [id for id in found if _begins(self.get(collection, id) or {}, search.casefold())]

    put(Transaction, "select", select)


def _begins(document: Document, term: str) -> bool:
    return any(str(document.get(name) or "").casefold().startswith(term) for name in ("account", "email", "phone"))


def _dated_when_created(put: Put, *collections: str) -> None:
    true = filters.ListQuery.conditions

    def read(self: filters.ListQuery, params: Mapping[str, Any]) -> tuple[list[Condition], str | None]:
        conditions, term = true(self, params)
        if collections and self.collection not in collections:
            return conditions, term
        return [_on_creation(one) for one in conditions], term

    put(filters.ListQuery, "conditions", read)


def _on_creation(condition: Condition) -> Condition:
    """A day is all of its seconds."""
    if condition.field != "date":
        return condition
    return Condition("created_at", condition.comparison, f"{condition.value}T{'23:59:59' if condition.comparison == 'le' else '00:00:00'}Z")


# Writes.


def _without_required_fields(spec: Spec) -> None:
    content = spec["paths"]["/customers/{id}"]["put"]["requestBody"]["content"]["application/json"]
    given = spec["components"]["schemas"]["CustomerInput"]
    content["schema"] = {name: part for name, part in given.items() if name != "required"}


def _put_merges(put: Put) -> None:
    def replaced(self: BodyReader, old: Document, body: Mapping[str, Any]) -> Document:
        return {**old, **{name: value for name, value in self.new(body).items() if name in body}}

    put(BodyReader, "replaced", replaced)


def _delete_cascades(put: Put) -> None:
    true = verbs.Engine._delete

    def delete(self: verbs.Engine, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        for resource, reference in self.contract.referrers(operation.resource):
            for one in list(work.store.documents(resource.name)):
                if one.get(reference.path[0]) == params["id"]:
                    work.store.remove(resource.name, one["id"])
        return true(self, work, operation, params, body)

    put(verbs.Engine, "_delete", delete)


def _an_item_is_its_line(put: Put, *marks: str) -> None:
    """`marks` are fields that only the documents have for which it holds."""
    true = line_items.total

    def total(document: Document) -> Decimal:
        if marks and document.keys().isdisjoint(marks):
            return true(document)
        return sum((exact(line["amount"]) for line in document["items"]), Decimal(0))

    put(line_items, "total", total)


def _read_only_is_refused(put: Put) -> None:
    from openapi import schemas

    true = schemas._fields

    def fields(properties: schemas.Schema, direction: Direction) -> schemas.Schema:
        return {
            name: {"not": {}} if direction is Direction.REQUEST and properties[name].get("readOnly") else part
            for name, part in true(properties, direction).items()
        }

    put(schemas, "_fields", fields)


# Batches.


def _with_items_of_any_form(spec: Spec) -> None:
    schemas = spec["components"]["schemas"]
    schemas["CustomerBatchInput"]["properties"]["customers"]["items"] = {}
    schemas["CustomerBatchAnswer"]["properties"]["data"]["items"] = {"type": "object"}


def _batch_by_item(put: Put) -> None:
    def batch(self: verbs.Engine, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        resource = self.contract.resources[operation.resource]
        check = compiled(json_schema(resource.input, Direction.REQUEST))

        def entry(item: Any) -> dict[str, Any]:
            if faults := dict(faults_in(check.iter_errors(item))):
                return {"success": False, "errors": faults}
            try:
                return {"success": True, "data": dict(self.store_new(work, resource.name, item))}
            except Invalid as refusal:
                return {"success": False, "errors": refusal.errors}

        return Result(data=[entry(item) for item in body["customers"]])

    put(verbs.Engine, "_batch_create", batch)


# The limit.


def _ahead(windows: dict[str, Any]) -> float:
    """By how many seconds the clock that these windows go by is ahead of real time; those of addresses go by real time."""
    return float(windows.offset.total_seconds()) if isinstance(windows, rate_limit._OfAWorkspace) else 0.0


def _windows_of_the_clock(put: Put) -> None:
    true = rate_limit._take

    def take(windows: dict[str, rate_limit.Window], who: str, now: float, limit: tuple[int, int]) -> Any:
        window, refusal = true(windows, who, now, limit)
        past = round(window.begin + _ahead(windows), 6) % limit[1]
        if past:
            begin = window.begin - past
            window = windows[who] = rate_limit.Window(window.limit, begin, begin + limit[1], window.used)
        return window, refusal

    put(rate_limit, "_take", take)


@dataclass
class _Rolling:
    """A window that holds the requests of the seconds just past on the workspace's clock, which is some seconds ahead of real time."""

    limit: int
    seconds: int
    ahead: float = 0.0
    taken: deque[float] = field(default_factory=deque)

    @property
    def remaining(self) -> int:
        return self.limit - len(self.taken)

    @property
    def reset(self) -> int:
        """When the oldest request leaves it, in real time."""
        return ceil(round(self.taken[0] + self.seconds - self.ahead, 6))

    def earlier(self, by: float) -> _Rolling:
        """It goes by the workspace's clock itself."""
        return self


def _windows_that_roll(put: Put) -> None:
    def take(windows: dict[str, Any], who: str, now: float, limit: tuple[int, int]) -> Any:
        window = windows.get(who)
        if not isinstance(window, _Rolling) or (window.limit, window.seconds) != tuple(limit):
            window = windows[who] = _Rolling(*limit)
        window.ahead = _ahead(windows)
        while window.taken and window.taken[0] + window.seconds <= now + window.ahead:
            window.taken.popleft()
        if window.remaining:
            window.taken.append(now + window.ahead)
            return window, None
        return window, LimitExceeded("The limit of the time just past is used up", max(1, window.reset - int(now)))

    put(rate_limit, "_take", take)


def _nobody_is_counted_by_address(put: Put) -> None:
    true_take, true_call = rate_limit.RateLimiter.take_for_address, gateway._Outgoing.__call__

    def take(self: rate_limit.RateLimiter, address: str, now: datetime) -> Any:
        return true_take(self, address, now)[0], None

    async def without_headers(self: Any, message: Any) -> None:
        if self._exchange.actor is not None:
            await true_call(self, message)
            return
        true_send = self._send

        async def send(message: Any) -> None:
            if "headers" in message:
                message = {**message, "headers": [one for one in message["headers"] if not one[0].startswith(b"x-ratelimit-")]}
            await true_send(message)

        self._send = send
        try:
            await true_call(self, message)
        finally:
            self._send = true_send

    put(rate_limit.RateLimiter, "take_for_address", take)
    put(gateway._Outgoing, "__call__", without_headers)


speaks("order", "newest", patch=_newest_first)
speaks("search", "prefix", patch=_search_by_prefix)
speaks("dates", "created", patch=_dated_when_created)
speaks("put", "merge", edit=_without_required_fields, patch=_put_merges)
speaks("delete-referenced", "cascade", patch=_delete_cascades)
speaks("item-amount", "line", patch=_an_item_is_its_line)
speaks("read-only-sent", "refuse", patch=_read_only_is_refused)
speaks("batch", "per-item", edit=_with_items_of_any_form, patch=_batch_by_item)
speaks("rate-window", "clock-hour", patch=_windows_of_the_clock)
speaks("rate-window", "rolling", patch=_windows_that_roll)
speaks("rate-anonymous", "none", patch=_nobody_is_counted_by_address)

mixes("order", "newest", patch=lambda put: _newest_first(put, "tickets"))
mixes("dates", "created", patch=lambda put: _dated_when_created(put, "transactions"))
mixes("item-amount", "line", patch=lambda put: _an_item_is_its_line(put, "valid_until"))
