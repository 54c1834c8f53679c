"""Writes all reports of a run into a directory."""

from __future__ import annotations

import json
from pathlib import Path

from contract_tests.reports.document import Document
from contract_tests.reports.har import har
from contract_tests.reports.html import html
from contract_tests.reports.junit import junit
from contract_tests.reports.redaction import Redaction
from contract_tests.run.session import Session


def write_reports(document: Document, session: Session, directory: Path) -> list[Path]:
    """report.json, junit.xml, report.html and, where it is wanted, run.har; the directory is made. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    content: dict[str, bytes] = {
        "report.json": json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n",
        "junit.xml": junit(document),
        "report.html": html(document).encode("utf-8", "replace"),
    }
    if session.options.har:
        redaction = Redaction(session.target.keys.values())
        archive = har(session.target.exchanges, session.target.base_url, session.started, redaction, document["suite"]["version"])
        content["run.har"] = archive.encode("utf-8", "replace")
    for name, text in content.items():
        (directory / name).write_bytes(text)
    return [directory / name for name in content]
