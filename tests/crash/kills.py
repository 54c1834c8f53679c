"""Kills a server that is written to, again and again, and sees what is there afterwards: `python -m tests.crash.kills --kills 200`.

A life is a data directory, some clients, and a server that is killed and started upon it so many times. One workspace is
written to by several clients at once, another one is commanded by a client that knows all of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event

from tests.asgi import ADMINISTRATOR, OTHER, Sandbox, sandbox_of
from tests.crash.client import Fault, Wire
from tests.crash.commander import WORLDS, Commander
from tests.crash.fork_server import MOMENTS
from tests.crash.server_process import Nursery, Process, Way
from tests.crash.state import COLLECTIONS, Documents, State
from tests.crash.writers import Document, Found, Numbers, Writer, compare

_WRITERS = 4
_SOON = 20_000  # bytes, so that journals are compacted many times in a life
_KILLS_OF_A_LIFE = 20
_MOST_CALLS = 400  # a server that is to kill itself does so by this call at the latest


@dataclass
class Tally:
    """What was done: kills by their kind, acknowledged requests, and resets of which nothing but the snapshot was made."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    resets_begun: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.kills + other.kills, self.acknowledged + other.acknowledged, self.resets_begun + other.resets_begun)


class Life:
    """One data directory from its beginning to its end; all chances come from the seed."""

    def __init__(self, nursery: Nursery, seed: int, worlds: Mapping[tuple[str, int], Documents]) -> None:
        self._nursery, self._dice = nursery, Random(seed)
        self._durability = self._dice.choice(("os", "power"))
        self._numbers = Numbers()
        self._writers = [Writer(f"writer {number}", seed * 100 + number, self._numbers) for number in range(_WRITERS)]
        self._commander = Commander(worlds, Random(seed * 100 + 99))
        self.tally = Tally()

    def pass_by(self, kills: int) -> Tally:
        """Raises Fault for the first promise that is broken."""
        while self.tally.kills.total() < kills:
            self._round()
        self._end_well()
        self.tally.acknowledged = self._commander.acknowledged + sum(one.acknowledged for one in self._writers)
        self.tally.resets_begun = self._commander.half_way
        return self.tally

    def _round(self) -> None:
        way = self._way()
        process = self._nursery.start(way)
        try:
            if self._dice.random() < 0.08:  # a start is no safer than what follows
                process.live(self._dice.uniform(0, 0.4))
                process.kill()
                self._count("while it started")
                return
            address = process.address()
            if address is None:
                self._count("by itself, while it started")
                return
            self._look(address)
            self._write(process, address, self._dice.uniform(0.05, 0.5) if not way.strike else 3)
            self._count("by itself, " + way.moment if way.strike else "from outside")
        finally:
            process.kill()

    def _way(self) -> Way:
        dice = self._dice
        tail = _SOON if dice.random() < 0.7 else 0
        if dice.random() < 0.5:
            return Way(self._durability, tail)
        return Way(self._durability, tail, round(_MOST_CALLS ** dice.uniform(0.4, 1)), dice.choice(MOMENTS))

    def _look(self, address: str) -> None:
        """The server is as it should be after a restart: nothing lost, nothing half there."""
        wire, other = Wire(address, ADMINISTRATOR), Wire(address, OTHER)
        try:
            found = Found.by(wire)
            for writer in self._writers:
                writer.settle(found)
            compare(self._writers, found)
            self._commander.settle(State.by(other))
        finally:
            wire.close()
            other.close()

    def _write(self, process: Process, address: str, seconds: float) -> None:
        """The clients at work until the server is dead: all, or the commander alone, who then gets on faster."""
        until = Event()
        writers = self._writers if self._dice.random() < 0.6 else []
        with ThreadPoolExecutor(_WRITERS + 1) as pool:
            work = [pool.submit(one.write, address, ADMINISTRATOR, until) for one in writers]
            work.append(pool.submit(self._commander.command, address, OTHER, until))
            try:
                process.live(seconds)
            finally:
                process.kill()
                until.set()
        for one in work:
            one.result()

    def _end_well(self) -> None:
        """At last it is seen once more, ends as servers do, and all is there again."""
        for _ in range(2):
            process = self._nursery.start(Way(self._durability))
            try:
                address = process.address()
                assert address is not None
                self._look(address)
                process.stop()
            finally:
                process.kill()

    def _count(self, kind: str) -> None:
        self.tally.kills[kind] += 1


def learned() -> Mapping[tuple[str, int], Documents]:
    """What resets lead to, as a server shows it that keeps nothing on a disk."""
    worlds: dict[tuple[str, int], Documents] = {}
    server = sandbox_of()
    server.base = ""
    try:
        for scenario, seed in WORLDS:
            assert server.post("/_sandbox/reset", {"scenario": scenario, "seed": seed}).status == 200
            worlds[scenario, seed] = {name: _all(server, name) for name in COLLECTIONS}
    finally:
        server.close()
    return worlds


def _all(server: Sandbox, name: str) -> dict[int, Document]:
    found: dict[int, Document] = {}
    page, last = 1, 1
    while page <= last:
        answer = server.get(f"/_sandbox/documents/{name}?limit=100&page={page}").json
        found |= {one["id"]: one for one in answer["data"]}
        page, last = page + 1, answer["meta"]["total_pages"]
    return found


def trial(kills: int, seed: int, jobs: int = 1, of_a_life: int = _KILLS_OF_A_LIFE) -> Tally:
    """So many kills, in lives with seeds from this one on, `jobs` of them at a time. Raises Fault, which names the life's seed."""
    worlds = learned()
    lives = [min(of_a_life, kills - begun) for begun in range(0, kills, of_a_life)]

    def live(number: int) -> Tally:
        with tempfile.TemporaryDirectory(prefix="crash-") as place, Nursery(Path(place)) as nursery:
            try:
                return Life(nursery, seed + number, worlds).pass_by(lives[number])
            except Fault as fault:
                raise Fault(f"life {seed + number}: {fault}") from fault

    with ThreadPoolExecutor(jobs) as pool:
        return sum(pool.map(live, range(len(lives))), Tally())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="how many servers live at a time")
    asked = parser.parse_args()
    begun = time.monotonic()
    try:
        tally = trial(asked.kills, asked.seed, asked.jobs)
    except Fault as fault:
        print(fault)
        return 1
    kinds = ", ".join(f"{count} {kind}" for kind, count in tally.kills.most_common())
    print(
        f"{tally.kills.total()} kills ({kinds}) in {time.monotonic() - begun:.0f} s; {tally.acknowledged:,} acknowledged requests, none lost, "
        f"none half there; no number given twice; {tally.resets_begun} resets ended after their snapshot, with nothing else changed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
