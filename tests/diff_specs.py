"""Documents to compare: the contract as it stands, and as a spec author may change it."""

from __future__ import annotations

from pathlib import Path

from openapi.diff.changes import Change
from openapi.diff.compare import compare
from openapi.diff.source import Source
from tests.commands import ROOT

CONTRACT = (ROOT / "openapi" / "api-v2.yaml").read_text(encoding="utf-8")


def edited(text: str, below: str, old: str, new: str) -> str:
    """The text with the first occurrence of `old` after `below` replaced."""
    start = text.index(below)
    assert old in text[start:]
    return text[:start] + text[start:].replace(old, new, 1)


def with_a_field_renamed(text: str = CONTRACT) -> str:
    return edited(text, "    CustomerInput:\n", "        phone:\n", "        telephone:\n")


def with_a_bound_tightened(text: str = CONTRACT) -> str:
    return edited(text, "    LineItem:\n", "maximum: 999999999.99\n", "maximum: 1000\n")


def with_a_status_more(text: str = CONTRACT) -> str:
    return edited(text, "    InvoiceInput:\n", "enum: [Paid, Unpaid, Partially Paid]", "enum: [Paid, Unpaid, Partially Paid, Overdue]")


def with_a_parameter_required(text: str = CONTRACT) -> str:
    return edited(text, "    Page:\n", "      in: query\n", "      in: query\n      required: true\n")


def changes(head: str, base: str = CONTRACT) -> list[Change]:
    return compare(Source.of(base, "old.yaml"), Source.of(head, "new.yaml"))


def written(directory: Path, head: str, base: str = CONTRACT) -> tuple[str, str]:
    """Both in a directory, as `old.yaml` and `new.yaml`."""
    paths = directory / "old.yaml", directory / "new.yaml"
    for path, text in zip(paths, (base, head), strict=True):
        path.write_text(text, encoding="utf-8")
    return str(paths[0]), str(paths[1])
