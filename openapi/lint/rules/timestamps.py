"""Timestamps are in UTC, so that clients do not have to guess the time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.registry import rule

_TOLD = re.compile(r"\bUTC\b|\bZulu\b|\bGMT\b|\bRFC ?3339\b", re.IGNORECASE)


@rule("date-time-utc", "warning", "A `date-time` states that it is in UTC: by its pattern, its description or an example that ends in Z.")
def date_time_utc(api: Api) -> Iterator[Found]:
    for kind, node in api.places:
        if kind == "schema" and node.of("format", str, "") == "date-time" and not _says_so(node):
            yield Found(
                node,
                "a moment without a zone means another one elsewhere: say UTC in the description, or show an example such as `2024-01-15T10:00:00Z`",
            )


def _says_so(node: Node) -> bool:
    shown = [node.value.get(word) for word in ("example", "default", "const")]
    shown += [one for word in ("examples", "enum") if isinstance(listed := node.value.get(word), list) for one in listed]
    pattern = node.of("pattern", str, "").removesuffix("$")
    return (
        pattern.endswith("Z")
        or _TOLD.search(node.of("description", str, "")) is not None
        or any(isinstance(one, str) and one.endswith("Z") for one in shown)
    )
