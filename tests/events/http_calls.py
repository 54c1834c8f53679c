"""Calls to receivers on this machine, whatever their hosts are called."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import uvloop

from sandbox.events.http_client import Outcome, Sender
from sandbox.events.ssrf_guard import SsrfGuard
from sandbox.state.clock import ManualClock
from tests.events.loopback_receiver import LOOPBACK, Answer, Receiver, named, receiver

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Result = TypeVar("Result")


def sender(seconds: float = 15.0, *addresses: str) -> Sender:
    """One whose names are all on this machine."""
    return Sender(SsrfGuard(LOOPBACK, named(*addresses)), seconds, ManualClock(NOW))


async def posted(answer: Answer, seconds: float = 15.0, body: bytes = b"{}") -> tuple[Outcome, Receiver]:
    async with receiver(answer) as target:
        outcome = await sender(seconds).post(f"http://hooks.example:{target.port}/hook", {}, body)
        if target.connections:
            await asyncio.wait_for(target.was_left.wait(), 10)
        return outcome, target


def outcome_of(answer: Answer, seconds: float = 15.0, body: bytes = b"{}") -> Outcome:
    return asyncio.run(posted(answer, seconds, body))[0]


def on_either_loop(fast: bool, work: Coroutine[Any, Any, Result]) -> Result:
    """Servers run on uvloop where there is one."""
    return uvloop.run(work) if fast else asyncio.run(work)
