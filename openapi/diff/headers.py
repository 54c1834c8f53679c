"""Response headers: clients may rely on those that are declared."""

from __future__ import annotations

from openapi.diff.annotations import compare_words, definition
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.parameters import compare_deprecation
from openapi.diff.serialization import WORDS, compare_serialization
from openapi.schemas import Direction

_KNOWN = frozenset({"required", "deprecated"}) | WORDS


def compare_headers(base: Node, head: Node, context: Context) -> None:
    """Both sides' answers, of which only the headers are looked at."""
    before, after = _headers(base), _headers(head)
    for key, (name, header) in before.items():
        inner = context.at(f"header {name}")
        if key in after:
            _compare(header, after[key][1], inner, name)
        else:
            _report_removed(header, head, inner, name)
    for key, (name, header) in after.items():
        if key not in before:
            _report_added(header, base, context.at(f"header {name}"), name)


def _headers(answer: Node) -> dict[str, tuple[str, Node]]:
    """By name in small letters, since the case of a header's name does not count. `x-…` is no extension here, but a header's name."""
    headers = answer.get("headers")
    found = headers.items() if headers is not None else ()
    return {name.lower(): (name, definition(node)) for name, node in found if isinstance(node.value, dict)}


def _required(header: Node) -> bool:
    return bool(header.of("required", bool, False))


def _report_removed(header: Node, head: Node, context: Context, name: str) -> None:
    if context.direction is Direction.REQUEST:
        context.report("answer-header-removed", Level.INFO, header, head, f"`{name}` is not looked at any more.")
    elif _required(header):
        text = f"Clients that read the header `{name}` miss it from now on: it was always there and is gone."
        context.report("required-answer-header-removed", Level.BREAKING, header, head, text)
    else:
        text = f"Clients that rely on the header `{name}` no longer find it: it was optional and is gone."
        context.report("answer-header-removed", Level.WARNING, header, head, text)


def _report_added(header: Node, base: Node, context: Context, name: str) -> None:
    if context.direction is Direction.REQUEST and _required(header):
        text = f"Receivers that answer without the header `{name}` break the contract from now on: it is new and required."
        context.report("required-answer-header-added", Level.BREAKING, base, header, text)
    else:
        context.report(
            "answer-header-added", Level.INFO, base, header, f"The header `{name}` may come from now on: who does not look at it is not hurt."
        )


def _compare(base: Node, head: Node, context: Context, name: str) -> None:
    before, after = _required(base), _required(head)
    places = base.get("required") or base, head.get("required") or head
    if before and not after:
        text = f"The header `{name}` may be missing from now on: it was always there and is optional."
        context.report("answer-header-became-optional", context.widens, *places, text)
    elif after and not before:
        text = f"The header `{name}` is always there from now on: it was optional and is required."
        context.report("answer-header-became-required", context.narrows, *places, text)
    compare_deprecation(base, head, context, f"The header `{name}`")
    compare_serialization(base, head, context, "header", name)
    compare_words(base, head, context, _KNOWN)
