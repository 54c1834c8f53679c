"""Links of responses. They only describe operations that exist anyway, so a change breaks nobody."""

from __future__ import annotations

from openapi.diff.annotations import compare_words, definition, same
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node

_MEANING = ("operationId", "operationRef", "parameters", "requestBody", "server")


def compare_links(base: Node, head: Node, context: Context) -> None:
    """Both sides' answers, of which only the links are looked at."""
    before, after = _links(base), _links(head)
    for name in dict.fromkeys((*before, *after)):
        inner, old, new = context.at(f"link {name}"), before.get(name), after.get(name)
        if old is None or new is None:
            done, id = ("added", "link-added") if old is None else ("removed", "link-removed")
            text = f"The link `{name}` was {done}. It says what can be asked next, and bears on no request: no client is hurt."
            inner.report(id, Level.INFO, old or base, new or head, text)
            continue
        if not same(_meaning(old), _meaning(new)):
            inner.report(
                "link-changed", Level.INFO, old, new, f"The link `{name}` leads elsewhere, or by other values: clients that follow it should look."
            )
        compare_words(old, new, inner, frozenset(_MEANING))


def _links(answer: Node) -> dict[str, Node]:
    links = answer.get("links")
    return {} if links is None else {name: definition(node) for name, node in links.items() if not name.startswith("x-")}


def _meaning(link: Node) -> object:
    return {word: link.value[word] for word in _MEANING if word in link.value} if isinstance(link.value, dict) else link.value
