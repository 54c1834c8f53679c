"""Responses: which statuses an operation may return, and the content of each."""

from __future__ import annotations

import re

from openapi.diff.annotations import compare_words, definition
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.headers import compare_headers
from openapi.diff.links import compare_links
from openapi.diff.media_types import compare_media_types
from openapi.schemas import Direction

_KNOWN = frozenset({"content", "headers", "links"})
_RANGE = re.compile(r"[1-5]XX")


def compare_answers(base: Node, head: Node, context: Context) -> None:
    """Both sides' operations, of which only the answers are looked at; `context` is that of the operation."""
    context = context.replied
    before, after = _answers(base), _answers(head)
    gone = {status: answer for status, answer in before.items() if status not in after}
    come = {status: answer for status, answer in after.items() if status not in before}
    for status, answer in before.items():
        if status in after:
            compare_answer(answer, after[status], context.at(_words(status)))
    _compare_ranges(gone, come, after, before, context)
    for status, answer in gone.items():
        _report_removed(status, answer, after.get("default", head), context.at(_words(status)))
    for status, answer in come.items():
        what = "with a status that is not named" if status == "default" else status
        text = f"The API may answer {what} from now on: clients that ask as before are not hurt."
        if context.direction is Direction.REQUEST:
            text = f"Receivers may answer {status} from now on."
        context.at(_words(status)).report("answer-added", Level.INFO, before.get("default", base), answer, text)


def _answers(operation: Node) -> dict[str, Node]:
    answers = operation.get("responses")
    found = answers.items() if answers is not None else ()
    return {status if status == "default" else status.upper(): definition(node) for status, node in found if not status.startswith("x-")}


def _words(status: str) -> str:
    return "any other answer" if status == "default" else f"answer {status}"


def _success(status: str) -> bool:
    return status.startswith("2")


def _compare_ranges(gone: dict[str, Node], come: dict[str, Node], after: dict[str, Node], before: dict[str, Node], context: Context) -> None:
    """`200` that is covered by `2XX` from now on, and the other way round; both are taken out."""
    for status in list(gone):
        wide = f"{status[:1]}XX"
        if wide in after and status != wide:
            level = Level.WARNING if _success(status) and wide not in before else Level.INFO
            inner = context.at(_words(status))
            text = f"The answer {status} is not named any more, but covered by {wide}: others of that kind may come in its place."
            inner.report("answer-generalized", level, gone[status], after[wide], text)
            compare_answer(gone.pop(status), after[wide], inner)
            come.pop(wide, None)
    for status in list(come):
        wide = f"{status[:1]}XX"
        if wide in before and status != wide:
            inner = context.at(_words(status))
            inner.report(
                "answer-specialized", Level.INFO, before[wide], come[status], f"The answer {status} is named from now on, which {wide} covered."
            )
            compare_answer(before[wide], come.pop(status), inner)
            gone.pop(wide, None)


def _report_removed(status: str, answer: Node, head: Node, context: Context) -> None:
    if status == "default":
        text = "Answers that are not named are not described any more: clients cannot tell what an unexpected one holds."
        context.report("default-answer-removed", Level.INFO, answer, head, text)
    elif not _success(status):
        text = f"The API does not answer {status} any more, as far as this document says: clients that expect it are not hurt."
        context.report("answer-removed", Level.INFO, answer, head, text)
    elif context.direction is Direction.REQUEST:
        text = f"Receivers that answer {status} break the contract from now on: that answer is not named any more."
        context.report("success-answer-removed", Level.BREAKING, answer, head, text)
    else:
        text = f"Clients that wait for {status} as the sign of success get another answer from now on: {status} is not named any more."
        context.report("success-answer-removed", Level.BREAKING, answer, head, text)


def compare_answer(base: Node, head: Node, context: Context) -> None:
    """One answer, which may be described for a range of them."""
    compare_headers(base, head, context)
    compare_media_types(base.get("content"), head.get("content"), context)
    compare_links(base, head, context)
    compare_words(base, head, context, _KNOWN)
