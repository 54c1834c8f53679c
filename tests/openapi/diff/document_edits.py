"""Edits of documents that Hypothesis chooses: any node goes away, is put elsewhere, or becomes something else."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

Where = tuple[str | int, ...]

_WORDS = (
    "type", "required", "properties", "items", "allOf", "oneOf", "anyOf", "not", "enum", "$ref", "parameters", "requestBody", "responses", "content",
    "schema", "headers", "links", "callbacks", "security", "servers", "in", "name", "style", "explode", "description", "deprecated", "example",
    "examples", "encoding", "200", "default", "nullable", "discriminator", "mapping", "propertyName", "minimum", "exclusiveMinimum", "maxLength",
    "pattern", "format", "additionalProperties", "url", "variables", "tags", "operationId", "get", "post", "application/json", "readOnly", "x-a",
)  # fmt: skip

plain = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 300), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(_WORDS), st.text(max_size=5),
    st.sampled_from(["string", "integer", "object", "array", "#/components/schemas/Customer", "#/nowhere", "#", "other.yaml", "/a/{id}", "("]),
)  # fmt: skip
anything = st.recursive(
    plain,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(_WORDS), st.text(max_size=3)), inner, max_size=4)),
    max_leaves=12,
)


def places(value: Any, where: Where = ()) -> list[Where]:
    """Where a document has nodes, itself not included."""
    found: list[Where] = []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in entries:
        found.append((*where, key))
        found += places(part, (*where, key))
    return found


def at(document: Any, where: Where) -> Any:
    for key in where:
        document = document[key]
    return document


@st.composite
def edited(draw: st.DrawFn, document: dict[str, Any], wheres: list[Where]) -> dict[str, Any]:
    """A copy with one to three edits."""
    result = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from(wheres))
        try:
            holder = at(result, where[:-1])
            part = holder[where[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # an edit before this one took it away
        kind = draw(st.sampled_from(["remove", "replace", "add", "move"]))
        if kind == "remove":
            del holder[where[-1]]
        elif kind == "replace":
            holder[where[-1]] = draw(anything)
        elif kind == "add" and isinstance(part, dict):
            part[draw(st.sampled_from(_WORDS))] = draw(anything)
        elif kind == "move":
            other = draw(st.sampled_from(wheres))
            try:
                at(result, other[:-1])[other[-1]] = copy.deepcopy(part)
            except (KeyError, IndexError, TypeError):
                continue
    return result
