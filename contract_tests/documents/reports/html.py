"""A comparison as one HTML page that needs no network, with a filter by level, a search, and a link to each change."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract_tests.documents.reports.comparison import WHOLE, Comparison, Group
from contract_tests.documents.reports.text import tame
from openapi.diff.change_kinds import kinds
from openapi.diff.changes import Level, Place

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATE = Path(__file__).with_name("diff.html.j2")
_SCRIPT = Path(__file__).with_name("diff.js")


def diff_html(comparison: Comparison) -> str:
    """The page."""
    script = _SCRIPT.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _template().render(
        comparison=comparison,
        levels=[(level.value, comparison.count(level)) for level in Level],
        sections=[(level.value, _operations(comparison, level)) for level in Level if comparison.count(level)],
        script=script,
        digest=digest,
    )


def _operations(comparison: Comparison, level: Level) -> list[dict[str, Any]]:
    return [
        {"name": "The whole document" if name == WHOLE else tame(name), "changes": [_change(group) for group in groups]}
        for name, groups in comparison.of_level(level).items()
    ]


def _change(group: Group) -> dict[str, Any]:
    change = group.first
    kind = kinds().get(change.id)
    return {
        "anchor": _anchor(group),
        "id": change.id,
        "kind": kind.sentence if kind else "",
        "path": tame(change.path),
        "text": _parts(change.text),
        "base": _place(change.base),
        "head": _place(change.head),
        "places": [tame(path) for path in group.more_places],
        "operations": [tame(name) for name in group.more_operations],
        "elsewhere": _elsewhere(len(group.more_places) + len(group.more_operations)),
    }


def _elsewhere(count: int) -> str:
    return f"in {count} other place{'s' if count > 1 else ''}"


def _anchor(group: Group) -> str:
    """The same for the same change, so that a link to it lasts."""
    change = group.first
    digest = hashlib.sha256()
    for part in (change.operation, change.path, change.text, *(place.pointer for place in (change.base, change.head) if place)):
        digest.update(part.encode("utf-8", "replace") + b"\0")
    return f"{change.id}-{digest.hexdigest()[:8]}"


def _place(place: Place | None) -> dict[str, str] | None:
    return None if place is None else {"line": tame(f"{place.file}:{place.line}"), "pointer": tame(place.pointer) or "/"}


def _parts(text: str) -> list[tuple[str, bool]]:
    """A sentence in pieces, and whether each stood in backticks."""
    return [(part, number % 2 == 1) for number, part in enumerate(re.split(r"`([^`]*)`", tame(text)))]


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
