"""The registry of promises: each is one function that checks one rule of the contract."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.contract import Contract, Operation
from openapi.decisions import load_decisions

FAMILIES = (
    "shape", "errors", "authentication", "roles", "rate limit", "paging", "filters", "state", "references",
    "money", "reports", "batch", "secrets", "caching", "webhooks", "http", "stock",
)  # fmt: skip
"""What a report groups them by, in its order."""


@dataclass(frozen=True, slots=True)
class Case:
    """One of the things that a promise is checked on: a name that is unique in it, the operation's id, and what it is."""

    name: str
    operation: str | None
    subject: Any


@dataclass(frozen=True, slots=True)
class Needs:
    """What a promise needs of the target: keys by name, writing, the control plane, a way to call the suite."""

    keys: tuple[str, ...] = ("administrator",)
    writes: bool = False
    control: bool = False
    receiver: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """One rule. `source` is documented or inferred; `where` the reference's section, or the decision's name.

    `kind`: a `probe` asks the target; an `observer` looks at every exchange of the run; a `reading` finds out how the
    target reads a decision, and returns the code.
    """

    id: str
    sentence: str
    family: str
    source: str
    where: str
    kind: str
    check: Callable[..., Any]
    cases: Callable[[Contract], Iterable[Case]] | None
    needs: Needs
    weight: int


Registered = Callable[[Callable[..., Any]], Callable[..., Any]]
_REGISTERED: dict[str, Promise] = {}


def promise(
    id: str,
    *,
    family: str,
    documented: str | None = None,
    inferred: str | None = None,
    cases: Callable[[Contract], Iterable[Case]] | None = None,
    needs: Needs = Needs(),
    weight: int = 5,
    kind: str = "probe",
) -> Registered:
    """Registers `check(probe)`, or `check(probe, subject)` once for each of its cases.

    The function's docstring is the promise's sentence. `weight` says what comes first when requests are few: 1 to 9,
    the heaviest first.
    """

    def register(check: Callable[..., Any]) -> Callable[..., Any]:
        sentence = " ".join((inspect.getdoc(check) or "").split())
        source, where = ("documented", documented) if documented is not None else ("inferred", inferred)
        if id in _REGISTERED or not sentence or family not in FAMILIES or where is None:
            raise ValueError(f"the promise {id!r} is registered twice, or lacks its sentence, family or source")
        if source == "inferred" and where not in load_decisions():
            raise ValueError(f"the promise {id!r} names the decision {where!r}, which there is not")
        _REGISTERED[id] = Promise(id, sentence, family, source, where, kind, check, cases, needs, weight)
        return check

    return register


def observer(id: str, *, family: str, documented: str | None = None, inferred: str | None = None) -> Registered:
    """Registers `check(probe, exchange)`, which is called with every exchange of the run, at its end."""
    return promise(id, family=family, documented=documented, inferred=inferred, kind="observer", weight=1)


def reading(decision: str, *, family: str, needs: Needs = Needs(), weight: int = 7) -> Registered:
    """Registers `check(probe) -> code`, which finds out which reading of a decision the target speaks.

    It returns the code of a listed reading, or `mixed`; where it sees one that is not listed, it notes a fault. Its
    promise has the id `speaks-<decision>`.
    """
    return promise(f"speaks-{decision}", family=family, inferred=decision, kind="reading", needs=needs, weight=weight)


def registered() -> Mapping[str, Promise]:
    """All that were registered, by id, in the order in which they are checked: probes and readings by weight, then observers."""
    ranked = sorted(_REGISTERED.values(), key=lambda one: (one.kind == "observer", -one.weight))
    return {one.id: one for one in ranked}


def each_operation(where: Callable[[Operation], bool] = lambda operation: True) -> Callable[[Contract], Iterable[Case]]:
    """A case for each operation of the contract that fulfils a condition."""
    return lambda contract: (Case(one.id, one.id, one) for one in contract.operations.values() if where(one))
