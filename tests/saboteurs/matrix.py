"""The kill matrix: all saboteurs against the suite, in two processes, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from contract_tests.judging.registry import FAMILIES
from tests.saboteurs.equivalent import EQUIVALENT
from tests.saboteurs.kill import Kill, all_saboteurs, kill
from tests.saboteurs.sabotaged_server import Stage

PROCESSES = 2
WIDTH = 80
_stage: Stage | None = None


def chosen(only: Collection[str] = ()) -> list[str]:
    """The ids of the saboteurs whose id, family or kind (by-hand, derived) is named; of all where nothing is."""
    kinds = {True: "derived", False: "by-hand"}
    every = {id: {id, one.family, kinds[one.derived]} for id, one in all_saboteurs().items() if id not in EQUIVALENT}
    return [id for id, names in every.items() if not only or any(asked in names or asked in id for asked in only)]


def kill_all(
    ids: Iterable[str],
    *,
    control: bool = True,
    budget: int | None = None,
    tell: Callable[[Kill], None] = lambda one: None,
    processes: int = PROCESSES,
) -> list[Kill]:
    """What came of each, in the order asked."""
    work = [(id, control, budget) for id in ids]
    found: list[Kill] = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for one in pool.map(_kill, work, chunksize=4):
            found.append(one)
            tell(one)
    return found


def _kill(work: tuple[str, bool, int | None]) -> Kill:
    global _stage  # one server for all the work of this process
    if _stage is None:
        _stage = Stage()
    id, control, budget = work
    return kill(_stage, all_saboteurs()[id], control=control, budget=budget)


def as_json(kills: Iterable[Kill]) -> dict[str, Any]:
    """Totals by kind and family, each saboteur with the promise that caught it, and the equivalent ones."""
    kills = list(kills)
    return {
        "totals": {name: {"saboteurs": of, "caught": caught} for name, caught, of in _totals(kills)},
        "survivors": [one.id for one in kills if not one.caught],
        "saboteurs": [asdict(one) for one in kills],
        "equivalent": dict(EQUIVALENT),
    }


def table(kills: Iterable[Kill], *, every: bool = True) -> Group:
    """The matrix for people: each saboteur and who caught it, the totals, and by name those that got away."""
    kills = list(kills)
    matrix = Table("saboteur", "caught by", box=None, pad_edge=False, width=WIDTH)
    for one in kills:
        caught = Text(one.fitting) if one.fitting is not None else Text(_why_not(one), "bold red")
        matrix.add_row(Text(one.id), caught)
    totals = Table("family", "caught", "of", box=None, pad_edge=False)
    for name, found, of in _totals(kills):
        totals.add_row(name, str(found), str(of), style="" if found == of else "red")
    away = [f"  {one.id}: {_why_not(one)}" for one in kills if not one.caught]
    last = Text("\n".join([f"\n{len(away)} got away:", *away]) if away else "\nNone got away.")
    return Group(matrix, Text(), totals, last) if every else Group(totals, last)


def show(kills: Iterable[Kill], console: Console | None = None) -> None:
    (console or Console(width=WIDTH)).print(table(kills))


def _why_not(one: Kill) -> str:
    if one.failure is not None:
        return f"the suite failed: {one.failure}"
    return f"caught, but called {', '.join(one.caught_by)}" if one.caught_by else "nobody"


def _totals(kills: Collection[Kill]) -> Iterator[tuple[str, int, int]]:
    """Name, how many were caught, of how many: by family, by kind, and altogether."""
    groups: Mapping[str, list[Kill]] = {
        **{name: [one for one in kills if one.family == name] for name in FAMILIES},
        "by hand": [one for one in kills if not one.derived],
        "derived": [one for one in kills if one.derived],
        "all": list(kills),
    }
    for name, group in groups.items():
        if group:
            yield name, sum(one.caught for one in group), len(group)
