"""Sends the suite against saboteurs: which promise finds each, and whether it names what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.http.webhook_receiver import Receiver
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import Promise
from contract_tests.judging.verdicts import Outcome, Stop, Verdict
from contract_tests.promises import promises
from contract_tests.run.promise_runner import PromiseRunner
from tests.saboteurs.by_hand.all import ALL_BY_HAND
from tests.saboteurs.derived import derived_saboteurs
from tests.saboteurs.sabotaged_server import Stage
from tests.saboteurs.saboteur import Saboteur
from tests.saboteurs.webhook_delivery import Deliverer
from tests.suite.in_process import broken, suite_run


@dataclass(frozen=True, slots=True)
class Kill:
    """What came of one saboteur. `caught_by` are the promises found broken, `fitting` the one that names it best.

    `failure` is what the suite itself stumbled over, which is no verdict.
    """

    id: str
    family: str
    derived: bool
    caught_by: tuple[str, ...]
    fitting: str | None
    proof: str | None
    requests: int
    failure: str | None = None

    @property
    def caught(self) -> bool:
        return self.fitting is not None


@cache
def all_saboteurs() -> dict[str, Saboteur]:
    """Those by hand, then the derived ones, by id."""
    return {**ALL_BY_HAND, **derived_saboteurs()}


def kill(stage: Stage, saboteur: Saboteur, *, control: bool = True, budget: int | None = None) -> Kill:
    """Runs the suite until a promise that fits is broken.

    Where no budget holds, the readings and the families that fit come alone at first, since that is quicker; only
    when these find nothing does the whole suite run. With a budget all run in their own order, as they would for a user.
    """
    runs: list[PromiseRunner] = []
    try:
        for order in ([_first_asked(saboteur)] if budget is None else []) + [None]:
            with stage.with_one(saboteur) as transport, _receiving(stage, saboteur) as receiver:
                run = suite_run(transport, order=order, control=control, budget=budget, receiver=receiver, ends=_Found(saboteur))
            runs.append(run)
            if any(_fits(saboteur, promises()[id]) for id in broken(run)):
                break
    except Exception as problem:
        return _told(saboteur, runs, f"{type(problem).__name__}: {problem}")
    return _told(saboteur, runs, None)


def _receiving(stage: Stage, saboteur: Saboteur) -> AbstractContextManager[Receiver | None]:
    """Only who delivers has somebody to deliver to."""
    return nullcontext() if saboteur.deliverer is None else stage.receiver()


class _Found:
    """Ends a run at the first fitting promise that is broken; observers look at each exchange at once, not at the end alone."""

    def __init__(self, saboteur: Saboteur) -> None:
        self._saboteur = saboteur
        self._observers = [one for one in promises().values() if one.kind == "observer" and _fits(saboteur, one)]
        self._seen = 0

    def __call__(self, run: PromiseRunner, promise: Promise, outcome: Outcome) -> bool:
        fresh = run.context.target.exchanges[self._seen :]
        self._seen += len(fresh)
        seen = any(run.check(one).verdict is Verdict.BROKEN for one in self._observers if _objects(run, one, fresh))
        return seen or (outcome.verdict is Verdict.BROKEN and _fits(self._saboteur, promise))


def _objects(run: PromiseRunner, observer: Promise, exchanges: list[Exchange]) -> bool:
    probe = Probe(run.context, observer.id, None)
    run.context.secrets = None  # which it looks for once, since it comes at the end
    for exchange in exchanges:
        with suppress(Stop, Unable):
            observer.check(probe, exchange)
    return bool(probe.faults)


def false_alarms(stage: Stage, *, seed: int = 1, control: bool = True, budget: int | None = None) -> dict[str, str]:
    """What the suite says against the conforming server, which delivers what it should."""
    with stage.delivering(Deliverer()) as transport, stage.receiver() as receiver:
        return broken(suite_run(transport, seed=seed, control=control, budget=budget, receiver=receiver))


def _first_asked(saboteur: Saboteur) -> Sequence[str]:
    """The readings, then the saboteur's own family, then what else fits it."""
    every = promises().values()
    readings = [one.id for one in every if one.kind == "reading"]
    fitting = sorted((one for one in every if one.kind != "reading" and _fits(saboteur, one)), key=lambda one: one.family != saboteur.family)
    return [*readings, *(one.id for one in fitting)]


def _fits(saboteur: Saboteur, promise: Promise) -> bool:
    return promise.family in saboteur.fits or promise.id in saboteur.fits


def _told(saboteur: Saboteur, runs: list[PromiseRunner], failure: str | None) -> Kill:
    proofs = {id: proof for run in runs for id, proof in broken(run).items()}
    fitting = min((id for id in proofs if _fits(saboteur, promises()[id])), key=lambda id: _aptness(saboteur, promises()[id]), default=None)
    return Kill(
        saboteur.id,
        saboteur.family,
        saboteur.derived,
        tuple(proofs),
        fitting,
        proofs[fitting][:300] if fitting is not None else None,
        sum(run.context.target.sent for run in runs),
        failure,
    )


def _aptness(saboteur: Saboteur, promise: Promise) -> int:
    """Where the family, or the promise itself, stands among those that fit: the first fits best."""
    return next(place for place, fit in enumerate(saboteur.fits) if fit in (promise.family, promise.id))
