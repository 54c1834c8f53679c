"""The extensions of this project's vocabulary; extensions of other tools are ignored."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.operations import Operation, contents
from openapi.lint.registry import rule
from openapi.lint.schema_uses import SchemaReader
from openapi.lint.traversal import followed
from openapi.vocabulary import WORDS, nearest

_OWN = ("x-resource", "x-action", "x-filter", "x-search", "x-ref", "x-unique", "x-emits", "x-role", "x-source", "x-decision")
_KINDS = {"pushed operation": "callback", "pushed path": "path"}


def _words(api: Api) -> Iterator[tuple[str, str, Node]]:
    for kind, node in api.places:
        yield from ((_KINDS.get(kind, kind), key, part) for key, part in node.items() if key.startswith("x-") and kind not in ("callback",))


@rule("x-word-unknown", "warning", "No extension has nearly the name of one in this project's vocabulary.")
def x_word_unknown(api: Api) -> Iterator[Found]:
    for _, key, node in _words(api):
        close = difflib.get_close_matches(key, WORDS, n=1, cutoff=0.8) if key not in WORDS else []
        if close:
            yield Found(node, f"`{key}` is no known word; did you mean `{close[0]}`?")


@rule("x-word", "error", "Extensions of this project's vocabulary are used in the right place, with a valid value.")
def x_word(api: Api) -> Iterator[Found]:
    for kind, key, node in _words(api):
        word = WORDS.get(key)
        if word is None:
            continue
        if kind not in word.stands_on:
            yield Found(node, f"`{key}` says {word.sentence}: it stands on {' or '.join(sorted(word.stands_on))}, not on {kind}")
        elif wrong := word.check(node.value):
            yield Found(node, f"`{key}`: {wrong}")


@rule("x-filter", "error", "`x-filter` and `x-search` name fields of the listed objects.")
def x_filter(api: Api) -> Iterator[Found]:
    known: dict[str, set[str]] = {}
    for one in api.operations:
        resource = _resource(one)
        fields = known[resource] if resource in known else known.setdefault(resource, _fields(api, resource))
        for parameter in one.parameters if fields else ():
            for place in _named_fields(parameter):
                if place.value not in fields:
                    yield Found(place, f"the objects of `{resource}` have no field `{place.value}`; {nearest(str(place.value), fields)}")


@rule("x-ref", "error", "`x-ref` names a collection that an `x-resource` declares.")
def x_ref(api: Api) -> Iterator[Found]:
    known = {_resource(one) for one in api.operations} - {""}
    for node in api.of_kind("schema"):
        collection = node.get("x-ref")
        if collection is not None and isinstance(collection.value, str) and collection.value not in known:
            yield Found(collection, f"`{collection.value}` is no collection; {nearest(collection.value, known)}")


def _resource(operation: Operation) -> str:
    found: str = operation.node.of("x-resource", str, "") or operation.item.of("x-resource", str, "")
    return found


def _named_fields(parameter: Node) -> Iterator[Node]:
    comparison, search = parameter.get("x-filter"), parameter.get("x-search")
    field = None if comparison is None else comparison.get("field")
    if field is not None and isinstance(field.value, str):
        yield field
    if search is not None:
        yield from (name for name in search.elements() if isinstance(name.value, str))


def _fields(api: Api, resource: str) -> set[str]:
    """The fields of the objects in an envelope's `data`, in the answers of the collection's operations and in what they take."""
    fields: set[str] = set()
    for one in api.operations if resource else ():
        if _resource(one) != resource:
            continue
        schemas = [kind.get("schema") for _, kind in contents(one.body)]
        for status, answer in one.answers:
            schemas += [kind.get("schema") for _, kind in contents(answer) if status.startswith("2")]
        for schema in schemas:
            fields |= _of_objects(followed(schema), api.read) if schema is not None else set()
    return fields


def _of_objects(node: Node | None, read: SchemaReader) -> set[str]:
    """The properties of an object, or of those in its `data`."""
    schema = read((node,)) if node is not None else None
    if schema is None or not isinstance(schema.properties, Mapping):
        return set()
    data = read(schema.properties["data"]) if "data" in schema.properties else schema
    return set((read(data.items) if data.items else data).properties)
