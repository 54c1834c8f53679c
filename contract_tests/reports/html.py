"""report.html: one page for people, without scripts and external files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract_tests.judging.registry import FAMILIES
from contract_tests.reports.document import failing
from openapi.decisions import Decision, load_decisions

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = Path(__file__).with_name("report.html.j2")


def html(document: dict[str, Any]) -> str:
    """The page of a report's document."""
    families = [one for one in FAMILIES if any(entry["family"] == one for entry in document["promises"])]
    by_verdict = {name: [one for one in document["promises"] if one["verdict"] == name] for name in ("kept", "broken", "not-checked")}
    return _template().render(
        report=document,
        families=families,
        rows=table(document, families),
        broken=by_verdict["broken"],
        unchecked=by_verdict["not-checked"],
        kept=by_verdict["kept"],
        partly=[one for one in by_verdict["kept"] if one["reason"]],
        decisions={name: _decision(one) for name, one in load_decisions().items()},
        good=not failing(document),
        left={name: _ranges(ids) for name, ids in document["objects"]["left"].items()},
    )


def table(document: dict[str, Any], families: list[str]) -> list[dict[str, Any]]:
    """For each operation, by family: whether its promises are kept there, and how many were looked at."""
    rows = []
    for id, operation in document["coverage"]["operations"].items():
        cells = []
        for family in families:
            members = [one for one in document["promises"] if one["family"] == family]
            broken = [one["id"] for one in members if id in one["broken_on"]]
            kept = [one["id"] for one in members if id in one["checked"] and id not in one["broken_on"]]
            state = "broken" if broken else "kept" if kept else "none"
            cells.append({"family": family, "state": state, "count": len(broken) or len(kept), "promises": ", ".join(broken or kept)})
        rows.append({"id": id, "method": operation["method"], "path": operation["path"], "requests": operation["requests"], "cells": cells})
    return rows


def _decision(decision: Decision) -> dict[str, Any]:
    sentences = {one.code: one.sentence for one in (decision.reading, *decision.others)}
    return {"silence": decision.silence, "ours": decision.reading.sentence, "code": decision.reading.code, "sentences": sentences}


def _ranges(ids: list[int]) -> str:
    """Ids in few words: 1–3, 7."""
    parts: list[list[int]] = []
    for id in sorted(ids):
        if parts and id == parts[-1][-1] + 1:
            parts[-1].append(id)
        else:
            parts.append([id])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
