"""The document of a run, from which all reports are made: what of it makes the run fail, and what a program needs first."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
"""Made by `run.results`."""


def failing(document: Document) -> list[Document]:
    """The promises that make the run fail: the broken ones, against a baseline the newly broken ones."""
    broken = [one for one in document["promises"] if one["verdict"] == "broken"]
    known = document.get("baseline")
    return broken if known is None else [one for one in broken if one["id"] in known["newly_broken"]]


def summary_of(document: Document) -> Document:
    """What a program needs to know of it first: without the evidence but for the shortest of each broken promise."""
    names = ("verdict", "interrupted", "hints", "counts", "requests", "dialect", "target", "started", "seconds", "objects")
    summary = {name: document[name] for name in names}
    broken = [{key: one[key] for key in ("id", "sentence", "family", "source", "where")} | _first(one) for one in failing(document)]
    unchecked = [{key: one[key] for key in ("id", "reason")} for one in document["promises"] if one["verdict"] == "not-checked"]
    return {**summary, "broken": broken, "not_checked": unchecked, **({"baseline": document["baseline"]} if "baseline" in document else {})}


def _first(entry: Document) -> Document:
    proof = entry["evidence"][0]
    return {name: proof.get(name) for name in ("expected", "seen", "operation", "curl")}
