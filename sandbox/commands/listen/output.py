"""The output of a listener: lines of at most 80 columns for people, a JSON document on each line for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

import typer

from openapi.wording import terminal_safe
from sandbox.commands.listen.forwarder import Attempt, Forward
from sandbox.state.clock import Clock, timestamp

_WIDTH = 80
_BESIDE_THE_TIME = " " * 10


class ListenOutput(Protocol):
    """Says what happens, as it happens."""

    def began(self, control: str, target: str, only: Sequence[str], secret: str | None) -> None:
        """It follows `control`; `secret` is the one that it derived, where none was given."""

    def attempted(self, attempt: Attempt) -> None: ...

    def notice(self, sentence: str) -> None: ...

    def ended(self, delivered: int, given_up: int, pending: Sequence[Forward]) -> None: ...


class Text:
    """For people."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def began(self, control: str, target: str, only: Sequence[str], secret: str | None) -> None:
        which = f"{' and '.join(only)} alone" if only else "every event"
        typer.echo(f"Following    {terminal_safe(control)}")
        typer.echo(f"Forwarding   {terminal_safe(which)}")
        typer.echo(f"to           {terminal_safe(target)}")
        if secret is not None:
            typer.echo(f"signed with  {secret}")
            typer.echo("             which is derived from the key, the same each time")
        typer.echo("Ctrl+C ends it.\n")

    def attempted(self, attempt: Attempt) -> None:
        status = "–" if attempt.status_code is None else str(attempt.status_code)
        took = f"{attempt.duration * 1000:,.0f} ms"
        when, what = f"{attempt.at.astimezone():%H:%M:%S}", f"{terminal_safe(attempt.type):<17} {terminal_safe(attempt.event_id):<24}"
        typer.echo(f"{when}  {what} {status:>4} {took:>9}{_try(attempt)}")
        if not attempt.delivered:
            reason = "" if attempt.error is None else f"{terminal_safe(attempt.error)}; "
            self._beside(f"{reason}{_what_then(attempt)}")

    def notice(self, sentence: str) -> None:
        lines = textwrap.wrap(terminal_safe(sentence), _WIDTH - len(_BESIDE_THE_TIME), break_on_hyphens=False)
        typer.echo(f"{self._clock.now().astimezone():%H:%M:%S}  {lines[0]}")
        for line in lines[1:]:
            typer.echo(_BESIDE_THE_TIME + line)

    def ended(self, delivered: int, given_up: int, pending: Sequence[Forward]) -> None:
        typer.echo(textwrap.fill(f"\n{summary(delivered, given_up, pending)}", _WIDTH, break_on_hyphens=False, replace_whitespace=False))

    def _beside(self, text: str) -> None:
        typer.echo(textwrap.fill(text, _WIDTH, initial_indent=_BESIDE_THE_TIME, subsequent_indent=_BESIDE_THE_TIME, break_on_hyphens=False))


class Json:
    """For programs; `kind` says what a line is."""

    def began(self, control: str, target: str, only: Sequence[str], secret: str | None) -> None:
        _line("began", url=control, forward_to=target, only=list(only), secret=secret)

    def attempted(self, attempt: Attempt) -> None:
        _line(
            "attempt",
            at=timestamp(attempt.at),
            event_id=attempt.event_id,
            type=attempt.type,
            attempt=attempt.number,
            status_code=attempt.status_code,
            duration=attempt.duration,
            error=attempt.error,
            delivered=attempt.delivered,
            again_in=None if attempt.again_in is None else round(attempt.again_in.total_seconds(), 3),
        )

    def notice(self, sentence: str) -> None:
        _line("notice", message=sentence)

    def ended(self, delivered: int, given_up: int, pending: Sequence[Forward]) -> None:
        _line(
            "ended", delivered=delivered, given_up=given_up, pending=[one.event_id for one in pending], message=summary(delivered, given_up, pending)
        )


def summary(delivered: int, given_up: int, pending: Sequence[Forward]) -> str:
    """What was done, and how what was not can be done later."""
    text = f"Forwarded {_events(delivered)}."
    if given_up:
        text += f" Gave {_events(given_up)} up."
    later = [one for one in pending if one.in_the_log]
    if len(later) < len(pending):
        text += f" {_events(len(pending) - len(later))} of a log that is gone will not be sent."
    if later:
        them = "it" if len(later) == 1 else "them"
        text += f" {_events(len(later))} not delivered yet; this brings {them}: --replay-since {terminal_safe(later[0].event_id)}"
    return text


def _events(number: int) -> str:
    return f"{number:,} event{'' if number == 1 else 's'}"


def _try(attempt: Attempt) -> str:
    return "" if attempt.number == 1 else f"  try {attempt.number}"


def _what_then(attempt: Attempt) -> str:
    if attempt.again_in is not None:
        return f"again in {_in_words(attempt.again_in)}"
    if attempt.status_code == 410:
        return "given up, since 410 asks for no more; a real delivery disables the webhook"
    return "given up after the last attempt; a real delivery disables the webhook"


def _in_words(pause: timedelta) -> str:
    seconds = round(pause.total_seconds())
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _line(kind: str, **facts: Any) -> None:
    typer.echo(json.dumps({"kind": kind, **facts}, ensure_ascii=False))
