"""The names and colours of the levels of changes and findings in each report format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

COLORS: Mapping[str, str] = {"breaking": "red", "error": "red", "warning": "yellow", "info": "blue"}
SARIF: Mapping[str, str] = {"breaking": "error", "error": "error", "warning": "warning", "info": "note"}
PLURALS: Mapping[str, str] = {"breaking": "breaking", "error": "errors", "warning": "warnings", "info": "infos"}


def counted(levels: Iterable[str], order: Iterable[str]) -> str:
    """`3 breaking, 1 warning`; a level that does not occur is left out."""
    found = list(levels)
    parts = [(found.count(level), level) for level in order]
    return ", ".join(f"{count} {level if count == 1 else PLURALS[level]}" for count, level in parts if count)
