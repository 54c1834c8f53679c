"""Histories of a workspace on disk, and what becomes of them when bits flip: `python -m tests.state.damage --flips 10000`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sandbox.errors import StartError
from sandbox.state.changes import Changes
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.documents import Document
from sandbox.state.image import Image

WORLD = Image(
    {
        "customers": {number: {"id": number, "account": f"Seeded {number}", "email": None} for number in range(1, 6)},
        "invoices": {1: {"id": 1, "customer_id": 2, "items": [{"qty": 1, "amount": 19.99}]}},
    },
    {"id/customers": 7, "id/invoices": 1, "invoice_number/2024": 1},
)


@dataclass(frozen=True)
class History:
    """A directory, and the states that it went through, oldest first."""

    directory: Path
    states: list[Image]

    @property
    def journal(self) -> Path:
        return self.directory / "journal"

    def load(self) -> Image:
        """What a new server finds. StartError where it refuses."""
        persistence = DiskPersistence(self.journal, self.directory / "pool")
        try:
            image = persistence.load()
        finally:
            persistence.close()
        assert image is not None
        return image


def history(directory: Path, *, based: bool, commits: int = 36) -> History:
    """A history of mixed commits, upon a base or upon nothing."""
    dice = Random(commits)
    persistence = DiskPersistence(directory / "journal", directory / "pool")
    begin = WORLD if based else Image()
    own = Changes({"_facts": {1: {"id": 1, "scenario": "demo"}}}, {"id/_facts": 1})
    persistence.rewrite(begin, own, ())
    states = [after(begin, own)]
    for number in range(commits):
        changes = _commit(dice, states[-1], number)
        persistence.append(persistence.frame(changes))
        states.append(after(states[-1], changes))
    persistence.close()
    return History(directory, states)


def after(image: Image, changes: Changes) -> Image:
    """What a plain model says the state is after a commit."""
    tables = {name: dict(table) for name, table in image.tables.items()}
    for name, table in changes.tables.items():
        for doc_id, document in table.items():
            tables.setdefault(name, {}).pop(doc_id, None)
            if document is not None:
                tables[name][doc_id] = document
    return Image({name: table for name, table in tables.items() if table}, {**image.counters, **changes.counters})


def damage_trials(count: int, seed: int) -> Counter[str]:
    """Flip one to three bits of a sound directory, so many times; how often it was refused, and which states were told."""
    dice, outcomes = Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        histories = [history(Path(place) / name, based=name == "based") for name in ("based", "plain")]
        for one in histories:
            shutil.rmtree(one.directory / "pool", ignore_errors=True)
        for _ in range(count):
            outcomes[_trial(dice, dice.choice(histories))] += 1
    return outcomes


def _trial(dice: Random, one: History) -> str:
    path = dice.choice(sorted(path for path in one.directory.iterdir() if path.is_file()))
    sound = path.read_bytes()
    flipped = bytearray(sound)
    for _ in range(dice.randint(1, 3)):
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
    path.write_bytes(flipped)
    try:
        image = one.load()
    except StartError as error:
        if str(path) not in str(error):
            return f"the refusal does not name the file: {error}"
        return "refused"
    finally:
        path.write_bytes(sound)
    return "a true state" if image in one.states else "another state"


def _commit(dice: Random, state: Image, number: int) -> Changes:
    new = state.counters.get("id/customers", 0) + 1
    customers: dict[int, Document | None] = {new: {"id": new, "account": f"Nóm {number}", "score": number / 7}}
    there = [doc_id for doc_id in state.tables.get("customers", {}) if doc_id != new]
    if there and dice.random() < 0.5:
        customers[dice.choice(there)] = None
    if there and dice.random() < 0.5:
        chosen = dice.choice(there)
        customers[chosen] = {"id": chosen, "account": "changed", "by": number}
    if dice.random() < 0.3:
        return Changes({"_events": {number + 1: {"id": number + 1, "type": "invoice.created"}}}, {"id/_events": number + 1})
    return Changes({"customers": customers}, {"id/customers": new, "invoice_number/2024": number})


def main() -> int:
    parser = argparse.ArgumentParser(description="Flip bits of a workspace on disk, and see that no wrong state is ever told.")
    parser.add_argument("--flips", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    outcomes = damage_trials(asked.flips, asked.seed)
    print(", ".join(f"{count} times {outcome}" for outcome, count in outcomes.most_common()))
    return 0 if set(outcomes) <= {"refused", "a true state"} else 1


if __name__ == "__main__":
    sys.exit(main())
