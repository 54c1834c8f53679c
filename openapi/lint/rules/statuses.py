"""Status codes are strings."""

from __future__ import annotations

from collections.abc import Iterator

from openapi.lint.api import Api
from openapi.lint.finding import Found, Quote
from openapi.lint.registry import rule


@rule(
    "status-quoted",
    "warning",
    "Status codes are quoted, because YAML reads them as numbers otherwise.",
    fixable=True,
)
def status_quoted(api: Api) -> Iterator[Found]:
    for holder in api.of_kind("operation", "pushed operation"):
        listed = holder.get("responses")
        for status, node in listed.items() if listed is not None else ():
            column = api.texts.column(node) if status.isascii() and status.isdigit() else None
            if column is not None and api.texts.line(node)[column - 1] not in "\"'?":
                yield Found(node, f'{status} is a number here: write "{status}"', Quote(node.pointer))
