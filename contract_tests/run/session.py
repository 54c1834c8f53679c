"""One run, from the first check of the target to the cleanup, for the command and the plugin."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from contract_tests.errors import Refused, Unable
from contract_tests.http.control_plane import Control, origin_of
from contract_tests.http.target import Target
from contract_tests.http.transport import HttpTransport, NoAnswer, Transport
from contract_tests.http.webhook_receiver import Receiver
from contract_tests.judging.probe import RunContext
from contract_tests.judging.registry import Promise
from contract_tests.judging.verdicts import Outcome, Verdict
from contract_tests.promises import promises
from contract_tests.run.circuit_breaker import CircuitBreaker
from contract_tests.run.cleanup import Leftovers, clean_up, delete_webhooks
from contract_tests.run.options import Options
from contract_tests.run.preflight import Unreachable, look
from contract_tests.run.promise_runner import PromiseRunner
from contract_tests.schemathesis_run.runner import SchemathesisRunner
from openapi.contract import Contract
from openapi.document import DocumentError
from openapi.reader import load_contract

WITHOUT_HEADERS = 900
"""The budget where no header says what the limit leaves."""


@dataclass
class Session:
    """A run that is under way. `close` puts back what the suite changed, and may be called twice."""

    options: Options
    runner: PromiseRunner
    selected: list[Promise]
    transport: CircuitBreaker
    control_transport: Transport | None
    started: datetime
    ceiling: int | None = None
    """How many requests may be sent altogether, cleaning up included; None for any number."""
    _begun: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0
    leftovers: Leftovers = field(default_factory=Leftovers)
    faults: dict[str, str] = field(default_factory=dict)
    """By promise, what the suite itself did wrong there, with the traceback."""
    interrupted: bool = False
    closed: bool = False

    @property
    def target(self) -> Target:
        return self.runner.context.target

    def find_readings(self) -> None:
        """Finds out how the target reads the decisions, where the promises that would say so were not chosen."""
        if self.options.readings:
            self.runner.context.readings.update(self.options.readings)
        elif len(self.selected) < len(promises()):
            chosen = {one.id for one in self.selected} | set(self.options.skip)
            for one in promises().values():
                if one.kind == "reading" and not {one.id, one.family} & chosen:
                    self.check(one)
                    self.runner.outcomes.pop(one.id, None)

    def check(self, promise: Promise) -> Outcome:
        """Checks one promise. Where the suite itself fails, the promise is not checked, and `faults` says why."""
        try:
            return self.runner.check(promise)
        except Exception as problem:  # whatever a check does wrong must not end the run
            self.faults[promise.id] = "".join(traceback.format_exception(problem))
            outcome = Outcome(Verdict.NOT_CHECKED, f"the suite itself failed here: {type(problem).__name__}: {problem}")
            self.runner.outcomes[promise.id] = outcome
            return outcome
        finally:
            self.target.housekeeping, self.target.promise = False, None

    def close(self) -> None:
        """Deletes what was made and can be deleted, and puts limit, clock and keys back."""
        if self.closed:
            return
        self.closed = True
        try:
            if not self.target.safe and not self.transport.gone:
                self.leftovers = clean_up(self.target, self.ceiling)
                if self.runner.context.control is not None:
                    delete_webhooks(self.leftovers, self.target, self.runner.context.control)
        finally:
            if self.runner.context.control is not None:
                self.runner.context.control.restore()
            self.transport.close()
            if self.control_transport is not None:
                self.control_transport.close()
            if self.runner.context.receiver is not None:
                self.runner.context.receiver.close()
            self.seconds = time.perf_counter() - self._begun


def open_session(
    options: Options,
    *,
    transport: Transport | None = None,
    control_transport: Transport | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    tell: Callable[[int], object] = lambda requests: None,
) -> Session:
    """Looks at the target and makes ready. Raises Refused or Unreachable, and then nothing was changed there.

    `now` is only what the report is dated with. Over a transport of one's own there is no Schemathesis, which is a
    program and needs a server; `tell` hears how many requests that one has sent.
    """
    selected = options.selected()
    own = transport is not None
    breaker = CircuitBreaker(transport or HttpTransport(options.url, options.timeout))
    contract = _contract(options)
    target = Target(options.url, contract, breaker, dict(options.keys), safe=options.safe)
    control: Control | None = None
    receiver = _receiver(options, selected)
    try:
        look(target, options.timeout)
        if options.control and not options.safe:
            control_transport = control_transport or HttpTransport(origin_of(options.url), options.timeout)
            control = Control.found(control_transport, target)
        context = RunContext(target, contract, options.seed, control, strict=options.strict, exhaust_limit=options.exhaust_limit, receiver=receiver)
        if not own:
            context.generator = SchemathesisRunner(context, options.keys["administrator"], options.max_examples, options.timeout, tell)
        session = Session(options, PromiseRunner(context), selected, breaker, control_transport, now())
        ceiling = options.budget
        if control is not None and not _took_command(control, target):
            context.control = control = None
        if control is None and options.budget is None and not options.exhaust_limit:
            ceiling = target.sent + (WITHOUT_HEADERS if target.remaining() is None else target.remaining() or 0)
        session.ceiling = ceiling
        target.budget = None if ceiling is None else less_a_tenth(ceiling)
    except BaseException:
        if control is not None:
            control.restore()
        breaker.close()
        if receiver is not None:
            receiver.close()
        raise
    return session


def less_a_tenth(ceiling: int) -> int:
    """What of all requests the promises may have: a tenth is kept for cleaning up."""
    return ceiling - -(-ceiling // 10)


def _took_command(control: Control, target: Target) -> bool:
    """Lifts the limit, and makes the keys that were not given; whether the key may do so."""
    try:
        control.lift_limit()
        for role in ("staff", "read-only"):
            if not target.has(role):
                target.keys[role] = control.new_key(role)
    except (Unable, NoAnswer):
        control.restore()
        target.limit_lifted = False
        return False
    return True


def _receiver(options: Options, selected: list[Promise]) -> Receiver | None:
    """Listens for webhooks, where an address was given and a promise needs it: else no port is opened."""
    if options.receiver_url is None or options.receiver_listen is None or options.safe or not any(one.needs.receiver for one in selected):
        return None
    host, port = options.receiver_listen
    try:
        return Receiver(options.receiver_url, host, port)
    except OSError as problem:
        reason = problem.strerror or problem
        raise Refused(f"nothing can listen at {host}:{port} ({reason}); name another address with --receiver-listen") from None


def _contract(options: Options) -> Contract:
    try:
        return load_contract(options.spec)
    except DocumentError as problem:
        raise Refused(f"--spec: {problem}") from None
    except OSError as problem:
        raise Refused(f"--spec {options.spec}: it cannot be read ({problem.strerror})") from None


def exit_code(session: Session, broken: Mapping[str, object] | bool) -> int:
    """0 all kept, 1 a promise is broken, 2 the run could not be carried through, 3 a fault of the suite itself."""
    if session.faults:
        return 3
    if broken:
        return 1
    return 2 if session.interrupted or session.transport.gone else 0


__all__ = ["Session", "Unreachable", "exit_code", "less_a_tenth", "open_session"]
