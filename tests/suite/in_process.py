"""Runs the directed promises against an application in this process, on one event loop, with the sandbox's test keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp

from contract_tests.http.control_plane import PREFIX, Control
from contract_tests.http.exchange import Answer, Request
from contract_tests.http.target import Target
from contract_tests.http.transport import NoAnswer, Transport
from contract_tests.http.webhook_receiver import Receiver
from contract_tests.judging.probe import RunContext
from contract_tests.judging.registry import Promise
from contract_tests.judging.verdicts import Outcome, Verdict
from contract_tests.promises import promises
from contract_tests.run.promise_runner import PromiseRunner
from openapi.contract import Contract
from openapi.reader import load_contract
from sandbox.app import Application, Server, build
from sandbox.settings import load_settings
from sandbox.state.clock import Clock
from tests.asgi import ADMINISTRATOR, BASE, HOST, READ_ONLY, STAFF, START, Client

KEYS = {"administrator": ADMINISTRATOR, "staff": STAFF, "read-only": READ_ONLY}
BASE_URL = f"http://127.0.0.1:8000{BASE}"
_TICK = timedelta(milliseconds=2)
Heard = Callable[[PromiseRunner, Promise, Outcome], bool]
"""Told what came of each promise of a run; answers whether it may end there."""


class RunningClock:
    """Moves on a little whenever it is asked, so that time passes in a run and each run sees the same times."""

    def __init__(self, start: datetime = START) -> None:
        self.moment = start

    def now(self) -> datetime:
        self.moment += _TICK
        return self.moment


class InProcess:
    """A `Transport` to an application in this process; what stands below `/_sandbox` goes to its control plane.

    As uvicorn does around the sandbox, it adds a `Date` to its answers.
    """

    def __init__(self, app: ASGIApp, base: str = BASE) -> None:
        self._client, self._base = Client(app), base
        self._clock: Clock | None = app._gateway._clock if isinstance(app, Application) else None

    def send(self, request: Request, key: str | None) -> Answer:
        query = [*request.query, *([("api_key", key)] if key is not None and request.key_in_query else [])]
        headers = [("accept", "application/json"), ("user-agent", "contract-tests"), *request.headers]
        named = {name.lower() for name, _ in request.headers} | set(request.without)
        if request.body is not None and "content-type" not in named:
            headers.append(("content-type", "application/json"))
        below = request.path == PREFIX or request.path.startswith(f"{PREFIX}/")
        reply = self._client.send(
            request.method,
            ("" if below else self._base) + request.path + (f"?{urlencode(query, quote_via=quote)}" if query else ""),
            key=None if request.key_in_query else key,
            headers=headers,
            body=request.body or b"",
            host=None if "host" in request.without else HOST,
        )
        if not reply.status:
            raise NoAnswer("the server closed the connection without an answer")
        date = () if self._clock is None else (("date", format_datetime(self._clock.now(), usegmt=True)),)
        return Answer(reply.status, (*reply.headers, *date), reply.body)

    def close(self) -> None:
        self._client.close()


@contextmanager
def served(clock: Clock | None = None, **settings: object) -> Iterator[Server]:
    """A server of its own, empty but for the keys unless the settings say otherwise, on a clock that runs by itself."""
    server = build(load_settings({"scenario": "empty", **settings}), clock=clock or RunningClock())
    try:
        yield server
    finally:
        server.close()


def suite_run(
    app_or_transport: ASGIApp | Transport,
    *,
    only: Collection[str] | None = None,
    strict: bool = False,
    control: bool = True,
    budget: int | None = None,
    seed: int = 1,
    contract: Contract | None = None,
    order: Sequence[str] | None = None,
    receiver: Receiver | None = None,
    ends: Heard = lambda run, promise, outcome: False,
) -> PromiseRunner:
    """The directed promises and their observers, in their order, without Schemathesis.

    `only` names promises or families; `order` names promises that are checked in that order and no others; `control`
    offers the control plane, which lifts the limit; without it `budget` holds. The target can call the `receiver`.
    Where `ends` says so after a promise, the run ends there.
    """
    own = not hasattr(app_or_transport, "send")
    transport: Transport = InProcess(app_or_transport) if own else app_or_transport  # type: ignore[arg-type,assignment]
    contract = contract or _contract()
    target = Target(BASE_URL, contract, transport, dict(KEYS), budget=budget)
    plane = Control.found(transport, target) if control else None
    run = PromiseRunner(RunContext(target, contract, seed, plane, strict=strict, receiver=receiver))
    if plane is not None:
        plane.lift_limit()
    try:
        every = promises()
        for one in every.values() if order is None else map(every.__getitem__, order):
            if (only is None or {one.id, one.family} & set(only)) and ends(run, one, run.check(one)):
                break
    finally:
        if plane is not None:
            plane.restore()
        if own:
            transport.close()
    return run


@cache
def _contract() -> Contract:
    return load_contract()


def broken(run: PromiseRunner) -> dict[str, str]:
    """The promises that a run found broken: what was expected and seen, of the shortest proof of each."""
    shortest = {id: outcome.evidence[0] for id, outcome in run.outcomes.items() if outcome.verdict is Verdict.BROKEN}
    return {id: f"expected {fault.expected}; saw {fault.seen}" for id, fault in shortest.items()}
