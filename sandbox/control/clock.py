"""The operations on the workspace's clock: real time plus an offset, which only a reset decreases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sandbox.control.context import Call, Handler
from sandbox.engine import Result
from sandbox.errors import Invalid
from sandbox.state.clock import timestamp
from sandbox.state.workspace import Workspace

_END = datetime(9999, 1, 1, tzinfo=UTC)
"""No calendar goes beyond the year 9999, and the clock must be able to run on; so it is a year earlier."""
_MOST_COUNTED = 2**62
"""Microseconds that a workspace may live through between two resets, so that what is due stays a number that can be stored."""
_FORM = "By must be a duration of days, hours, minutes and seconds, such as PT1H or P1DT2H30M"
_MICROSECOND = timedelta(microseconds=1)


async def read(call: Call) -> Result:
    """The time that it is."""
    return Result(_shown(call.workspace))


async def advance(call: Call) -> Result:
    """Forward, never back: Invalid for a negative duration, and for one that ends in the year 9999 or later."""
    workspace, by = call.workspace, _duration(call.body["by"])
    if by > _END - workspace.clock.now():
        raise Invalid({"by": f"By would move the clock to the year 9999 or beyond; it is {timestamp(workspace.clock.now())}, and PT1H is an hour"})
    offset = workspace.metadata.offset + by // _MICROSECOND
    if offset + workspace.metadata.moved_back > _MOST_COUNTED:
        raise Invalid({"by": "By would be more time than is counted, since the clock was so often far ahead; a reset of the workspace begins anew"})
    workspace.change(offset=offset)
    return Result(_shown(workspace))


async def reset(call: Call) -> Result:
    """Back to real time; windows of the rate limit that lie ahead of it would otherwise never end."""
    workspace = call.workspace
    if workspace.metadata.offset:
        workspace.change(offset=0)
        call.services.limiter.open_anew(workspace.name)
    return Result(_shown(workspace))


def iso8601(duration: timedelta) -> str:
    """A duration that is not negative, in the form in which `advance` takes it: `P1DT2H30M`."""
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{duration.microseconds:06d}".rstrip("0") if duration.microseconds else ""
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else "", f"{seconds}{fraction}S" if seconds or fraction else ""]
    days, time = f"{duration.days}D" if duration.days else "", "".join(parts)
    return f"P{days}T{time}" if time else f"P{days}" if days else "PT0S"


def _duration(text: str) -> timedelta:
    try:
        by = msgspec.convert(text, timedelta)
    except msgspec.ValidationError:
        raise Invalid({"by": _FORM}) from None
    if by < timedelta(0):
        raise Invalid({"by": "By must not be negative: the clock goes forward, such as by PT1H, and back by a reset alone"})
    return by


def _shown(workspace: Workspace) -> dict[str, Any]:
    return {"now": timestamp(workspace.clock.now()), "offset": iso8601(timedelta(microseconds=workspace.metadata.offset))}


OPERATIONS: dict[str, Handler] = {"getClock": read, "advanceClock": advance, "resetClock": reset}
