"""The fuzzer's loop. Each request comes from the seed and its number alone, and each block of a thousand begins with the same world."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any

from starlette.types import ASGIApp

from sandbox.state.image import Image
from tests.asgi import Client, Reply, Sandbox, sandbox_of
from tests.fuzzing.claims import broken
from tests.fuzzing.mutations import fuzzed
from tests.fuzzing.requests import Request

BLOCK = 1000
LIMIT = (550, 3600)
"""Requests of a key in a block: the last of them are throttled."""
WORKSPACES = ("default", "other")
Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class Finding:
    """A broken claim; the requests from `first` to `number` of this seed, sent to a fresh world, show it again."""

    seed: int
    first: int
    number: int
    request: Request
    reply: Reply | None
    claim: str

    def __str__(self) -> str:
        count = self.number - self.first + 1
        again = f"python -m tests.fuzzing --seed {self.seed} --first {self.first} --requests {count}"
        reply = "none" if self.reply is None else f"{self.reply.status} {_cut(self.reply.body)}"
        asked = f"{self.request.method} {_cut(self.request.target)} {_cut(self.request.headers)} {_cut(self.request.body)}"
        sent = f"in pieces, cut at {self.request.cuts}" if self.request.cuts else "whole"
        return f"{self.claim}\n  request {self.number}: {asked} ({sent}{', then leaves' * self.request.leaves})\n  answer: {reply}\n  again: {again}"


@dataclass
class Outcome:
    """What a run did: how often each status was answered (0: the client had left), in how many seconds, and what it found.

    `spoilt` says that the world to begin with is no longer what it was, so that nothing more can be found.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    found: list[Finding] = field(default_factory=list)
    spoilt: bool = False


class World:
    """The server's documents and counters, and whether they are what they were."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._before = self._images()
        self._written = {name: _written(image) for name, image in self._before.items()}
        self._first = self._before

    def begin_again(self) -> None:
        self._sandbox.begin_again()
        self._before = self._images()

    def changed(self) -> bool:
        """Whether a document or a counter is another than at the last call; what is the same object is taken for the same."""
        before, self._before = self._before, self._images()
        return before != self._before

    def mutated(self) -> bool:
        """Whether a document of the first world was changed where it stands, which no write may do."""
        return any(_written(image) != self._written[name] for name, image in self._first.items())

    def _images(self) -> dict[str, Image]:
        return {name: self._sandbox.server.workspaces.get(name).image() for name in WORKSPACES}


class Fuzzer:
    """Sends requests to one server, and compares what comes back with the claims."""

    def __init__(self, sandbox: Sandbox, wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app) -> None:
        self._world = World(sandbox)
        self._client = Client(wrap(sandbox.server.app))

    def run(self, requests: int, seed: int, *, first: int = 1, most: int = 1, progress: Progress = lambda sent, seconds: None) -> Outcome:
        """So many requests, numbered from `first`; ends early once `most` findings were made, or the first world is spoilt."""
        outcome, started = Outcome(), time.perf_counter()
        end = first + requests
        for begin, after in pairwise([first, *(number for number in range(first + 1, end) if number % BLOCK == 1), end]):
            self._block(range(begin, after), seed, most, outcome)
            outcome.seconds = time.perf_counter() - started
            progress(after - first, outcome.seconds)
            if outcome.spoilt or len(outcome.found) >= most:
                break
        return outcome

    def close(self) -> None:
        self._client.close()

    def _block(self, numbers: range, seed: int, most: int, outcome: Outcome) -> None:
        self._world.begin_again()
        for number in numbers:
            request, reply, claims = self._sent(seed, number)
            outcome.statuses[500 if reply is None else reply.status] += 1
            found = [Finding(seed, numbers.start, number, request, reply, claim) for claim in claims]
            if found:
                # What is shortened leaves another world behind: the requests that remain begin with a new one.
                outcome.found += [self._shortened(one) for one in found]
                self._world.begin_again()
            if len(outcome.found) >= most:
                break
        if self._world.mutated():
            outcome.spoilt = True
            outcome.found.append(
                Finding(seed, numbers.start, number, request, reply, "a document was changed in its place, by this request or an earlier one")
            )

    def _sent(self, seed: int, number: int) -> tuple[Request, Reply | None, list[str]]:
        """A request, its answer, and what is wrong with it."""
        request, reply = fuzzed(Random(f"{seed}/{number}")), None
        try:
            reply = self._client.send(request.method, request.target, headers=request.headers, body=request.chunks(), leaves=request.leaves)
            claims = list(broken(request, reply))
        except Exception as problem:
            claims = [f"no answer that could be sent: {type(problem).__name__}: {problem}"]
        may_change = reply is not None and 200 <= reply.status < 300 and request.method not in ("GET", "HEAD")
        if self._world.changed() and not may_change:
            claims.append("the documents are not what they were")
        return request, reply, claims

    def _shortened(self, finding: Finding) -> Finding:
        """The same finding with the fewest requests before it, of none, 1, 3, 7, …, that still show it."""
        before = 0
        while finding.number - before > finding.first:
            if self._shows(finding, finding.number - before):
                return replace(finding, first=finding.number - before)
            before = 2 * before + 1
        return finding

    def _shows(self, finding: Finding, first: int) -> bool:
        self._world.begin_again()
        claims: list[str] = []
        for number in range(first, finding.number + 1):
            claims = self._sent(finding.seed, number)[2]
        return finding.claim in claims


@contextmanager
def fuzzer(**settings: Any) -> Iterator[Fuzzer]:
    """A fuzzer of a server of its own, with the demo world."""
    sandbox = sandbox_of(**{"scenario": "demo", "rate_limit": LIMIT, **settings})
    one = Fuzzer(sandbox)
    try:
        yield one
    finally:
        one.close()
        sandbox.close()


def _written(image: Image) -> str:
    return json.dumps([image.tables, image.counters], sort_keys=True)


def _cut(what: object) -> str:
    text = repr(what)
    return text if len(text) <= 400 else f"{text[:400]}… ({len(text)} characters)"
