"""What of a document has no remedy but its author's: the errors that lint finds, of which a server tells the first and does not start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from openapi.diff.source import Source
from openapi.document import DocumentError, Where
from openapi.lint.api import Api
from openapi.lint.finding import Found, Level
from openapi.lint.registry import Rule, all_rules
from openapi.lint.traversal import is_reference
from openapi.parsing.errors import SourceError

_OF_THE_READER = frozenset({"x-word", "x-filter", "x-ref"})
"""What the reader of the contract says itself."""
_ON_A_REFERENCE = ("the reference", "`#")
_FOR_PEOPLE = frozenset({"example-valid", "link"})
"""What no server acts on."""


def first_error(document: Any, file: str, content: bytes | None, *, has_form: bool) -> tuple[Where, str] | None:
    """Where the first one stands, and what it is; None where there is none, or no rule that tells it.

    A document `has_form` where openapi-spec-validator is content with it. Raises DocumentError where the places of the
    content cannot be told.
    """
    api = Api(_source(document, file, content))
    rules = [one for one in _errors() if not (has_form and one.id == "structure")]
    found = None if has_form else _first(api, rules[:1])
    if found is None or _names_no_place(found):
        found = _first(api, rules)
    return None if found is None else (_place(found), found.text)


def _names_no_place(found: Found) -> bool:
    """What the validator stumbles over as a whole; another rule may know where."""
    return found.text.startswith("openapi-spec-validator")


def _place(found: Found) -> Where:
    """Of a reference that leads nowhere the reference itself, not what refers."""
    pointer = found.node.pointer
    return (*pointer, "$ref") if found.text.startswith(_ON_A_REFERENCE) and is_reference(found.node) else pointer


def _errors() -> list[Rule]:
    """`structure` is the first."""
    return [one for one in all_rules().values() if one.level is Level.ERROR and one.id not in _OF_THE_READER | _FOR_PEOPLE]


def _source(document: Any, file: str, content: bytes | None) -> Source:
    try:
        return Source.of(json.dumps(document) if content is None else content, file)
    except SourceError as error:
        raise DocumentError(file, "", error.what, error.line, error.column) from error


def _first(api: Api, rules: list[Rule]) -> Found | None:
    found = [one for rule in rules for one in _run(rule, api)]
    # A word that is nearly another explains what is lacking beside it.
    return min(found, key=lambda one: (_names_no_place(one), "did you mean" not in one.text, one.node.line), default=None)


def _run(rule: Rule, api: Api) -> Iterator[Found]:
    try:
        yield from rule.check(api)
    except SourceError:
        return  # what it needs leads nowhere, which the rule `reference` tells
