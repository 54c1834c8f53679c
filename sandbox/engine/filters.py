"""What the parameters of a list ask for, in the words of the store (`x-filter`, `x-search`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from openapi.contract import Filter, Operation
from sandbox.errors import Invalid, label
from sandbox.state.query import Comparison, Condition

_LOWER, _UPPER = ("ge", "gt"), ("le", "lt")


def conditions_of(operation: Operation, params: Mapping[str, Any]) -> tuple[list[Condition], str | None]:
    """What a list's parameters ask for; a range whose ends are crossed is refused (decision `dates`)."""
    asked: list[Filter] = []
    term = None
    for parameter in operation.parameters:
        value = params.get(parameter.name)
        if value is None:
            continue
        if parameter.filter:
            asked.append(parameter.filter)
        elif parameter.search:
            term = value or None
    if len(asked) > 1:
        _refuse_crossed_ranges(asked, params)
    return [Condition(one.field, cast(Comparison, one.comparison), params[one.parameter]) for one in asked], term


def _refuse_crossed_ranges(asked: Sequence[Filter], params: Mapping[str, Any]) -> None:
    faults: dict[str, str] = {}
    for lower in (one for one in asked if one.comparison in _LOWER):
        for upper in (one for one in asked if one.comparison in _UPPER and one.field == lower.field):
            start, end = params[lower.parameter], params[upper.parameter]
            if start > end:
                faults[lower.parameter] = f"{label(lower.parameter)} {start} is after {upper.parameter} {end}; it must be the same or earlier"
    if faults:
        raise Invalid(faults)
