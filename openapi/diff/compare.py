"""Compares two documents: every change between them, with its level."""

from __future__ import annotations

from openapi.diff.callbacks import compare_webhooks
from openapi.diff.changes import Change, Changes, Context
from openapi.diff.components import compare_unused
from openapi.diff.operations import Items
from openapi.diff.paths import compare_paths
from openapi.diff.security import compare_schemes
from openapi.diff.source import Source
from openapi.diff.top_level import compare_top_level
from openapi.parsing.errors import SourceError

_TOO_FAR = "refers from schema to schema further than can be followed: make the row of references shorter"


def compare(base: Source, head: Source) -> list[Change]:
    """The changes from base to head, the worst first; none where both say the same.

    SourceError for a reference that leads nowhere, or for schemas that nest beyond what can be compared.
    """
    context = Context(Changes())
    roots = base.root, head.root
    try:
        compare_paths(*roots, context)
        compare_webhooks(*roots, context, Items(roots))
        compare_top_level(*roots, context)
        compare_schemes(*roots, context)
        compare_unused(*roots, context)
    except RecursionError:
        raise SourceError(head.label, _TOO_FAR) from None
    return list(context.changes)
