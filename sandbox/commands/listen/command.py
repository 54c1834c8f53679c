"""`sandbox listen`: forwards the events of any sandbox to a receiver that only this machine can reach."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

import sandbox
from openapi.wording import quoted
from sandbox.commands.listen.control_url import control_url, is_on_this_machine
from sandbox.commands.output import AnswerFormat, Format
from sandbox.commands.signing_secret import VARIABLE, checked, derived
from sandbox.errors import StartError
from sandbox.settings import refuse_misspelt

if TYPE_CHECKING:  # it loads what the other commands need not
    import httpx

    from sandbox.commands.listen.forwarder import Forwarder
    from sandbox.commands.listen.output import ListenOutput
    from sandbox.commands.listen.reconnecting_stream import ReconnectingStream

EXAMPLES = """\b
Examples, with SANDBOX_API_KEY=sbx_… in the environment:
  sandbox listen --url https://sandbox.your-domain.com \\
      --forward-to http://localhost:3000/hook
  sandbox listen --url http://127.0.0.1:8000 \\
      --forward-to http://localhost:3000/hook --only invoice.created"""
_KEY = "SANDBOX_API_KEY"
_SECONDS_TO_FINISH = 2
"""For the attempt that is under way at the end, so that it is not made once more without need."""


@dataclass(frozen=True)
class _Wanted:
    """What the user asked for, understood."""

    control: str
    key: str
    target: str
    only: tuple[str, ...]
    since: str | datetime | None
    secret: str | None


def listen(
    url: Annotated[str, typer.Option(help="URL of the sandbox.")],
    forward_to: Annotated[str, typer.Option(metavar="URL", help="URL to send the events to, such as http://localhost:3000/hook.")],
    api_key: Annotated[str, typer.Option(envvar=_KEY, help="A key of the workspace, of any role.")] = "",
    only: Annotated[list[str] | None, typer.Option(metavar="TYPE", help="Forward only events of this type; may be repeated.")] = None,
    replay_since: Annotated[str | None, typer.Option(metavar="EVENT|TIME", help="Start with this event of the log, or at this time.")] = None,
    secret: Annotated[str, typer.Option(envvar=VARIABLE, help="Secret to sign the events with: whsec_…; by default, derived from the key.")] = "",
    format: AnswerFormat = Format.text,
) -> None:
    """Forward the events of a sandbox to your machine.

    Events are signed and retried like real deliveries. The command reconnects when the connection is lost, and runs
    until Ctrl+C. You do not need to register a webhook.
    """
    refuse_misspelt(os.environ)
    if not api_key:
        raise StartError(f"Give a key of the workspace, best as {_KEY} in the environment, where no history keeps it, or with --api-key.")
    wanted = _Wanted(
        control_url(url), api_key, _target(forward_to), tuple(dict.fromkeys(only or ())), _since(replay_since), checked(secret) if secret else None
    )
    from sandbox.commands.listen.output import Json, Text
    from sandbox.state.clock import SystemClock

    try:
        asyncio.run(_listen(wanted, Json() if format is Format.json else Text(SystemClock())))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # whoever read the lines has gone, so what is left to say goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _target(url: str) -> str:
    from sandbox.events.ssrf_guard import open_to_all

    fault = open_to_all().fault(url)
    if fault is not None:
        raise StartError(f"--forward-to: {fault}.")
    return url


def _since(text: str | None) -> str | datetime | None:
    """An event's id, or a moment: without a zone, in UTC."""
    from sandbox.events.outbox import number_of

    if text is None or number_of(text) is not None:
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise StartError(f"--replay-since {quoted(text)} must be an event's id or a time such as 2024-01-15T10:00:00Z.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


async def _listen(wanted: _Wanted, telling: ListenOutput) -> None:
    from sandbox.commands.listen.event_log_client import Event, EventLogClient, Lost
    from sandbox.commands.listen.forwarder import Forwarder
    from sandbox.commands.listen.reconnecting_stream import ReconnectingStream
    from sandbox.commands.listen.timer import RealTimer
    from sandbox.events.http_client import Sender
    from sandbox.events.ssrf_guard import open_to_all
    from sandbox.state.clock import SystemClock

    sender, pace = Sender(open_to_all()), RealTimer()
    secret = wanted.secret or derived(wanted.key)
    forwarder = Forwarder(sender, wanted.target, secret, pace, SystemClock(), telling.attempted)

    def take(event: Event) -> None:
        if not wanted.only or event["type"] in wanted.only:
            forwarder.take(event)

    async with _client(wanted) as client:
        log = EventLogClient(client)
        follower = ReconnectingStream(log, pace, take=take, gone=forwarder.log_is_gone, notify=telling.notice)
        try:
            await log.check(list(wanted.only))
            await follower.begin(wanted.since)
        except Lost as lost:
            raise StartError(f"There is no sandbox at {wanted.control}: {lost}.") from None
        telling.began(wanted.control, wanted.target, wanted.only, None if wanted.secret else secret)
        try:
            await _until_told_to_end(follower, forwarder)
        finally:
            await sender.close()
            telling.ended(forwarder.delivered, forwarder.given_up, forwarder.pending())


async def _until_told_to_end(follower: ReconnectingStream, forwarder: Forwarder) -> None:
    """Both at once, so that a receiver that is slow holds up nobody; until SIGINT or SIGTERM, or until one of them fails."""
    tasks = [asyncio.create_task(follower.follow()), asyncio.create_task(forwarder.run())]
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # where there are no signals, Ctrl+C cancels this task
            asyncio.get_running_loop().add_signal_handler(name, ended.set)
    waiting = asyncio.create_task(ended.wait())
    try:
        done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
        forwarder.finish()
        await asyncio.wait(tasks[1:], timeout=_SECONDS_TO_FINISH)
    finally:
        for one in (*tasks, waiting):
            one.cancel()
        await asyncio.gather(*tasks, waiting, return_exceptions=True)


@asynccontextmanager
async def _client(wanted: _Wanted) -> AsyncIterator[httpx.AsyncClient]:
    import httpx

    headers = {"Authorization": f"Bearer {wanted.key}", "User-Agent": f"sandbox-listen/{sandbox.version()}"}
    asks_the_environment = not is_on_this_machine(wanted.control)
    try:
        async with httpx.AsyncClient(base_url=wanted.control, headers=headers, trust_env=asks_the_environment) as client:
            yield client
    except UnicodeEncodeError:
        raise StartError("The key contains characters that no key has; copy it again.") from None
