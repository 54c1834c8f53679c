"""Request bodies: whether there is one, whether it is required, and what it may contain."""

from __future__ import annotations

from openapi.diff.annotations import compare_words, definition
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.media_types import compare_media_types
from openapi.schemas import Direction

_KNOWN = frozenset({"required", "content"})


def compare_bodies(base: Node, head: Node, context: Context) -> None:
    """Both sides' operations, of which only the request body is looked at."""
    context = context.at("request body")
    before, after = (None if body is None else definition(body) for body in (base.get("requestBody"), head.get("requestBody")))
    if before is None and after is not None:
        _report_added(base, after, context)
    elif before is not None and after is None:
        who = "Receivers wait in vain for the body" if context.pushed else "Clients that send a body are refused, or it is ignored"
        context.report("request-body-removed", Level.BREAKING, before, head, f"{who}: the operation has none any more.")
    elif before is not None and after is not None:
        _compare_required(before, after, context)
        compare_media_types(before.get("content"), after.get("content"), context)
        compare_words(before, after, context, _KNOWN)


def _report_added(base: Node, body: Node, context: Context) -> None:
    if context.direction is Direction.ANSWER:
        text = "The request brings a body from now on: receivers that do not look at it are not hurt."
        context.report("optional-request-body-added", Level.INFO, base, body, text)
    elif body.of("required", bool, False):
        text = "Clients that send no body are refused from now on: the operation had none, and requires one."
        context.report("required-request-body-added", Level.BREAKING, base, body, text)
    else:
        text = "A body may be sent from now on: clients that send none are not hurt."
        context.report("optional-request-body-added", Level.INFO, base, body, text)


def _compare_required(base: Node, head: Node, context: Context) -> None:
    before, after = (node.of("required", bool, False) for node in (base, head))
    places = base.get("required") or base, head.get("required") or head
    if after and not before:
        who = "The body always comes from now on" if context.pushed else "Clients that send no body are refused from now on"
        context.report("request-body-became-required", context.narrows, *places, f"{who}: it was optional and is required.")
    elif before and not after:
        who = "Receivers may get no body" if context.pushed else "The body may be left out from now on"
        context.report("request-body-became-optional", context.widens, *places, f"{who}: it was required and is optional.")
