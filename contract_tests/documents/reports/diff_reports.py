"""A comparison for people at a terminal, as JSON for programs, and as SARIF for code hosts."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

from contract_tests.documents.reports.comparison import Comparison, Group
from contract_tests.documents.reports.levels import COLORS
from contract_tests.documents.reports.sarif import Result, Rule, Spot, sarif
from contract_tests.documents.reports.text import Sheet, kept_together
from openapi.diff.change_kinds import kinds
from openapi.diff.changes import Level, Place

_METHOD = re.compile(r"\b[A-Z]+ /")


def diff_json(comparison: Comparison) -> str:
    """`{"changes": [{"id", "level", "operation", "path", "base", "head", "text"}]}`, one entry for each operation."""
    return json.dumps({"changes": [asdict(one) for one in comparison.changes]}, ensure_ascii=False, indent=2) + "\n"


def diff_sarif(comparison: Comparison) -> str:
    """Each change at its line of the head; of the base, where the head has no place for it."""
    rules = [Rule(one.id, one.sentence, one.levels[0].value) for one in kinds().values()]
    return sarif("diff", rules, [_result(group) for group in comparison.groups])


def _result(group: Group) -> Result:
    change = group.first
    more = f" This is so {group.elsewhere().removeprefix('and ')}." if group.elsewhere() else ""
    names = tuple(", ".join(part for part in (one.operation, one.path) if part) for one in group.members)
    return Result(
        change.id,
        change.level.value,
        change.text + more,
        _spot(change.head or change.base),
        _spot(change.base) if change.head else None,
        tuple(name for name in names if name),
    )


def _spot(place: Place | None) -> Spot | None:
    return None if place is None else Spot(place.file, place.pointer, place.line)


def diff_text(comparison: Comparison, sheet: Sheet) -> str:
    """By level, then by operation: where, who is hurt and how, and the lines in both files."""
    if not comparison.changes:
        sheet.write(comparison.summary, style="green")
        _write_notes(comparison, sheet)
        return sheet.text()
    sheet.write(f"{comparison.base} → {comparison.head}", style="soft", hang=2)
    for level in Level:
        operations = comparison.of_level(level)
        if operations:
            sheet.space()
            sheet.write(f"{level.value.upper()} ({comparison.count(level)})", style=COLORS[level.value])
        for operation, groups in operations.items():
            sheet.space()
            sheet.write(operation[0].upper() + operation[1:], style="bold", hang=2)
            for group in groups:
                _write(group, sheet)
    sheet.space()
    _write_notes(comparison, sheet)
    if comparison.accepted:
        many = len(comparison.accepted)
        sheet.write(f"{many} more {'is' if many == 1 else 'are'} accepted.", style="soft")
    sheet.write(comparison.summary, style="bold")
    return sheet.text()


def _write_notes(comparison: Comparison, sheet: Sheet) -> None:
    for note in comparison.notes:
        sheet.write(note, style="yellow", hang=2)


def _write(group: Group, sheet: Sheet) -> None:
    change = group.first
    sheet.pair(change.path or "(as a whole)", change.id, 2)
    sheet.write(change.text, 4)
    sheet.write(_lines(change.base, change.head), 4, "soft", hang=2)
    if group.elsewhere():
        sheet.write(_METHOD.sub(lambda found: kept_together(found[0]), group.elsewhere()), 4, "soft", hang=2)


def _lines(base: Place | None, head: Place | None) -> str:
    """`old.yaml:12 → new.yaml:14`."""
    return " → ".join("(not there)" if place is None else f"{place.file}:{place.line}" for place in (base, head))
