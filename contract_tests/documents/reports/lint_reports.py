"""What `contract-tests lint` found, as text, JSON and SARIF."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from contract_tests.documents.reports.levels import COLORS, counted
from contract_tests.documents.reports.sarif import Result, Rule, Spot, sarif
from contract_tests.documents.reports.text import Sheet
from openapi.lint.finding import Finding, Level


def lint_text(findings: Sequence[Finding], sheet: Sheet, end: str = "") -> str:
    """By file, in the order of the lines; `end` says what the exit code says."""
    for file in dict.fromkeys(one.file for one in findings):
        sheet.space()
        sheet.write(file, style="bold")
        for one in (one for one in findings if one.file == file):
            place = str(one.line) if one.column is None else f"{one.line}:{one.column}"
            sheet.pair(f"{place}  {one.level.value}", one.id + (" (fixable with --fix)" if one.fixable else ""), 2, COLORS[one.level.value])
            sheet.write(one.text, 4)
            sheet.write(f"at {one.pointer or '/'}", 4, "soft")
    sheet.space()
    told = counted((one.level.value for one in findings), (level.value for level in Level))
    sheet.write(f"{told or 'Nothing found'}. {end}".strip(), style="bold")
    return sheet.text()


def lint_json(findings: Sequence[Finding]) -> str:
    """`{"findings": [{"id", "level", "file", "pointer", "line", "column", "text", "fixable"}]}`."""
    words = ("id", "level", "file", "pointer", "line", "column", "text", "fixable")
    return json.dumps({"findings": [{word: getattr(one, word) for word in words} for one in findings]}, ensure_ascii=False, indent=2) + "\n"


def lint_sarif(findings: Sequence[Finding], rules: Mapping[str, tuple[str, str]]) -> str:
    """`rules` are all that there are: sentence and level by id."""
    known = [Rule(id, sentence, level) for id, (sentence, level) in rules.items()]
    return sarif("lint", known, [Result(one.id, one.level.value, one.text, Spot(one.file, one.pointer, one.line, one.column)) for one in findings])
