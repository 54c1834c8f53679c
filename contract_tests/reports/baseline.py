"""An earlier report as a baseline: which promises are newly broken, and which were fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Broken = Mapping[str, frozenset[str]]
"""By promise, where it is broken: ids of operations, or `` for a proof that belongs to none."""


@dataclass(frozen=True)
class Comparison:
    """What an earlier run did not know, and what it knew and is not so any more."""

    newly: Mapping[str, frozenset[str]]
    mended: frozenset[str]


def broken_in(report: Mapping[str, Any]) -> Broken:
    """What a report says is broken, and where."""
    return {one["id"]: frozenset(one.get("broken_on", ())) for one in report["promises"] if one.get("verdict") == "broken"}


def compare(now: Mapping[str, Any], earlier: Mapping[str, Any]) -> Comparison:
    """Two reports. A promise that was broken before is newly broken where it is on an operation on which it was not."""
    known, found = broken_in(earlier), broken_in(now)
    newly = {id: places - known.get(id, frozenset()) for id, places in found.items() if id not in known or places - known[id]}
    kept = {one["id"] for one in now["promises"] if one["verdict"] == "kept"}
    return Comparison(newly, frozenset(known.keys() & kept))
