"""Compares two documents for `contract-tests diff`, and renders the report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from contract_tests.documents.remote_references import fetch
from contract_tests.documents.reports.comparison import Comparison, FailOn
from contract_tests.documents.reports.diff_reports import diff_json, diff_sarif, diff_text
from contract_tests.documents.reports.html import diff_html
from contract_tests.documents.reports.markdown import diff_markdown
from contract_tests.documents.reports.text import Sheet, tame
from contract_tests.errors import Refused
from openapi.diff.compare import compare
from openapi.diff.ignore_file import Sifted, read_accepted, sift
from openapi.diff.source import Source
from openapi.parsing.errors import SourceError

_REPORTS: dict[str, Callable[[Comparison], str]] = {"json": diff_json, "markdown": diff_markdown, "sarif": diff_sarif, "html": diff_html}


def compared(base: str, head: str, fail_on: str, ignore: str | None, today: date, *, remote: bool = False) -> Comparison:
    """Both documents read and compared, without what is accepted on that day. Refused where one cannot be read."""
    try:
        entries = [] if ignore is None else read_accepted(ignore)
        ask = fetch if remote else None
        changes = compare(Source.read(base, remote=ask), Source.read(head, remote=ask))
    except SourceError as error:
        raise Refused(tame(str(error))) from error
    left = Sifted(changes, [], []) if ignore is None else sift(changes, entries, ignore, today)
    return Comparison(base, head, left.changes, FailOn(fail_on), left.accepted, left.notes)


def reported(comparison: Comparison, format: str, sheet: Sheet) -> bytes:
    """The report in UTF-8; text is written on the sheet. What is no character, as a file's name may hold, is written as an escape."""
    report = diff_text(comparison, sheet) if format == "text" else _REPORTS[format](comparison)
    return report.encode("utf-8", "backslashreplace")
