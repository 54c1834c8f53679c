"""Hooks that Schemathesis loads in its own process: of the cases that its coverage phase makes, so many of each kind are sent.

By itself it sends a dozen requests that differ in nothing but the wrong type that stands in one field.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import schemathesis

MOST_VARIABLE = "CONTRACT_TESTS_MOST_OF_A_KIND"
_MANY = 5
_seen: Counter[tuple[object, ...]] = Counter()


def kind_of(case: Any) -> tuple[object, ...] | None:
    """What a case of the coverage phase is about; None for a case of another phase."""
    phase = case.meta.phase if case.meta is not None else None
    about = phase.data if phase is not None else None
    if phase is None or phase.name.value != "coverage":
        return None
    parts = (getattr(about, name, None) for name in ("scenario", "parameter_location", "parameter", "location"))
    return (case.operation.label, case.method, *parts)


def _fills_the_target(case: Any) -> bool:
    """Whether it is a good batch of very many objects: one at the limit is for the promises about batches."""
    definition = case.operation.definition.raw
    good = case.meta.generation.mode.value == "positive" and isinstance(case.body, dict)
    return good and definition.get("x-action") == "batch-create" and any(isinstance(part, list) and len(part) > _MANY for part in case.body.values())


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Whether a case is sent."""
    kind = kind_of(case)
    if kind is None:
        return True
    if _fills_the_target(case):
        return False
    _seen[kind] += 1
    return _seen[kind] <= int(os.environ[MOST_VARIABLE])
