"""Finds errors and weaknesses of an OpenAPI document: `lint(source)` returns findings, `mend(text, label)` fixes some of them."""

from __future__ import annotations

from collections.abc import Collection

from openapi.diff.source import Source
from openapi.lint.api import Api
from openapi.lint.finding import Finding, Found, Level
from openapi.lint.registry import Rule, all_rules
from openapi.parsing.errors import SourceError
from openapi.vocabulary import nearest
from openapi.wording import quoted

__all__ = ["Finding", "Level", "UnknownRule", "all_rules", "lint"]


class UnknownRule(ValueError):
    """Somebody asks for a rule that there is not; the message names the nearest."""


def lint(source: Source, *, only: Collection[str] = (), skip: Collection[str] = ()) -> list[Finding]:
    """What all rules find, or `only` some, or all but some, in the order of the document. UnknownRule for an id that is none."""
    known = all_rules()
    for id in (*only, *skip):
        if id not in known:
            raise UnknownRule(f"there is no rule {quoted(id)}; {nearest(id, known)}")
    api = Api(source)
    chosen = [one for one in known.values() if (not only or one.id in only) and one.id not in skip]
    found: dict[Finding, None] = {}
    for one in chosen:
        found.update(dict.fromkeys(_run(one, api)))
    return sorted(found, key=lambda finding: (finding.file != source.label, finding.file, finding.line, finding.level.rank, finding.id))


def _run(rule: Rule, api: Api) -> list[Finding]:
    try:
        return [_finding(rule, api, one) for one in rule.check(api)]
    except SourceError as error:
        # What it needs could not be read, such as a file beside the document; `reference` says more, where it is asked.
        return [Finding(rule.id, rule.level, error.file, "", error.line or 1, error.column, error.what)]


def _finding(rule: Rule, api: Api, found: Found) -> Finding:
    node = found.node
    edit = found.edit if node.document is api.root.document else None
    text = found.text[:1].upper() + found.text[1:]
    text += "" if text.endswith((".", "?")) else "."
    return Finding(rule.id, rule.level, node.document.label, node.json_pointer, node.line, api.texts.column(node), text, edit)
