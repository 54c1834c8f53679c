"""Kills a server that delivers events, again and again, and sees what arrives: `python -m tests.crash.deliveries --kills 50`.

Invoices and payments are made over HTTP while the receiver fails half the time. At the end the clock is moved until no
delivery is pending, and then the documents, the log of events and what the receiver was sent must tell one story.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

from standardwebhooks import Webhook

from tests.asgi import ADMINISTRATOR
from tests.crash.client import Fault, Gone, Wire
from tests.crash.fork_server import MOMENTS
from tests.crash.receiver import Arrival, Receiver
from tests.crash.server_process import Nursery, Process, Way
from tests.crash.writers import API, CONTROL

Document = Mapping[str, Any]
PLACES: Mapping[str, tuple[str, ...]] = {"/all": ("invoice.created", "payment.received"), "/payments": ("payment.received",)}
"""The paths at which the receiver is registered, and for what."""
_KILLS_OF_A_LIFE = 25
_MOST_CALLS = 2000
_PAUSE = 0.005  # seconds between two requests: events are made faster than a workspace may send them
_SECONDS_TO_SETTLE = 240
_CHANGES_LATER = ("status", "updated_at")


@dataclass(frozen=True)
class Found:
    """What a server shows at the end."""

    invoices: Mapping[int, Document]
    transactions: Mapping[int, Document]
    events: Mapping[str, Document]
    deliveries: Mapping[int, Document]

    @classmethod
    def by(cls, wire: Wire) -> Found:
        events = list(wire.pages(f"{CONTROL}/events"))
        if len({one["id"] for one in events}) != len(events):
            raise Fault("the log lists an event twice")
        return cls(
            {one["id"]: one for one in wire.pages(f"{API}/invoices")},
            {one["id"]: one for one in wire.pages(f"{API}/transactions")},
            {one["id"]: one for one in events},
            {one["id"]: one for one in wire.pages(f"{CONTROL}/deliveries")},
        )


@dataclass
class Clerk:
    """Makes invoices and payments, and now and then lets the workspace's time pass; knows what was acknowledged to it."""

    dice: Random
    invoices: set[int] = field(default_factory=set)
    paid: set[int] = field(default_factory=set)
    incomes: set[int] = field(default_factory=set)
    _unpaid: list[int] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return len(self.invoices) + len(self.paid) + len(self.incomes)

    def work(self, address: str, until: Event) -> None:
        """Until the server is gone, or it is told to stop."""
        wire = Wire(address, ADMINISTRATOR)
        try:
            while not until.wait(_PAUSE):
                self._step(wire)
        except Gone:
            pass
        finally:
            wire.close()

    def _step(self, wire: Wire) -> None:
        what = self.dice.random()
        if what < 0.5 or not self._unpaid:
            items = [{"description": "work", "amount": 10, "qty": 4}]
            body = {"customer_id": 1, "date": "2025-03-01", "due_date": "2025-04-01", "items": items}
            id = wire.send("POST", f"{API}/invoices", body)["data"]["id"]
            self.invoices.add(id)
            self._unpaid.append(id)
        elif what < 0.7:
            income = {"type": "Income", "account_id": 1, "amount": 5, "date": "2025-03-01"}
            self.incomes.add(wire.send("POST", f"{API}/transactions", income)["data"]["id"])
        elif what < 0.8:
            wire.send("POST", f"{API}/transactions", {"type": "Expense", "account_id": 1, "amount": 5, "date": "2025-03-01"})
        elif what < 0.95:
            id = self._unpaid.pop(0)
            wire.send("POST", f"{CONTROL}/invoices/{id}/payments", {"amount": 40})
            self.paid.add(id)
        else:
            wire.send("POST", f"{CONTROL}/clock/advance", {"by": f"PT{self.dice.choice((5, 60, 600))}S"})


@dataclass
class Tally:
    """What was done."""

    kills: int = 0
    acknowledged: int = 0
    events: int = 0
    arrivals: int = 0
    failures: int = 0
    twice: int = 0
    """How many arrived again though they had been answered with a success, which the killed server had not written down."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


class Life:
    """One data directory and one receiver from their beginning to their end; all chances come from the seed."""

    def __init__(self, nursery: Nursery, receiver: Receiver, seed: int) -> None:
        self._nursery, self._receiver, self._dice = nursery, receiver, Random(seed)
        self._durability = self._dice.choice(("os", "power"))
        self._clerk = Clerk(Random(seed + 1))
        self._secrets: dict[str, str] = {}

    def pass_by(self, kills: int) -> Tally:
        """Raises Fault for the first promise that is broken."""
        (self._nursery.place / "sandbox.toml").write_text("allow_local_webhooks = true\n", encoding="utf-8")
        self._begin()
        for _ in range(kills):
            self._round()
        found = self._settled()
        acknowledged(self._clerk, found)
        check(found, self._receiver.arrivals, self._secrets)
        arrivals = self._receiver.arrivals
        successes = Counter((one.path, one.id) for one in arrivals if one.answered == 200)
        return Tally(
            kills=kills,
            acknowledged=self._clerk.acknowledged,
            events=len(found.events),
            arrivals=len(arrivals),
            failures=sum(one.answered != 200 for one in arrivals),
            twice=sum(count - 1 for count in successes.values()),
        )

    def _begin(self) -> None:
        """A customer to bill, and the webhooks, with nobody being killed."""
        process = self._nursery.start(Way(self._durability))
        try:
            wire = self._wire(process)
            wire.send("POST", f"{API}/customers", {"account": "Whom all is billed to"})
            for path, events in PLACES.items():
                asked = {"url": self._receiver.address + path, "events": list(events)}
                self._secrets[path] = wire.send("POST", f"{API}/webhooks", asked)["data"]["secret"]
            wire.close()
            process.stop()
        finally:
            process.kill()

    def _round(self) -> None:
        process = self._nursery.start(self._way())
        try:
            address = process.address()
            if address is None:
                return  # it was killed before it was ready
            until = Event()
            with ThreadPoolExecutor(1) as pool:
                work = pool.submit(self._clerk.work, address, until)
                try:
                    process.live(self._dice.uniform(0.1, 0.9))
                finally:
                    process.kill()
                    until.set()
            work.result()
        finally:
            process.kill()

    def _way(self) -> Way:
        """Killed from outside, or by itself at one of its calls of the system."""
        if self._dice.random() < 0.5:
            return Way(self._durability)
        return Way(self._durability, 0, round(_MOST_CALLS ** self._dice.uniform(0.5, 1)), self._dice.choice(MOMENTS))

    def _settled(self) -> Found:
        """What is there once the clock was moved until nothing is pending."""
        process = self._nursery.start(Way(self._durability))
        try:
            wire = self._wire(process)
            deadline = time.monotonic() + _SECONDS_TO_SETTLE
            while wire.send("GET", f"{CONTROL}/deliveries?status=pending&limit=1")["data"]:
                if time.monotonic() > deadline:
                    raise Fault(f"deliveries are still pending after {_SECONDS_TO_SETTLE} seconds")
                wire.send("POST", f"{CONTROL}/clock/advance", {"by": "P1D"})
                Event().wait(0.1)
            found = Found.by(wire)
            wire.close()
            process.stop()
            return found
        finally:
            process.kill()

    def _wire(self, process: Process) -> Wire:
        address = process.address()
        assert address is not None
        return Wire(address, ADMINISTRATOR)


def acknowledged(clerk: Clerk, found: Found) -> None:
    """Raises Fault where something that was acknowledged is not there."""
    paid = {id for id, one in found.invoices.items() if one["status"] == "Paid"}
    for name, ours, theirs in (
        ("invoices", clerk.invoices, found.invoices.keys()), ("payments of", clerk.paid, paid), ("incomes", clerk.incomes, found.transactions.keys())
    ):  # fmt: skip
        if lost := ours - theirs:
            raise Fault(f"{name} {sorted(lost)} were acknowledged, and are lost")


def check(found: Found, arrivals: Iterable[Arrival], secrets: Mapping[str, str]) -> None:
    """Raises Fault where documents, log and receiver do not tell one story, for which all must be delivered."""
    _one_event_each(found)
    by_event: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for one in arrivals:
        by_event[one.path, one.id].append(one)
    for event in found.events.values():
        for path, events in PLACES.items():
            came = by_event.pop((path, event["id"]), [])
            if event["type"] in events:
                _arrived(event, path, came, secrets[path])
            elif came:
                raise Fault(f"{event['id']} arrived at {path}, which is not subscribed to {event['type']}")
    if by_event:
        raise Fault(f"what arrived is not in the log: {sorted(by_event)}")
    _the_log_shows_it(found)


def _one_event_each(found: Found) -> None:
    """Each invoice and each income has exactly one event, which holds it, and there is no other."""
    incomes = {id: one for id, one in found.transactions.items() if one["type"] == "Income"}
    for type, objects in (("invoice.created", found.invoices), ("payment.received", incomes)):
        told = Counter(one["data"]["id"] for one in found.events.values() if one["type"] == type)
        for id in objects.keys() | told.keys():
            if told[id] != int(id in objects):
                raise Fault(f"{type} of {id}, which is {'there' if id in objects else 'not there'}, stands {told[id]} times in the log")
    for event in found.events.values():
        there = (found.invoices if event["type"] == "invoice.created" else incomes)[event["data"]["id"]]
        if _lasting(event["data"]) != _lasting(there):
            raise Fault(f"{event['id']} tells {event['data']}, but there is {there}")


def _lasting(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in _CHANGES_LATER}


def _arrived(event: Document, path: str, came: list[Arrival], secret: str) -> None:
    """At least once with a success, each time with the same body, which the log has too, and rightly signed."""
    if not any(one.answered == 200 for one in came):
        raise Fault(f"{event['id']} never arrived at {path} with a success, but {len(came)} times without")
    if len({one.body for one in came}) != 1:
        raise Fault(f"{event['id']} arrived at {path} with different bodies: {sorted({one.body for one in came})}")
    if json.loads(came[0].body) != {name: event[name] for name in ("id", "type", "created_at", "data")}:
        raise Fault(f"{event['id']} arrived as {came[0].body!r}, but the log has {event}")
    for one in came:
        moment = datetime.fromtimestamp(int(one.headers["webhook-timestamp"]), UTC)
        signed = Webhook(secret).sign(event["id"], moment, one.body.decode())
        if one.headers["webhook-signature"] != signed:
            raise Fault(f"{event['id']} arrived at {path} with a wrong signature")


def _the_log_shows_it(found: Found) -> None:
    """Each event has one delivery for each webhook that is subscribed, and its last attempt was the success."""
    wanted = {(event["id"], path) for event in found.events.values() for path, events in PLACES.items() if event["type"] in events}
    shown = Counter((one["event_id"], "/" + one["url"].rpartition("/")[2]) for one in found.deliveries.values())
    for event, path in wanted | shown.keys():
        if shown[event, path] != int((event, path) in wanted):
            raise Fault(f"the log shows {shown[event, path]} deliveries of {event} to {path}")
    for one in found.deliveries.values():
        codes = [attempt["status_code"] for attempt in one["attempts"]]
        if one["status"] != "delivered" or codes[-1:] != [200] or 200 in codes[:-1]:
            raise Fault(f"delivery {one['id']} of {one['event_id']} is {one['status']} after {codes}")


def trial(kills: int, seed: int, of_a_life: int = _KILLS_OF_A_LIFE) -> Tally:
    """So many kills, in lives with seeds from this one on. Raises Fault, which names the life's seed."""
    tally = Tally()
    for number, begun in enumerate(range(0, kills, of_a_life)):
        with tempfile.TemporaryDirectory(prefix="crash-") as place, Nursery(Path(place)) as nursery, Receiver(seed + number) as receiver:
            try:
                tally += Life(nursery, receiver, seed + number).pass_by(min(of_a_life, kills - begun))
            except Fault as fault:
                raise Fault(f"life {seed + number}: {fault}") from fault
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.monotonic()
    try:
        tally = trial(asked.kills, asked.seed)
    except Fault as fault:
        print(fault)
        return 1
    print(
        f"{tally.kills} kills in {time.monotonic() - begun:.0f} s; {tally.acknowledged:,} acknowledged requests; {tally.events:,} events, none lost, "
        f"each under one id with one body; {tally.arrivals:,} calls, of which the receiver refused {tally.failures:,}; "
        f"{tally.twice} came again since the killed server had not written down their success"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
