"""Sends requests of many keys over many connections, and looks that each answer belongs to the key in that very request."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from sandbox.edge.exchange import Exchange
from sandbox.edge.gateway import Gateway
from sandbox.state.image import Image
from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, STAFF, Sandbox, sandbox_of
from tests.edge.paths.connection import Connection, Connections
from tests.edge.paths.random_requests import Holder, KeyedRequest, random_request
from tests.hostile.raw_connection import Answer

LIMIT = 100_000_000
CONNECTIONS = 6
BLOCK = 2_000
"""Requests after which the worlds and the connections are new."""
Progress = Callable[[int, float], None]


@dataclass
class Outcome:
    """What a run did, and what it found: a sentence for each answer, or step, that is not as it must be."""

    statuses: Counter[int] = field(default_factory=Counter)
    quick: int = 0
    seconds: float = 0.0
    found: list[str] = field(default_factory=list)


class Check:
    def __init__(self) -> None:
        self.outcome = Outcome()
        self._sandbox: Sandbox = sandbox_of(rate_limit=(LIMIT, 3600))
        self._runner = asyncio.Runner()
        third = self._runner.run(self._third_key())
        self._holders = (
            Holder(ADMINISTRATOR, "default", "administrator"),
            Holder(STAFF, "default", "staff"),
            Holder(READ_ONLY, "default", "read-only"),
            Holder(OTHER, "other", "administrator"),
            Holder(third, "third", "staff"),
        )
        self._used: Counter[str] = Counter()

    def run(self, requests: int, seed: int, progress: Progress = lambda sent, seconds: None, most: int = 1) -> Outcome:
        started, outcome = time.perf_counter(), self.outcome
        for first in range(0, requests, BLOCK):
            numbers = range(first, min(first + BLOCK, requests))
            self._runner.run(self._block(numbers, Random(f"{seed}/{first}")))
            outcome.seconds = time.perf_counter() - started
            progress(numbers.stop, outcome.seconds)
            if len(outcome.found) >= most:
                break
        return outcome

    def close(self) -> None:
        self._runner.close()
        self._sandbox.close()

    async def _third_key(self) -> str:
        perform = self._sandbox.server.admin_commands.perform
        await perform("workspaces_create", {"name": "third"})
        key: str = (await perform("keys_create", {"workspace": "third", "label": "only", "role": "staff"}))["key"]
        self._sandbox.server.workspaces.get("third")
        return key

    async def _block(self, numbers: range, dice: Random) -> None:
        self._sandbox.begin_again()
        self._used.clear()
        paths = Connections(self._sandbox.server.app, fast=True)
        for name in {holder.workspace for holder in self._holders}:
            workspace = self._sandbox.server.workspaces.get(name)
            workspace.reset(Image())
            with workspace.transaction() as tx:
                tx.insert("customers", {"account": f"{name} first", "created_at": tx.timestamp, "updated_at": tx.timestamp})
        open_ = [paths.open(f"10.0.0.{place}") for place in range(CONNECTIONS)]
        speakers = [tuple(dice.sample(self._holders, dice.choice((2, 2, 3, 4)))) for _ in range(CONNECTIONS)]
        left = list(numbers)
        while left and not self.outcome.found:
            step, left = left[: (size := dice.randint(1, 4))], left[size:]
            by_connection: dict[int, list[KeyedRequest]] = defaultdict(list)
            for number in step:
                place = dice.randrange(CONNECTIONS)
                request = random_request(dice, number, speakers[place])
                if not any(one.ends or request.ends for one in by_connection[place]):  # behind one that is under way it would get no answer
                    by_connection[place].append(request)
            await self._step(paths, open_, by_connection, dice)
        await paths.close()

    async def _step(self, paths: Connections, open_: list[Connection], by_connection: dict[int, list[KeyedRequest]], dice: Random) -> None:
        """Some requests in one turn of the loop, or in several: on one connection one behind the other, on several beside each other."""
        requests = [request for queue in by_connection.values() for request in queue]
        queues = [(place, list(_written(queue, dice))) for place, queue in by_connection.items()]
        while any(parts for _, parts in queues):
            place, parts = dice.choice([one for one in queues if one[1]])
            open_[place].send(parts.pop(0))
            for _ in range(dice.choice((0, 0, 0, 1, 2))):
                await asyncio.sleep(0)
        try:
            await paths.quiet()
        except TimeoutError:
            self._find(requests[0], None, "somebody waits for ever")
            return
        due: dict[str, list[int]] = defaultdict(list)
        for place, queue in by_connection.items():
            try:
                answers = open_[place].answers()
            except (AssertionError, KeyError, ValueError) as problem:
                self._find(queue[0], None, f"no answers that can be read: {problem}")
                return
            if len(answers) != len(queue):
                self._find(queue[0], None, f"{len(answers)} answers to {len(queue)} requests")
            for request, answer in zip(queue, answers, strict=False):
                self.outcome.statuses[answer.status] += 1
                self._look(request, answer)
                due[request.holder.key if request.holder else f"10.0.0.{place}"].append(int(answer.header("x-ratelimit-remaining") or -1))
            if open_[place].ended:
                open_[place].leave()
                open_[place] = paths.open(f"10.0.0.{place}")
        for who, remaining in due.items():
            # Of several that are under way together, each may tell of those that were counted after it.
            before, self._used[who] = LIMIT - self._used[who], self._used[who] + len(remaining)
            if min(remaining) != before - len(remaining) or max(remaining) >= before:
                self._find(requests[0], None, f"the limit of {who} went from {before} to {remaining} for {len(remaining)} requests")

    def _look(self, request: KeyedRequest, answer: Answer) -> None:
        """What one answer says."""
        holder = request.holder
        status = _status(request)
        if answer.status != status:
            self._find(request, answer, f"{answer.status} in place of {status}")
            return
        if status >= 400 or holder is None:
            return
        data = answer.json["data"]
        accounts = [one["account"] for one in data] if request.kind == "list" else [] if request.kind == "users" else [data["account"]]
        if any(not account.startswith(f"{holder.workspace} ") for account in accounts):
            self._find(request, answer, f"documents of another workspace than {holder.workspace}")
        if request.kind == "create" and data["account"] != request.account:
            self._find(request, answer, "the answer to another request")

    def _find(self, request: KeyedRequest, answer: Answer | None, what: str) -> None:
        self.outcome.found.append(f"{what}: {request} got {answer}")


def _written(queue: list[KeyedRequest], dice: Random) -> list[bytes]:
    """The parts of the requests of one connection; a request may come in one read with the part before."""
    parts: list[bytes] = []
    for request in queue:
        if parts and dice.random() < 0.3:
            parts[-1] += request.parts[0]
            parts += request.parts[1:]
        else:
            parts += request.parts
    return parts


def _status(request: KeyedRequest) -> int:
    if request.kind == "broken":
        return 400
    if request.holder is None:
        return 401
    role = request.holder.role
    if (request.kind == "users" and role != "administrator") or (request.kind == "create" and role == "read-only"):
        return 403
    return 201 if request.kind == "create" else 200


def counting_quick_ones(outcome: Outcome) -> Callable[..., Exchange | None]:
    """In place of `Gateway.respond`: counts what it answers."""
    really = Gateway.respond

    def respond(self: Gateway, *arguments: object) -> Exchange | None:
        exchange = really(self, *arguments)  # type: ignore[arg-type]
        outcome.quick += exchange is not None
        return exchange

    return respond
