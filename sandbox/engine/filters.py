"""Translates the parameters of a list into queries of the store (`x-filter`, `x-search`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from openapi.contract import Filter, Operation
from sandbox.errors import Invalid, label
from sandbox.state.query import Comparison, Condition

_LOWER, _UPPER = ("ge", "gt"), ("le", "lt")


class ListQuery:
    """Reads what the parameters of one operation ask for; which of them filter or search is worked out once."""

    def __init__(self, operation: Operation) -> None:
        self.collection = operation.resource
        self._filters = operation.filters
        self._search = next((one.name for one in operation.parameters if one.search), None)

    def conditions(self, params: Mapping[str, Any]) -> tuple[list[Condition], str | None]:
        """The conditions, and the search term if any; a range whose ends are crossed is refused (decision `dates`)."""
        term = params.get(self._search) or None if self._search else None
        asked = [one for one in self._filters if params.get(one.parameter) is not None] if self._filters else ()
        if len(asked) > 1:
            _refuse_crossed_ranges(asked, params)
        return [Condition(one.field, cast(Comparison, one.comparison), params[one.parameter]) for one in asked], term


def conditions_of(operation: Operation, params: Mapping[str, Any]) -> tuple[list[Condition], str | None]:
    """The same for an operation that is asked but now and then."""
    return ListQuery(operation).conditions(params)


def _refuse_crossed_ranges(asked: Sequence[Filter], params: Mapping[str, Any]) -> None:
    faults: dict[str, str] = {}
    for lower in (one for one in asked if one.comparison in _LOWER):
        for upper in (one for one in asked if one.comparison in _UPPER and one.field == lower.field):
            start, end = params[lower.parameter], params[upper.parameter]
            if start > end:
                faults[lower.parameter] = f"{label(lower.parameter)} {start} is after {upper.parameter} {end}; it must be the same or earlier"
    if faults:
        raise Invalid(faults)
