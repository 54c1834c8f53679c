"""One client that has a workspace to itself and commands it: resets, undoes, snapshots, restores, clock, keys, limits, and writes.

It knows the whole state that the workspace must show. Each command says what it makes of a state, so that after a kill
the state must be the one from before it, or the one that it makes, and no third one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from threading import Event
from typing import Any

from tests.crash.client import Fault, Gone, Wire
from tests.crash.state import AUTOMATIC, Documents, Past, State, counters_of, same
from tests.crash.writers import API, CONTROL

WORLDS = (("empty", 0), ("demo", 1), ("demo", 2))
_MOST_SNAPSHOTS = 4


@dataclass(frozen=True)
class Step:
    """One request, and what may be there after it: `made(before, after)` raises Fault, or gives the counters of `after`."""

    method: str
    target: str
    body: Any
    made: Callable[[State, State], Mapping[str, int]]


@dataclass
class Commander:
    """`worlds` are what resets lead to, by scenario and seed."""

    worlds: Mapping[tuple[str, int], Documents]
    dice: Random
    state: State | None = None
    counters: Mapping[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    half_way: int = 0
    """How many resets were killed between their snapshot and what they reset, which leaves a snapshot more, and nothing else."""
    _pasts: dict[str, Past] = field(default_factory=dict)
    _pending: Step | None = None
    _is_acknowledged: bool = False
    _words: count[int] = field(default_factory=lambda: count(1))

    def command(self, address: str, key: str, until: Event) -> None:
        """Until the server is gone, or it is told to stop."""
        wire = Wire(address, key)
        try:
            while not until.is_set():
                assert self.state is not None
                self._pending = step = self._next(self.state)
                wire.send(step.method, step.target, step.body)
                self._is_acknowledged = True
                self.acknowledged += 1
                self._take(step, State.by(wire))
        except Gone:
            pass
        finally:
            wire.close()

    def settle(self, found: State) -> None:
        """Compare what is there after a restart. Raises Fault where it is neither the state before what was in flight nor after it."""
        if self.state is None:
            self.state, self.counters = found, counters_of(found.documents)
        step, before = self._pending, self.state
        if step is None or (found == before and not self._is_acknowledged):
            same(before, found)
        elif not self._is_acknowledged and _only_begun(step, before, found):
            self.half_way += 1
            self._remember(before, found)
            self.state = found
        else:
            self._take(step, found)
        self._pending, self._is_acknowledged = None, False

    def _take(self, step: Step, after: State) -> None:
        assert self.state is not None
        try:
            counters = step.made(self.state, after)
        except Fault as fault:
            told = "acknowledged" if self._is_acknowledged else "in flight"
            raise Fault(f"{step.method} {step.target} {step.body} was {told}: {fault}") from None
        self._remember(self.state, after)
        self.state, self.counters = after, counters
        self._pending, self._is_acknowledged = None, False

    def _remember(self, before: State, after: State) -> None:
        """What a new snapshot holds is what was there before it was taken."""
        for name in after.snapshots.keys() - before.snapshots.keys():
            self._pasts[name] = Past(before.documents, self.counters)
            if after.snapshots[name] != sum(map(len, before.documents.values())):
                raise Fault(f"the snapshot {name} holds {after.snapshots[name]} documents, but there were others")

    def _next(self, state: State) -> Step:
        steps = [self._customer, self._customer, self._batch, self._take_snapshot, self._advance, self._create_key, self._limit]
        steps += [self._reset, self._reset, self._reset]
        if state.documents["customers"]:
            steps += [self._invoice, self._invoice]
        if any(one["status"] == "Unpaid" and one["amount"] >= 1 for one in state.documents["invoices"].values()):
            steps += [self._pay, self._pay]
        if state.own_snapshots:
            steps += [self._restore, self._restore, self._delete_snapshot]
        if state.reset["undo"] is not None:
            steps.append(self._undo)
        if _revocable(state):
            steps.append(self._revoke_key)
        if len(state.own_snapshots) >= _MOST_SNAPSHOTS:
            return self._delete_snapshot()
        return self.dice.choice(steps)()

    # Documents.

    def _customer(self) -> Step:
        word = f"commander {next(self._words)}"

        def made(before: State, after: State) -> Mapping[str, int]:
            return self._added(before, after, customers=[{"account": word}])

        return Step("POST", f"{API}/customers", {"account": word}, made)

    def _batch(self) -> Step:
        wanted = [{"account": f"commander {next(self._words)}"} for _ in range(self.dice.randint(2, 60))]

        def made(before: State, after: State) -> Mapping[str, int]:
            return self._added(before, after, customers=wanted)

        return Step("POST", f"{API}/batch/customers", {"customers": wanted}, made)

    def _invoice(self) -> Step:
        assert self.state is not None
        body = {
            "customer_id": self.dice.choice(list(self.state.documents["customers"])),
            "date": "2025-03-01",
            "due_date": "2025-04-01",
            "items": [{"description": "work", "amount": 10, "qty": 4}],
        }
        number = f"INV-2025-{self.counters.get('2025', 0) + 1:03d}"

        def made(before: State, after: State) -> Mapping[str, int]:
            counters = self._added(before, after, invoices=[{**body, "invoice_number": number}])
            return {**counters, "2025": self.counters.get("2025", 0) + 1}

        return Step("POST", f"{API}/invoices", body, made)

    def _pay(self) -> Step:
        assert self.state is not None
        invoices = self.state.documents["invoices"].values()
        chosen = self.dice.choice([one for one in invoices if one["status"] == "Unpaid" and one["amount"] >= 1])

        def made(before: State, after: State) -> Mapping[str, int]:
            paid = after.documents["invoices"].get(chosen["id"], {})
            if paid.get("status") not in ("Paid", "Partially Paid"):
                raise Fault(f"invoice {chosen['id']} is not paid: {paid}")
            invoices = {**before.documents["invoices"], chosen["id"]: paid}
            before = replace(before, documents={**before.documents, "invoices": invoices})
            return self._added(before, after, transactions=[{"amount": 1, "description": f"Payment of {chosen['invoice_number']}"}])

        return Step("POST", f"{CONTROL}/invoices/{chosen['id']}/payments", {"amount": 1}, made)

    def _added(self, before: State, after: State, **wanted: list[Any]) -> Mapping[str, int]:
        """These documents came to those that were there, under the next ids; nothing else happened."""
        ((name, expected),) = wanted.items()
        last = self.counters.get(name, 0)
        new = range(last + 1, last + 1 + len(expected))
        table = after.documents[name]
        for id, fields in zip(new, expected, strict=True):
            if id not in table or any(table[id][key] != value for key, value in fields.items()):
                raise Fault(f"{name}/{id} should hold {fields}, but is {table.get(id)}")
        rest = {id: one for id, one in table.items() if id not in new}
        same(before, replace(after, documents={**after.documents, name: rest}))
        return {**self.counters, name: new.stop - 1}

    # The world as a whole.

    def _reset(self) -> Step:
        scenario, seed = self.dice.choice(WORLDS)

        def made(before: State, after: State) -> Mapping[str, int]:
            documents = self.worlds[scenario, seed]
            wanted = {"scenario": scenario, "seed": seed, "pinned": None, "next_reset": None}
            if any(after.reset[name] != value for name, value in wanted.items()):
                raise Fault(f"the workspace says of its reset {after.reset}")
            if after.reset["undo"] not in after.snapshots.keys() - before.snapshots.keys():
                raise Fault(f"no snapshot was taken: {after.reset}, {list(after.snapshots)}")
            gone = before.snapshots.keys() - after.snapshots.keys()
            if len(after.snapshots) <= 100 and gone:
                raise Fault(f"the reset took snapshots away: {gone}")
            same(replace(before, documents=documents, offset="PT0S", reset=after.reset, snapshots=after.snapshots), after)
            return counters_of(documents)

        return Step("POST", f"{CONTROL}/reset", {"scenario": scenario, "seed": seed}, made)

    def _undo(self) -> Step:
        assert self.state is not None
        past = self._pasts[self.state.reset["undo"]]

        def made(before: State, after: State) -> Mapping[str, int]:
            same(replace(before, documents=past.documents, reset={**before.reset, "undo": None}), after)
            return past.counters

        return Step("POST", f"{CONTROL}/reset/undo", None, made)

    def _take_snapshot(self) -> Step:
        name = f"taken-{next(self._words)}"

        def made(before: State, after: State) -> Mapping[str, int]:
            size = sum(map(len, before.documents.values()))
            same(replace(before, snapshots={**before.snapshots, name: size}), after)
            return self.counters

        return Step("POST", f"{CONTROL}/snapshots", {"name": name}, made)

    def _restore(self) -> Step:
        assert self.state is not None
        name = self.dice.choice(self.state.own_snapshots)

        def made(before: State, after: State) -> Mapping[str, int]:
            same(replace(before, documents=self._pasts[name].documents), after)
            return self._pasts[name].counters

        return Step("POST", f"{CONTROL}/snapshots/{name}/restore", None, made)

    def _delete_snapshot(self) -> Step:
        assert self.state is not None
        name = self.dice.choice(self.state.own_snapshots)

        def made(before: State, after: State) -> Mapping[str, int]:
            same(replace(before, snapshots={one: size for one, size in before.snapshots.items() if one != name}), after)
            return self.counters

        return Step("DELETE", f"{CONTROL}/snapshots/{name}", None, made)

    # What is the workspace's own.

    def _advance(self) -> Step:
        def made(before: State, after: State) -> Mapping[str, int]:
            days = int(before.offset.strip("PTDS") or 0) + 1
            same(replace(before, offset=f"P{days}D"), after)
            return self.counters

        return Step("POST", f"{CONTROL}/clock/advance", {"by": "P1D"}, made)

    def _create_key(self) -> Step:
        label = f"key {next(self._words)}"

        def made(before: State, after: State) -> Mapping[str, int]:
            new = [one for id, one in after.keys.items() if id not in before.keys]
            if [one["label"] for one in new] != [label] or new[0]["id"] != max(before.keys) + 1:
                raise Fault(f"the new keys are {new}")
            same(replace(before, keys={**before.keys, new[0]["id"]: new[0]}), after)
            return self.counters

        return Step("POST", f"{CONTROL}/keys", {"label": label, "role": "staff"}, made)

    def _revoke_key(self) -> Step:
        assert self.state is not None
        id = self.dice.choice(_revocable(self.state))

        def made(before: State, after: State) -> Mapping[str, int]:
            if after.keys[id]["revoked_at"] is None:
                raise Fault(f"the key {id} is not revoked")
            same(replace(before, keys={**before.keys, id: after.keys[id]}), after)
            return self.counters

        return Step("DELETE", f"{CONTROL}/keys/{id}", None, made)

    def _limit(self) -> Step:
        limit = self.dice.randint(100_000, 1_000_000)

        def made(before: State, after: State) -> Mapping[str, int]:
            same(replace(before, limit={"limit": limit, "window": 3600, "default": False}), after)
            return self.counters

        return Step("PUT", f"{CONTROL}/rate-limit", {"limit": limit, "window": 3600}, made)


def _revocable(state: State) -> list[int]:
    """The keys that were made here: the one that all this is done with must stay."""
    return [id for id, one in state.keys.items() if one["label"].startswith("key ") and one["revoked_at"] is None]


def _only_begun(step: Step, before: State, found: State) -> bool:
    """Whether this is a reset that was killed when it had taken its snapshot, and nothing else of it was done."""
    new = found.snapshots.keys() - before.snapshots.keys()
    begun = step.target == f"{CONTROL}/reset" and len(new) == 1 and all(name.startswith(AUTOMATIC) for name in new)
    return begun and replace(found, snapshots=before.snapshots) == before
