"""The parts of a document outside of its operations: version, tags, servers and defaults for all operations."""

from __future__ import annotations

from openapi.diff.annotations import compare_words, same
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.servers import compare_servers, servers_of

_KNOWN = frozenset({"openapi", "info", "servers", "paths", "webhooks", "components", "security", "tags"})


def compare_top_level(base: Node, head: Node, context: Context) -> None:
    """Both documents, but for what stands under paths, webhooks and components."""
    old, new = (str(root.value.get("openapi")) for root in (base, head))
    if old != new:
        text = f"The document is written in OpenAPI {new}, where it was {old}: no request and no answer changes by that."
        context.report("openapi-version-changed", Level.INFO, base.get("openapi"), head.get("openapi"), text)
    _compare_info(base, head, context.at("info"))
    compare_servers((base, servers_of(base)), (head, servers_of(head)), context)
    _compare_security(base, head, context)
    _compare_tags(base, head, context)
    compare_words(base, head, context, _KNOWN)


def _compare_info(base: Node, head: Node, context: Context) -> None:
    before, after = base.get("info") or _nothing(base), head.get("info") or _nothing(head)
    old, new = (part.value if (part := info.get("version")) is not None else None for info in (before, after))
    if not same(old, new):
        text = f"The version of the API is {new}, where it was {old}."
        context.report("api-version-changed", Level.INFO, before.get("version") or before, after.get("version") or after, text)
    compare_words(before, after, context, frozenset({"version"}))


def _compare_security(base: Node, head: Node, context: Context) -> None:
    before, after = base.get("security"), head.get("security")
    if not same(None if before is None else before.value, None if after is None else after.value):
        text = "What holds for operations that name no security of their own changed: whom that hurts is told of each operation."
        context.report("default-security-changed", Level.INFO, before or base, after or head, text)


def _compare_tags(base: Node, head: Node, context: Context) -> None:
    before, after = _tags(base), _tags(head)
    for name in dict.fromkeys((*before, *after)):
        inner, old, new = context.at(f"tag {name}"), before.get(name), after.get(name)
        if old is None:
            inner.report("tag-added", Level.INFO, base, new, f"The tag `{name}` is described from now on. That is for people: no client is hurt.")
        elif new is None:
            inner.report("tag-removed", Level.INFO, old, head, f"The tag `{name}` is not described any more. That is for people: no client is hurt.")
        else:
            compare_words(old, new, inner, frozenset({"name"}))


def _tags(root: Node) -> dict[str, Node]:
    tags = root.get("tags")
    return {} if tags is None else {tag.of("name", str, ""): tag for tag in tags.elements() if isinstance(tag.value, dict)}


def _nothing(holder: Node) -> Node:
    return Node({}, holder.pointer, holder.document)
