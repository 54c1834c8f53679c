"""What the parameters of a list ask for, in the words of the store (`x-filter`, `x-search`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from openapi.contract import Operation
from sandbox.engine.integrity import label
from sandbox.errors import Invalid
from sandbox.state.query import Comparison, Condition

_LOWER, _UPPER = ("ge", "gt"), ("le", "lt")


def conditions_of(operation: Operation, params: Mapping[str, Any]) -> tuple[list[Condition], str | None]:
    """What a list's parameters ask for; a range whose ends are crossed is refused (decision `dates`)."""
    conditions, term = [], None
    for parameter in operation.parameters:
        value = params.get(parameter.name)
        if value is None:
            continue
        if parameter.filter:
            conditions.append(Condition(parameter.filter.field, cast(Comparison, parameter.filter.comparison), value))
        elif parameter.search:
            term = value or None
    _refuse_crossed_ranges(operation, params)
    return conditions, term


def _refuse_crossed_ranges(operation: Operation, params: Mapping[str, Any]) -> None:
    faults: dict[str, str] = {}
    for lower in operation.filters:
        for upper in operation.filters:
            ends = lower.comparison in _LOWER and upper.comparison in _UPPER and lower.field == upper.field
            start, end = params.get(lower.parameter), params.get(upper.parameter)
            if ends and start is not None and end is not None and start > end:
                faults[lower.parameter] = f"{label(lower.parameter)} {start} is after {upper.parameter} {end}; it must be the same or earlier"
    if faults:
        raise Invalid(faults)
