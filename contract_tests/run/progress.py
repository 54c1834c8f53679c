"""What a person sees of a run: families with their bars, what is broken as soon as it is found, and what came of it all.

Where nobody looks at it, as in continuous integration, the same is told in plain lines.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from contract_tests.judging.registry import FAMILIES, Promise
from contract_tests.judging.verdicts import Outcome, Verdict
from openapi.wording import counted

SIGNS = {Verdict.KEPT: ("✓", "green"), Verdict.BROKEN: ("✗", "red"), Verdict.NOT_CHECKED: ("–", "yellow")}
_SHOWN = 6
"""So many broken promises are shown while the run goes on."""


@dataclass(frozen=True)
class RunStart:
    """What is about to be done. `sent` counts the requests, `hide` takes the keys out of a text."""

    promises: list[Promise]
    url: str
    budget: int | None
    sent: Callable[[], int]
    hide: Callable[[str], str]


class Progress(Protocol):
    """Listens to a run."""

    def begins(self, outset: RunStart) -> None: ...
    def checking(self, promise: Promise) -> None: ...
    def heard(self, requests: int) -> None:
        """Schemathesis has sent so many by now."""

    def checked(self, promise: Promise, outcome: Outcome) -> None: ...
    def ends(self) -> None: ...


class NoProgress:
    """Shows nothing: pytest's own terminal does."""

    def begins(self, outset: RunStart) -> None: ...
    def checking(self, promise: Promise) -> None: ...
    def heard(self, requests: int) -> None: ...
    def checked(self, promise: Promise, outcome: Outcome) -> None: ...
    def ends(self) -> None: ...


@dataclass
class PlainProgress(NoProgress):
    """A line for each promise."""

    console: Console
    _done: int = 0
    _outset: RunStart | None = None

    def begins(self, outset: RunStart) -> None:
        self._outset = outset
        within = f", at most {counted(outset.budget, 'request')}" if outset.budget is not None else ""
        self.console.print(Text(f"{counted(len(outset.promises), 'promise')} at {outset.url}{within}"), soft_wrap=True)

    def checked(self, promise: Promise, outcome: Outcome) -> None:
        assert self._outset is not None
        self._done += 1
        said = f"{self._done:>3}/{len(self._outset.promises)} {outcome.verdict:<11} {promise.id}"
        if outcome.verdict is Verdict.BROKEN:
            proof = outcome.evidence[0]
            said += f": expected {proof.expected}; saw {proof.seen}"
        elif outcome.reason:
            said += f": {outcome.reason}"
        self.console.print(Text(plain(self._outset.hide(said))), soft_wrap=True)


@dataclass
class LiveProgress(NoProgress):
    """A live board on a terminal."""

    console: Console
    _live: Live | None = None
    _outset: RunStart | None = None
    _now: str = ""
    _stock: int = 0
    _all: Counter[str] = field(default_factory=Counter)
    _done: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    _broken: list[tuple[str, str]] = field(default_factory=list)
    _begun: float = 0.0
    _spinner: Spinner = field(default_factory=lambda: Spinner("dots"))

    def begins(self, outset: RunStart) -> None:
        self._outset = outset
        self._all = Counter(one.family for one in outset.promises)
        self._begun = time.perf_counter()
        self._live = Live(get_renderable=self.board, console=self.console, refresh_per_second=8, transient=True)
        self._live.start()

    def checking(self, promise: Promise) -> None:
        self._now, self._stock = promise.id, 0

    def heard(self, requests: int) -> None:
        self._stock = requests

    def checked(self, promise: Promise, outcome: Outcome) -> None:
        self._done[promise.family, outcome.verdict] += 1
        self._stock = 0
        if outcome.verdict is Verdict.BROKEN and self._outset is not None:
            self._broken.append((promise.id, self._outset.hide(outcome.evidence[0].seen)))

    def ends(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def board(self) -> RenderableType:
        """What is shown right now."""
        assert self._outset is not None
        families = Table.grid(padding=(0, 1))
        for column in range(2):
            families.add_column(justify="left", no_wrap=True, min_width=14 if column == 0 else 26)
        families.add_column(justify="right", no_wrap=True)
        families.add_column(no_wrap=True)
        for family in (one for one in FAMILIES if self._all[one]):
            families.add_row(*self._row(family))
        parts: list[RenderableType] = [Text(self._outset.url, style="bold", overflow="ellipsis", no_wrap=True), families, self._foot(self._outset)]
        parts += [Text(f"✗ {id}: {plain(seen)}", style="red", no_wrap=True, overflow="ellipsis") for id, seen in self._broken[-_SHOWN:]]
        if len(self._broken) > _SHOWN:
            parts.append(Text(f"  and {len(self._broken) - _SHOWN} broken before", style="red"))
        return Group(*parts)

    def _row(self, family: str) -> tuple[RenderableType, ...]:
        counts = {verdict: self._done[family, verdict] for verdict in Verdict}
        done, altogether = sum(counts.values()), self._all[family]
        style = "red" if counts[Verdict.BROKEN] else "green"
        bar = ProgressBar(total=altogether, completed=done, width=26, complete_style=style, finished_style=style)
        marks = Text()
        for verdict in (Verdict.BROKEN, Verdict.NOT_CHECKED):
            if counts[verdict]:
                sign, colour = SIGNS[verdict]
                marks.append(f"{sign}{counts[verdict]} ", style=colour)
        return (family, bar, f"{done}/{altogether}", marks)

    def _foot(self, outset: RunStart) -> RenderableType:
        sent = outset.sent() + self._stock
        within = f" of {outset.budget}" if outset.budget is not None else ""
        seconds = int(time.perf_counter() - self._begun)
        self._spinner.update(text=Text(f"{sent}{within} requests, {seconds} s, {self._now}", style="dim", no_wrap=True, overflow="ellipsis"))
        return self._spinner


def progress_on(console: Console) -> Progress:
    """The board where a person looks at it, else lines."""
    return LiveProgress(console) if console.is_terminal and not console.is_dumb_terminal else PlainProgress(console)


def conclude(console: Console, document: dict[str, Any], reports: str) -> None:
    """What came of a run, in full sentences."""

    def say(text: str = "", style: str | None = None) -> None:
        console.print(Text(text, style=style or ""), soft_wrap=True)

    for one in (one for one in document["promises"] if one["verdict"] == "broken"):
        _tell(say, one, document)
    unchecked = [one for one in document["promises"] if one["verdict"] == "not-checked"]
    if unchecked:
        say("\nNot checked", "bold")
        reasons = Counter(one["reason"] for one in unchecked)
        for reason, count in reasons.items():
            ids = [one["id"] for one in unchecked if one["reason"] == reason]
            say(f"  {reason}: {', '.join(ids[:4])}{f' and {count - 4} more' if count > 4 else ''}")
    if document["dialect"]:
        say("\nDialect: " + ", ".join(f"{name}: {code}" for name, code in document["dialect"].items()))
    left = document["objects"]["left"]
    if left:
        say("\nLeft behind: " + ", ".join(f"{len(ids)} {name}" for name, ids in left.items()) + " (the report names them)")
    for hint in document["hints"]:
        say(f"\n{hint}", "bold yellow")
    say()
    _verdict(say, document)
    say(f"Reports: {reports}")


def _tell(say: Callable[..., None], entry: dict[str, Any], document: dict[str, Any]) -> None:
    proof = entry["evidence"][0]
    known = "baseline" in document and entry["id"] not in document["baseline"]["newly_broken"]
    say(f"\n✗ {entry['sentence']}{' (known from the baseline)' if known else ''}", "bold red")
    say(f"  {entry['id']}, {entry['source']}: {entry['where']}", "dim")
    say(f"  expected  {plain(proof['expected'], 600)}")
    say(f"  seen      {plain(proof['seen'], 600)}")
    for earlier in proof["before"]:
        say(f"  first     {earlier['curl']}")
    if proof.get("curl"):
        say(f"  repeat    {proof['curl']}")
    if entry["proofs"] > 1:
        say(f"  and {entry['proofs'] - 1} more like it", "dim")


def _verdict(say: Callable[..., None], document: dict[str, Any]) -> None:
    counts = document["counts"]
    broken = counts["broken"]
    if document["suite_faults"]:
        say(f"The suite itself failed on {', '.join(document['suite_faults'])}: the report has the traces.", "bold yellow")
    word, style = ("Contract broken", "bold red") if broken else ("Contract kept", "bold green")
    if "baseline" in document and broken and not document["baseline"]["newly_broken"]:
        word, style = "Nothing newly broken", "bold green"
    if document["interrupted"]:
        word, style = f"Interrupted; so far: {word.lower()}", "bold yellow"
    say(f"{word}: {counts['kept']} kept, {broken} broken, {counts['not-checked']} not checked", style)
    requests = document["requests"]
    sent = counted(requests["sent"], "request")
    say(f"{sent} ({requests['schemathesis']} of Schemathesis) in {document['seconds']} s, seed {document['options']['seed']}")


def plain(text: str, most: int = 300) -> str:
    """A text of the target's in one line, without what would command a terminal."""
    short = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return short if len(short) <= most else f"{short[:most]}…"
