"""Checks documents for `contract-tests lint`, fixes them if requested, and renders the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract_tests.documents.reports.lint_reports import lint_json, lint_sarif, lint_text
from contract_tests.documents.reports.text import Sheet, tame
from contract_tests.errors import Refused
from openapi.diff.origins import Folder
from openapi.diff.source import Source
from openapi.lint import Finding, Level, UnknownRule, all_rules, lint
from openapi.lint.autofix import Fixed, fix
from openapi.parsing.errors import SourceError


@dataclass(frozen=True, slots=True)
class LintOptions:
    """What somebody asks for: rules by id, and whether to fix."""

    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    fix: bool = False


def lint_documents(specs: list[str], asked: LintOptions) -> list[Fixed]:
    """What was fixed in each document, and what is left. Refused where one cannot be read, or a rule is not known."""
    try:
        sources = [Source.read(spec) for spec in dict.fromkeys(specs)]  # all of them, before any is fixed
        return [_lint_documents(source, asked) for source in sources]
    except (SourceError, UnknownRule) as error:
        raise Refused(tame(str(error))) from error


def is_as_bad(found: list[Finding], bar: str) -> bool:
    """Whether something is as bad as a level, or worse; nothing is as bad as `none`."""
    return bar != "none" and any(one.level.rank <= Level(bar).rank for one in found)


def reported(found: list[Finding], format: str, end: str) -> str:
    """The report; `end` is the last line of text."""
    if format == "json":
        return lint_json(found)
    if format == "sarif":
        return lint_sarif(found, {one.id: (one.sentence, one.level.value) for one in all_rules().values()})
    return lint_text(found, Sheet.of_terminal(), end)


def listed(format: str) -> str:
    """The rules, as text or JSON."""
    rules = list(all_rules().values())
    if format == "json":
        entries = [{"id": one.id, "level": one.level.value, "fixable": one.fixable, "sentence": one.sentence} for one in rules]
        return json.dumps({"rules": entries}, ensure_ascii=False, indent=2) + "\n"
    if format != "text":
        raise Refused("--list has the formats text and json")
    sheet = Sheet.of_terminal()
    for one in rules:
        sheet.pair(one.id, f"{one.level.value}{', --fix' if one.fixable else ''}", style="bold")
        sheet.write(one.sentence, 4)
    return sheet.text()


def fixed_lines(done: list[Finding]) -> list[str]:
    """One line for each thing that was fixed."""
    return [tame(f"fixed {one.file}:{one.line} {one.id}: {one.text}") for one in done]


def _lint_documents(source: Source, asked: LintOptions) -> Fixed:
    if not asked.fix:
        return Fixed("", [], lint(source, only=asked.only, skip=asked.skip))
    if not isinstance(source.source_files.origin, Folder):
        raise SourceError(source.label, "is of a revision, which cannot be mended: check it out, and name the file")
    path = Path(source.label)
    try:
        content = path.read_bytes()
        fixed = fix(source, content.decode("utf-8-sig"), only=asked.only, skip=asked.skip)
        if fixed.done:
            path.write_bytes(content[: 3 if content.startswith(b"\xef\xbb\xbf") else 0] + fixed.text.encode())
    except OSError as error:
        raise SourceError(source.label, f"cannot be mended: {error.strerror or error}") from error
    return fixed
