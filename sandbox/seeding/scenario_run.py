"""Runs a scenario: who comes into being when, who pays, what becomes of whom, each in a transaction of its own.

A moment never comes before one that has passed, so that the world's times are in order by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from jsonschema_rs import Draft4Validator

from openapi.contract import Resource
from openapi.schemas import Direction, Schema, json_schema
from sandbox.engine import Engine
from sandbox.engine.unit_of_work import Work
from sandbox.errors import Invalid, StartError
from sandbox.progress import Progress
from sandbox.seeding.body_factory import BodyFactory
from sandbox.seeding.fixed_objects import written_out
from sandbox.seeding.fixture_files import Group, Scenario
from sandbox.seeding.payments import ACTION, Installment, installments, paid_invoices
from sandbox.seeding.schema_values import GenerationContext
from sandbox.seeding.scratch_store import ScratchStore
from sandbox.seeding.server_fields_check import ServerFieldsCheck
from sandbox.seeding.timeline import some_time_after, working_moments
from sandbox.state.documents import Document

_EVERY = 250  # objects, the progress is told; payments and the like come between and are not counted
_ATTEMPTS = 20  # at a body that breaks no rule, such as an address that nobody else has
_SOONEST, _LATEST = timedelta(hours=1), timedelta(days=10)  # until something becomes of an object


class ScenarioRun:
    """One scenario and seed. Each collection has chances of its own, so that one more of them leaves the others alone."""

    def __init__(self, engine: Engine, bodies: BodyFactory, scenario: Scenario, seed: int, *, with_payments: bool) -> None:
        self._engine, self._bodies, self._scenario, self._seed = engine, bodies, scenario, seed
        self._payments = scenario.payments if with_payments else None
        self._groups = {name: _group(scenario, resource) for name, resource in engine.contract.resources.items()}
        self._rngs = {name: self._chances(name) for name in self._groups}
        self._fates: dict[str, list[dict[str, str]]] = {}
        self._in_full: frozenset[int] = frozenset()
        self._paid: frozenset[int] = frozenset()
        self._needs = {name: tuple(_needed(resource)) for name, resource in engine.contract.resources.items()}
        self._server_fields = ServerFieldsCheck(engine.contract, scenario.name)
        self._created: Counter[str] = Counter()
        self._early: Counter[str] = Counter()
        self._agenda: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()

    def run(self, store: ScratchStore, progress: Progress | None = None) -> None:
        """Makes it all happen in a store."""
        self._scratch, self._progress = store, progress
        for name, group in self._groups.items():
            self._plan(name, group)
        self._altogether = len(self._agenda)
        while self._agenda:
            moment, _, happens = heappop(self._agenda)
            store.clock.set(moment)
            happens()
        if progress is not None:
            progress(self._altogether, self._altogether)

    def _chances(self, *what: str) -> Random:
        return Random("/".join((self._scenario.name, str(self._seed), *what)))  # noqa: S311  # a world, no secret

    def _plan(self, name: str, group: Group) -> None:
        rng, ends = self._chances(name, "plan"), self._scenario.date
        moments = working_moments(rng, group.starts, group.ends, group.count)
        for moment in moments:
            self._at(moment, partial(self._one_more, name))
        self._fates[name] = _fates(rng, self._engine.contract.resources[name], group)
        if self._payments is not None and name == ACTION[0]:
            self._in_full, in_part = paid_invoices(rng, self._payments, moments, len(group.first), ends)
            self._paid = self._in_full | in_part

    def _at(self, moment: datetime, happens: Callable[[], object]) -> None:
        heappush(self._agenda, (moment, next(self._order), happens))

    def _one_more(self, name: str) -> None:
        if self._early[name]:
            self._early[name] -= 1
        else:
            self._make(name, frozenset())

    def _make(self, name: str, for_whom: frozenset[str]) -> bool:
        """One object, and before it one of each collection that it must point into and that is empty as yet.

        False where there can be none: it would have to point into a collection that stays empty, or to itself.
        """
        for collection in self._needs[name]:
            if self._scratch.ids(collection):
                continue
            if collection in {*for_whom, name} or not self._groups[collection].count or not self._make(collection, for_whom | {name}):
                return False
            self._early[collection] += 1
        place = self._created[name]
        self._created[name] += 1
        first = self._groups[name].first
        document = self._store(name, first[place] if place < len(first) else {})
        self._what_follows(name, place, document["id"])
        if self._progress is not None and (made := self._created.total()) % _EVERY == 0:
            self._progress(made, self._altogether)
        return True

    def _store(self, name: str, given: Mapping[str, Any]) -> Document:
        for _ in range(_ATTEMPTS):
            try:
                tx = self._scratch.begin()
                body = self._bodies.make(name, given, GenerationContext(self._rngs[name], tx.now, self._scratch.ids))
                document = self._engine.create(tx, name, body)
                self._server_fields.check(name, document)
                self._scratch.commit(tx)
                return document
            except Invalid as refusal:
                errors = refusal.errors
        what = "; ".join(f"{field}: {error}" for field, error in errors.items())
        raise StartError(f"the scenario {self._scenario.name} cannot make another of {name}: {what}")

    def _what_follows(self, name: str, place: int, id: int) -> None:
        rng, now, ends = self._rngs[name], self._scratch.clock.now(), self._scenario.date
        if fate := self._fates[name][place]:
            self._at(some_time_after(rng, now, _SOONEST, _LATEST, ends), partial(self._amend, name, id, fate))
        if name == ACTION[0] and self._payments is not None and place in self._paid:
            for installment in installments(rng, self._payments, now, place in self._in_full, ends):
                self._at(installment.moment, partial(self._pay, id, installment))

    def _amend(self, name: str, id: int, fields: Mapping[str, str]) -> None:
        tx = self._scratch.begin()
        Work(tx, self._engine).amend(name, id, fields)
        self._scratch.commit(tx)

    def _pay(self, id: int, installment: Installment) -> None:
        resource, action = ACTION
        tx = self._scratch.begin()
        invoice = Work(tx, self._engine).existing(resource, id)
        payment = {"amount": installment.amount(invoice), "account_id": installment.account, "date": tx.today.isoformat()}
        self._engine.act(tx, resource, action, {"id": id}, payment)
        self._scratch.commit(tx)


def _group(scenario: Scenario, resource: Resource) -> Group:
    """What a collection gets: nothing where nobody can create anything, and `others` where the scenario does not know it.

    Those others begin when there is something of all that it does know.
    """
    starts = max((group.starts for group in scenario.collections.values()), default=scenario.date)
    if not resource.input:
        return Group(0, starts, scenario.date, (), {})
    group = scenario.collections.get(resource.name) or Group(scenario.others, starts, scenario.date, (), {})
    return replace(group, first=tuple(written_out(one, resource.input) for one in group.first))


def _fates(rng: Random, resource: Resource, group: Group) -> list[dict[str, str]]:
    """By place, what becomes of each object; fields and values that the contract lacks are left out."""
    fates: list[dict[str, str]] = [{} for _ in range(group.count)]
    for field, values in group.becomes.items():
        part = resource.schema.get("properties", {}).get(field)
        if part is None:
            continue
        allowed = Draft4Validator(json_schema(part, Direction.ANSWER)).is_valid
        ends = [value for value, times in values.items() for _ in range(times)]
        for place, value in zip(rng.sample(range(group.count), len(ends)), ends, strict=True):
            if allowed(value):
                fates[place][field] = value
    return fates


def _needed(resource: Resource) -> Iterator[str]:
    """The collections that every object of a resource must point into."""
    for reference in resource.references:
        if _must_stand(resource.input, reference.path):
            yield reference.collection


def _must_stand(schema: Schema, path: Sequence[str]) -> bool:
    if not path:
        return True
    step, rest = path[0], path[1:]
    if step == "*":
        return schema.get("minItems", 0) > 0 and _must_stand(schema.get("items", {}), rest)
    part = schema.get("properties", {}).get(step, {})
    return step in schema.get("required", ()) and not part.get("readOnly") and _must_stand(part, rest)
