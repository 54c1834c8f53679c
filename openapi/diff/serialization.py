"""How a parameter or header is serialized: its style, and whether a schema or a media type describes it."""

from __future__ import annotations

from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.media_types import compare_media_types
from openapi.diff.schemas import compare_schemas
from openapi.schemas import Direction

_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_SINGLE = frozenset({"string", "number", "integer", "boolean", "null"})
_SHAPES = frozenset({"oneOf", "anyOf", "allOf", "not", "if", "properties", "items", "additionalProperties", "prefixItems"})

WORDS = frozenset({"style", "explode", "schema", "content"})


def compare_serialization(base: Node, head: Node, context: Context, place: str, name: str) -> None:
    """Of a parameter or header in a place such as `query`, its content included."""
    before, after = _content(base), _content(head)
    if (before is None) != (after is None):
        text = f"{_who(context)} `{name}` as before fail from now on: a {_kind(after)} says how it is written, where a {_kind(before)} did."
        context.report("parameter-serialization-changed", Level.BREAKING, before or base, after or head, text)
        return
    if before is not None and after is not None:
        compare_media_types(before, after, context)
        return
    _compare_styles(base, head, context, place, name)
    compare_schemas(base.get("schema"), head.get("schema"), context)


def _who(context: Context) -> str:
    return "Clients that write" if context.direction is Direction.REQUEST else "Clients that read"


def _content(node: Node) -> Node | None:
    content = node.get("content")
    return content if content is not None and isinstance(content.value, dict) and content.value else None


def _kind(content: Node | None) -> str:
    return "schema" if content is None else "media type"


def _compare_styles(base: Node, head: Node, context: Context, place: str, name: str) -> None:
    usual = _STYLES.get(place, "simple")
    before, after = (node.of("style", str, usual) for node in (base, head))
    if before != after:
        text = f"{_who(context)} `{name}` in the style `{before}` fail from now on: its style is `{after}`."
        context.report("parameter-style-changed", Level.BREAKING, base.get("style") or base, head.get("style") or head, text)
        return
    apart, now_apart = (node.of("explode", bool, before == "form") for node in (base, head))
    if apart == now_apart:
        return
    places = base.get("explode") or base, head.get("explode") or head
    if _is_single(base) and _is_single(head):
        text = f"`explode` of `{name}` changed, which makes no difference for a single value: no client is hurt."
        context.report("parameter-explode-without-effect", Level.INFO, *places, text)
    else:
        new, old = ("one by one", "together") if now_apart else ("together", "one by one")
        text = f"{_who(context)} several values of `{name}` {old} fail from now on: `explode` changed, and they are written {new}."
        context.report("parameter-explode-changed", Level.BREAKING, *places, text)


def _is_single(node: Node) -> bool:
    """Whether its schema allows single values only, as far as a look at it tells."""
    schema = node.get("schema")
    if schema is None:
        return False
    schema = schema.resolved()
    if not isinstance(schema.value, dict) or any(word in schema.value for word in _SHAPES):
        return False
    types = schema.value.get("type")
    several = types if isinstance(types, list) else [types]
    return bool(several) and all(isinstance(one, str) and one in _SINGLE for one in several)
