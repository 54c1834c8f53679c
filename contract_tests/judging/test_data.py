"""Three objects of a collection that differ in everything that its list can filter by, dated one day before, on and after a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from contract_tests.errors import Unable
from contract_tests.judging.lists import remember_unchanged
from contract_tests.judging.probe import CreatedObject, Probe
from openapi.contract import Filter, Operation
from openapi.schemas import Schema
from openapi.wording import quoted

ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
}
"""What the comparisons of `x-filter` mean."""


def filter_test_objects(probe: Probe, operation: Operation) -> list[CreatedObject]:
    """The three objects, made once for a run. The third differs in every field that is compared for being equal."""
    occasion = f"filtered by {operation.id}"
    if occasion not in probe.context.unchanged:
        fields = {one.field: None for one in operation.filters}
        values = {name: _values(probe, operation, name) for name in fields}
        given = [{name: three[place] for name, three in values.items() if three} for place in range(3)]
        probe.context.unchanged[occasion] = [remember_unchanged(probe, probe.make(operation.resource, optional=False, **one)) for one in given]
    return probe.context.unchanged[occasion]


def value_of(probe: Probe, filter: Filter, row: Mapping[str, Any]) -> Any:
    """What a filter compares in a row; a range of dates may be one of `created_at` (the reading `dates: created`)."""
    if is_dates(probe, filter) and probe.reading("dates") == "created":
        return str(row.get("created_at", ""))[:10]
    return row.get(filter.field)


def is_dates(probe: Probe, filter: Filter) -> bool:
    """Whether it is an end of a range of dates."""
    return filter.comparison in ("ge", "le") and filter.field == "date"


def matches_filter(probe: Probe, filter: Filter, row: Mapping[str, Any], wanted: Any) -> bool:
    """Whether a row should be there when it is asked for this value."""
    value = value_of(probe, filter, row)
    if not isinstance(value, str | int | float) or isinstance(value, str) != isinstance(wanted, str):
        return filter.comparison == "ne"
    return ORDERED[filter.comparison](value, wanted)


def own_value(probe: Probe, filter: Filter, made: CreatedObject) -> Any:
    """What a filter compares in an object of ours: what was sent, where it was."""
    return value_of(probe, filter, {**made.document, **made.sent})


def days_later(day: str, days: int) -> str:
    """A day so many days after another; before it where they are negative. Raises Unable where it is no day."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except (ValueError, TypeError):
        raise Unable(f"{quoted(day)} is no day") from None


def _values(probe: Probe, operation: Operation, name: str) -> list[Any]:
    resource = probe.resource(operation.resource)
    schema = resource.input.get("properties", {}).get(name, {})
    if not schema or schema.get("readOnly"):
        return []
    pointed = next((one.collection for one in resource.references if one.path == (name,)), None)
    if pointed is not None:
        fresh = remember_unchanged(probe, probe.make(pointed)).id
        return [fresh, fresh, probe.shared(pointed).id]
    steps = any(one.comparison != "eq" for one in operation.filters if one.field == name)
    return _scalars(probe, schema, steps)


def _scalars(probe: Probe, schema: Schema, steps: bool) -> list[Any]:
    if "enum" in schema:
        options = schema["enum"]
        return [options[0], options[0], options[1 % len(options)]]
    match schema.get("type"):
        case "integer":
            low = int(schema.get("minimum", 1))
            first = low + probe.random.randrange(max(1, min(int(schema.get("maximum", low + 1_000_000)) - low - 2, 1_000_000)))
            return [first, first + steps, first + 1 + steps]
        case "number":
            least = Decimal(probe.random.randrange(1_000, 50_000)) / 100
            return [float(least + step) for step in ((0, 1, 2) if steps else (0, 0, 1))]
        case "boolean":
            return [True, True, False]
    if schema.get("format") == "date":
        day = probe.bodies.day()
        return [days_later(day, step) for step in ((-1, 0, 1) if steps else (0, 0, 1))]
    text = probe.bodies.text(min(24, schema.get("maxLength", 24)))
    return [text, text, probe.bodies.text(min(24, schema.get("maxLength", 24)))] if "format" not in schema else []
