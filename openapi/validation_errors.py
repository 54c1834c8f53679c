"""Errors of a JSON Schema validator: of those that one fault makes, the one that says what was most likely meant."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class ValidationError(Protocol):
    """What jsonschema says, as far as it is looked at."""

    message: str
    validator: str
    validator_value: Any
    instance: Any
    schema: Any
    absolute_path: Iterable[Any]
    relative_path: Sequence[Any]
    relative_schema_path: Sequence[Any]
    context: Sequence[ValidationError]


def innermost(error: ValidationError) -> Iterator[ValidationError]:
    """Where several forms were possible, what is wrong with the one that was most likely meant."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0] if inner.relative_schema_path else 0, []).append(inner)
    if not branches:
        yield error
        return
    if (choice := _choice(list(branches.values()))) is not None:
        yield choice
        return
    nearest_form = min(branches.values(), key=_distance)
    telling = [one for one in nearest_form if one.validator != "oneOf" or one.context]  # the others follow from what is lacking
    for inner in telling or nearest_form:
        yield from innermost(inner)


def _choice(branches: list[list[ValidationError]]) -> ValidationError | None:
    """Where every form wants another word at the same place, as `in` of a parameter does: that one of all of these must stand there."""
    firsts = [next((one for one in errors if one.validator == "enum"), None) for errors in branches]
    wanted = [one for one in firsts if one is not None]
    if len(wanted) < len(branches) or len({tuple(one.absolute_path) for one in wanted}) > 1:
        return None
    whole = copy.copy(wanted[0])
    whole.validator_value = [value for one in wanted for value in one.validator_value]
    return whole


def _distance(errors: list[ValidationError]) -> tuple[int, ...]:
    """How far off a form is: one that wants to be a reference, or says another kind of thing, is the farthest."""
    reference = any(one.validator == "required" and "$ref" in list(one.validator_value) for one in errors)
    other_kind = sum(1 for one in errors if one.validator in ("enum", "const", "type") and len(one.relative_path) <= 1)
    return int(reference), other_kind, -max(len(one.relative_path) for one in errors), len(errors)
