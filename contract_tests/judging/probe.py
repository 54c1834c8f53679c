"""The client of a check: it sends requests, creates objects, and states what was expected and what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.control_plane import Control
from contract_tests.http.exchange import Exchange
from contract_tests.http.target import UNSET, Target
from contract_tests.http.webhook_receiver import Receiver
from contract_tests.judging.generated_findings import Generator
from contract_tests.judging.valid_values import Bodies
from contract_tests.judging.verdicts import Fault, Stop
from openapi.contract import Contract, Operation, Resource

_MOST_PAGES = 60


@dataclass(frozen=True, slots=True)
class CreatedObject:
    """An object that the suite made: what the server says it is, what was sent, and the exchange."""

    collection: str
    document: Mapping[str, Any]
    sent: Mapping[str, Any]
    exchange: Exchange

    @property
    def id(self) -> int:
        id: int = self.document["id"]
        return id


@dataclass
class RunContext:
    """What all checks of a run share."""

    target: Target
    contract: Contract
    seed: int
    control: Control | None
    readings: dict[str, str] = field(default_factory=dict)
    """By decision, the code of the reading that the target speaks, as far as it is known."""
    created_objects: list[CreatedObject] = field(default_factory=list)
    shared: dict[str, CreatedObject] = field(default_factory=dict)
    used_values: dict[str, set[str]] = field(default_factory=dict)
    unchanged: dict[str, list[CreatedObject]] = field(default_factory=dict)
    """By collection or occasion, objects that more than one check looks at; none may change them."""
    secrets: list[tuple[str, Exchange]] | None = None
    """Every password that was sent and every secret that was received, with its exchange; None until they are looked for."""
    strict: bool = False
    exhaust_limit: bool = False
    generator: Generator | None = None
    """Runs Schemathesis, where it may run."""
    receiver: Receiver | None = None
    """Where the target can deliver its webhooks, if anywhere."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """This machine's clock, for answers that do not say when they were given."""


class Probe:
    """One check of one promise on one case. Everything it sends is its evidence."""

    def __init__(self, context: RunContext, promise: str, case: str | None, operation: str | None = None) -> None:
        self.context = context
        self.target, self.contract, self.control = context.target, context.contract, context.control
        self.random = Random(f"{context.seed}/{promise}/{case}")  # noqa: S311  # dice, no secret
        self.bodies = Bodies(self.random)
        self.faults: list[Fault] = []
        self.checked: set[str] = set()
        self.checks = 0
        self._operation = operation

    # Asking.

    def call(self, operation: Operation | str, **more: Any) -> Exchange:
        """One request to an operation; see `Target.call`."""
        return self.target.call(operation, **more)

    def send(self, method: str, path: str, **more: Any) -> Exchange:
        """One request to any path; see `Target.send`."""
        return self.target.send(method, path, **more)

    def require_keys(self, *keys: str) -> None:
        """Raises Unable where one of these keys was not given, and cannot be made."""
        for key in keys:
            if not self.target.has(key):
                raise Unable(f"no {key} key was given (--{key}-key)")

    def require_control(self) -> Control:
        """The control plane; raises Unable where the target offers none."""
        if self.control is None:
            raise Unable("the target offers no control plane")
        return self.control

    def reading(self, decision: str) -> str:
        """The code of the reading that the target speaks of a decision; ours where that is not known."""
        from openapi.decisions import load_decisions

        known = self.context.readings.get(decision)
        return load_decisions()[decision].reading.code if known is None or known == "mixed" else known

    def place(self, *parts: str | int) -> str:
        """The key of `errors` that names a nested field, in the reading that the target speaks."""
        first, *rest = map(str, parts)
        return ".".join((first, *rest)) if self.reading("nested-errors") == "dots" else first + "".join(f"[{part}]" for part in rest)

    # Saying.

    def fault(
        self, exchange: Exchange | None, expected: str, seen: str | None = None, *, before: Sequence[Exchange] = (), operation: str | None = None
    ) -> None:
        """Notes a proof that the promise is broken; the check may go on."""
        self.checks += 1
        if seen is None:
            seen = "nothing" if exchange is None else shown(exchange)
        if operation is None and exchange is not None and exchange.operation is not None:
            operation = exchange.operation.id
        self.faults.append(Fault(expected, seen, exchange, operation or self._operation, tuple(before)))

    def check(self, fulfilled: bool, exchange: Exchange | None, expected: str, seen: str | None = None, *, before: Sequence[Exchange] = ()) -> bool:
        """Notes a fault unless it is fulfilled; returns whether it is."""
        self.checks += 1
        if exchange is not None and exchange.operation is not None:
            self.checked.add(exchange.operation.id)
        if not fulfilled:
            self.fault(exchange, expected, seen, before=before)
        return fulfilled

    def require(self, fulfilled: bool, exchange: Exchange | None, expected: str, seen: str | None = None, *, before: Sequence[Exchange] = ()) -> None:
        """The same, but where it is not fulfilled the case ends here."""
        if not self.check(fulfilled, exchange, expected, seen, before=before):
            raise Stop

    def expect(self, exchange: Exchange, *statuses: int, why: str = "", before: Sequence[Exchange] = ()) -> bool:
        """Notes a fault unless the answer has one of these statuses; `why` says what asks for it."""
        wanted = " or ".join(map(str, statuses))
        return self.check(exchange.status in statuses, exchange, f"{wanted}{f', {why}' if why else ''}", before=before)

    # Objects.

    def operation(self, collection: str, action: str) -> Operation:
        """The operation of a collection that does it; raises Unable where the contract has none."""
        resource = self.contract.resources.get(collection)
        found = None if resource is None else next((one for one in resource.operations.values() if one.action == action), None)
        if found is None:
            raise Unable(f"the contract has no operation that does {action} on {collection}")
        return found

    def body(self, collection: str, *, optional: bool = True, **given: Any) -> dict[str, Any]:
        """A body that a create of the collection takes; what it must point to is made first."""
        resource = self.contract.resources[collection]
        body = self.bodies.make(resource, lambda pointed: self.shared(pointed).id, optional=optional, **given)
        for name in self.unlike(collection):
            if name not in given and isinstance(body.get(name), str):
                body[name] = self._free(collection, name, body[name])
        return body

    def make(self, collection: str, *, optional: bool = True, **given: Any) -> CreatedObject:
        """A new object. Raises Unable where the target does not make it: that breaks the promises that are about it."""
        create = self.operation(collection, "create")
        body = self.body(collection, optional=optional, **given)
        exchange = self.call(create, json=body)
        return self.created(collection, body, exchange)

    def created(self, collection: str, body: Mapping[str, Any], exchange: Exchange) -> CreatedObject:
        """What an exchange that should have created an object created; Unable where it did not."""
        document = exchange.got.data
        if exchange.status not in (200, 201) or not isinstance(document, dict) or not isinstance(document.get("id"), int):
            raise Unable(f"an object of {collection} could not be made: {shown(exchange)}")
        if len(document) == 1:  # the reading `create-answer: id`
            document = self.found(collection, document["id"]) or document
        made = CreatedObject(collection, document, dict(body), exchange)
        self.context.created_objects.append(made)
        return made

    def shared(self, collection: str) -> CreatedObject:
        """An object to point to or to read, made once for the whole run; no check may change it."""
        if collection not in self.context.shared:
            if self.target.safe:
                raise Unable("--safe allows reads only")
            self.context.shared[collection] = self.make(collection)
        return self.context.shared[collection]

    def found(self, collection: str, id: int) -> Mapping[str, Any] | None:
        """An object as the target shows it: by its own operation, else in the list; None where it is not there."""
        try:
            read = self.operation(collection, "read")
        except Unable:
            return next((row for row in self.crawl(collection) if isinstance(row, dict) and row.get("id") == id), None)
        data = self.call(read, path={"id": id}).got.data
        return data if isinstance(data, dict) else None

    def crawl(self, collection: str, **query: Any) -> list[Any]:
        """Every row of a list, page by page; at most some thousands."""
        rows: list[Any] = []
        for page in self.pages(collection, **query):
            rows += page.got.rows
        return rows

    def pages(self, collection: str, **query: Any) -> Iterator[Exchange]:
        """The pages of a list, at the largest limit, until one is the last. Raises Unable where one is no list."""
        operation = self.operation(collection, "list")
        paged = self.is_paged(operation)
        limit = 100 if paged else None
        for number in range(1, _MOST_PAGES + 1):
            exchange = self.call(operation, query={**query, **({"page": number, "limit": limit} if paged else {})})
            if exchange.status != 200 or not isinstance(exchange.got.data, list):
                raise Unable(f"{operation.id} could not be read: {shown(exchange)}")
            yield exchange
            meta = exchange.got.envelope.get("meta")
            last = meta.get("total_pages") if isinstance(meta, dict) else None
            if not paged or not exchange.got.rows or (isinstance(last, int) and number >= last):
                return

    def unlike(self, collection: str) -> tuple[str, ...]:
        """The fields of which no two objects of the collection may have the same value, as the target reads the contract."""
        unique = tuple(self.contract.resources[collection].unique)
        shared = collection == "customers" and self.reading("duplicate-email") == "customers-too"
        return (*unique, "email") if shared and "email" not in unique else unique

    def is_paged(self, operation: Operation) -> bool:
        """Whether a list takes `page` and `limit`, as the target reads the contract."""
        named = {"page", "limit"} <= {one.name for one in operation.parameters}
        return named and (operation.resource == "customers" or self.reading("paging") == "all")

    def resource(self, collection: str) -> Resource:
        return self.contract.resources[collection]

    def _free(self, collection: str, name: str, value: str) -> str:
        """A value that no object of the collection has: the target's are looked up once."""
        place = f"{collection}.{name}"
        if place not in self.context.used_values:
            try:
                rows = self.crawl(collection)
            except Unable:
                rows = []
            self.context.used_values[place] = {str(row.get(name, "")).casefold() for row in rows if isinstance(row, dict)}
        taken, candidate, number = self.context.used_values[place], value, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{number}.{value}"
        taken.add(candidate.casefold())
        return candidate


def shown(exchange: Exchange) -> str:
    """What came back, in a line."""
    if exchange.answer is None:
        return f"no answer: {exchange.failure}"
    body = exchange.answer.body.decode("utf-8", "replace")
    return f"{exchange.status} {body[:300]}{'…' if len(body) > 300 else ''}".strip()


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are one; 1 and 1.0 are, True and 1 are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


__all__ = ["UNSET", "CreatedObject", "Probe", "RunContext", "same", "shown"]
