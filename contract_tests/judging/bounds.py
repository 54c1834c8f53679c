"""The bounds that the reference does not state: what is too long, too many or too large by the decision `bounds`.

Some upper bounds are those of another decision, such as the largest amount of money: these have no wider reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openapi.schemas import Schema

UPPER: Mapping[str, str] = {"maxLength": "long", "maxItems": "many", "uniqueItems": "many", "maximum": "large"}
"""The words that bound a value from above, and what is wrong with one beyond."""
IN_QUERIES: Schema = {"x-decision": ["paging", "report"]}
"""What surrounds the parameters of a query: the decisions that bound what it may ask for."""
LARGEST_OF_ALL = 2**31 - 1
"""The greatest integer that hardly any implementation refuses."""
_SMALL, _NEAR = 10, 2
_DECIDED: Mapping[str, frozenset[str] | None] = {
    "money": None,
    "password": None,
    "batch": None,
    "paging": frozenset({"limit"}),
    "report": frozenset({"month"}),
}
"""The decisions that state bounds, and of which fields; None for every one."""


def is_decided(name: str, schema: Schema, within: Schema) -> bool:
    """Whether another decision than `bounds` says where the bounds of a field lie, which stands within another schema."""
    for decision in {*_decisions(schema), *_decisions(within)} & _DECIDED.keys():
        fields = _DECIDED[decision]
        if fields is None or name in fields:
            return True
    return False


def without_bounds(schema: Any, name: str = "", within: Mapping[str, Any] | None = None) -> Any:
    """The schema as a target with no bounds of its own would write it."""
    return _changed(schema, name, within or {}, lambda word, value: None)


def modest(schema: Any, name: str = "", within: Mapping[str, Any] | None = None) -> Any:
    """The schema of values that come near no bound of ours."""
    return _changed(schema, name, within or {}, _lowered)


def _lowered(word: str, value: Any) -> Any:
    if isinstance(value, bool) or (word == "maxItems" and value < _SMALL):
        return value
    return min(value - _NEAR, LARGEST_OF_ALL) if value > _NEAR else value


def _changed(schema: Any, name: str, within: Mapping[str, Any], change: Any) -> Any:
    if isinstance(schema, list):
        return [_changed(part, name, within, change) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    decided, made = is_decided(name, dict(schema), dict(within)), {}
    for word, value in schema.items():
        if word in UPPER and not decided and not isinstance(value, Mapping):
            value = change(word, value)
        elif word == "properties":
            value = {field: _changed(part, field, schema, change) for field, part in value.items()}
        elif word in ("items", "not", "additionalProperties", "allOf", "anyOf", "oneOf"):
            value = _changed(value, name, schema, change)
        if value is not None or word not in UPPER:
            made[word] = value
    return made


def _decisions(schema: Schema) -> tuple[str, ...]:
    named = schema.get("x-decision", ())
    return (named,) if isinstance(named, str) else tuple(named)
