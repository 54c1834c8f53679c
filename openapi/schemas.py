"""Turns the schemas of OpenAPI 3.0 into what a JSON Schema validator understands, for a request or for an answer.

OpenAPI adds `nullable`, `readOnly` and `writeOnly`, and leaves references and `allOf` to be put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from openapi.document import DocumentError, Where, json_path, kind_of
from openapi.vocabulary import nearest
from openapi.wording import quoted

Schema = dict[str, Any]
_LONGEST = 60
_WORDS_FOR_PEOPLE = frozenset({"description", "title", "example", "externalDocs", "deprecated", "xml", "default"})
_NAMED_SCHEMAS = ("properties", "patternProperties")
_LISTED_SCHEMAS = ("anyOf", "oneOf", "allOf")


class Direction(Enum):
    """Which way a document travels: what a client sends, or what a server answers."""

    REQUEST = "request"
    ANSWER = "answer"


class References:
    """Follows the `#/` references of one document, and no others."""

    def __init__(self, document: Mapping[str, Any], file: str) -> None:
        self._document, self._file = document, file
        # What a reference leads to is put together once, however many refer to it.
        self._flat: dict[int, Schema] = {}

    def fault(self, where: Where, what: str) -> DocumentError:
        """The error that names a place of this document."""
        return DocumentError(self._file, json_path(where), what)

    def follow(self, node: Any, where: Where) -> Any:
        """The node itself, or what it refers to."""
        seen: list[str] = []
        while isinstance(node, dict) and "$ref" in node:
            reference = node["$ref"]
            if not isinstance(reference, str) or not reference.startswith("#/"):
                raise self.fault((*where, "$ref"), leaves_the_document(reference))
            if reference in seen:
                raise self.fault((*where, "$ref"), f"{quoted(reference)} refers to itself")
            seen.append(reference)
            node = self._find(reference, where)
        return node

    def _find(self, reference: str, where: Where) -> Any:
        node: Any = self._document
        for name in parts_of(reference):
            if not isinstance(node, dict) or name not in node:
                raise self.fault((*where, "$ref"), f"{quoted(reference)} names nothing in this document")
            node = node[name]
        return node

    def flatten(self, schema: Any, where: Where, path: tuple[int, ...] = ()) -> Schema:
        """The schema with its references written out and its `allOf` put together; the x- words stay.

        Raises DocumentError for a schema that holds itself: a validator could follow it, a projection could not.
        """
        target = self.mapping(self.follow(schema, where), where)
        if target is schema:
            return self._flattened(target, where, path)
        if id(target) not in self._flat:
            # Faults are told where they stand, not where they are referred to.
            self._flat[id(target)] = self._flattened(target, tuple(parts_of(schema["$ref"])), path)
        return self._flat[id(target)]

    def _flattened(self, target: dict[str, Any], where: Where, path: tuple[int, ...]) -> Schema:
        if id(target) in path:
            raise self.fault(where, "this schema holds itself, which the reader cannot put together; write its levels out")
        path = (*path, id(target))
        flat: Schema = {}
        for word, value in target.items():
            if word in _NAMED_SCHEMAS:
                named = self.mapping(value, (*where, word))
                flat[word] = {name: self.flatten(part, (*where, word, name), path) for name, part in named.items()}
            elif word in ("items", "not") or (word == "additionalProperties" and isinstance(value, dict)):
                flat[word] = self.flatten(value, (*where, word), path)
            elif word in _LISTED_SCHEMAS:
                listed = self.sequence(value, (*where, word))
                flat[word] = [self.flatten(part, (*where, word, n), path) for n, part in enumerate(listed)]
            elif word == "required" and not all(isinstance(name, str) for name in self.sequence(value, (*where, word))):
                raise self.fault((*where, word), f"must be a list of names, not {quoted(value)}")
            else:
                flat[word] = value
        if stranger := _refused_by_a_sister(flat):
            raise self.fault((*where, "allOf"), f"one part names {quoted(stranger)}, which another refuses by its additionalProperties")
        whole = _put_together(flat)
        if ghost := _required_and_refused(whole):
            raise self.fault(
                (*where, "required"), f"{quoted(ghost)} is none of the properties, and no others are allowed; {nearest(ghost, whole['properties'])}"
            )
        return whole

    def mapping(self, node: Any, where: Where) -> dict[str, Any]:
        """The node at a place that must hold a mapping."""
        if not isinstance(node, dict):
            raise self.fault(where, f"must be a mapping, not {kind_of(node)}")
        return node

    def sequence(self, node: Any, where: Where) -> list[Any]:
        """The node at a place that must hold a list."""
        if not isinstance(node, list):
            raise self.fault(where, f"must be a list, not {kind_of(node)}")
        return node


def leaves_the_document(reference: Any) -> str:
    """What is wrong with a reference to another file or host."""
    return f"{quoted(reference)} leaves the document; only references of the form #/… are followed: copy what it names into `components`"


def parts_of(reference: str) -> list[str]:
    """The path that a reference within the document stands for (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in reference.removeprefix("#/").split("/")]


def _refused_by_a_sister(schema: Schema) -> str | None:
    """A field that one part of `allOf` names and a closed one does not know: no object could ever have it."""
    parts = [*schema["allOf"], schema] if "allOf" in schema else []
    named = {name: None for part in parts for name in part.get("properties", ())}
    closed = (part.get("properties", ()) for part in parts if part.get("additionalProperties") is False)
    return next((name for known in closed for name in named if name not in known), None)


def _required_and_refused(schema: Schema) -> str | None:
    """A name that must be there and may not: no object could ever fit."""
    if "allOf" in schema or schema.get("additionalProperties") is not False or "properties" not in schema:
        return None
    return next((name for name in schema.get("required", ()) if name not in schema["properties"]), None)


def _put_together(schema: Schema) -> Schema:
    """`allOf` merged into its schema, unless two parts say different things under one word."""
    parts = schema.get("allOf")
    if not parts:
        return schema
    own = {word: value for word, value in schema.items() if word != "allOf"}
    merged: Schema = {}
    for part in (*parts, own):
        for word, value in part.items():
            if word == "required":
                merged[word] = [*merged.get(word, []), *(n for n in value if n not in merged.get(word, []))]
            elif word == "properties":
                properties = merged.setdefault(word, {})
                for name, field in value.items():
                    known = properties.get(name)
                    properties[name] = field if known in (None, field) else _put_together({"allOf": [known, field]})
            elif word in merged and merged[word] != value and word not in _WORDS_FOR_PEOPLE and not word.startswith("x-"):
                return schema
            else:
                merged[word] = value
    return merged


def json_schema(schema: Schema, direction: Direction) -> Schema:
    """A flattened OpenAPI schema in the words of JSON Schema draft 4, as it holds in one direction.

    In a request a `readOnly` field may be anything, since it is ignored (decision `read-only-sent`); in an answer a
    `writeOnly` field may not stand at all. Neither is required there.
    """
    result: Schema = {}
    for word, value in schema.items():
        if word.startswith("x-") or word in _WORDS_FOR_PEOPLE or word in ("nullable", "readOnly", "writeOnly", "discriminator"):
            continue
        if word == "properties":
            result[word] = _fields(value, direction)
        elif word == "required":
            result[word] = [name for name in value if not _hidden(schema.get("properties", {}).get(name, {}), direction)]
        elif word in ("items", "not") or (word == "additionalProperties" and isinstance(value, dict)):
            result[word] = json_schema(value, direction)
        elif word in _LISTED_SCHEMAS:
            result[word] = [json_schema(part, direction) for part in value]
        else:
            result[word] = value
    if result.get("required") == []:
        del result["required"]
    return _or_null(result) if schema.get("nullable") else result


def _fields(properties: Schema, direction: Direction) -> Schema:
    if direction is Direction.REQUEST:
        return {name: {} if part.get("readOnly") else json_schema(part, direction) for name, part in properties.items()}
    return {name: json_schema(part, direction) for name, part in properties.items() if not part.get("writeOnly")}


def _hidden(field: Schema, direction: Direction) -> bool:
    return bool(field.get("readOnly" if direction is Direction.REQUEST else "writeOnly"))


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if None not in schema.get("enum", [None]):
        schema["enum"] = [*schema["enum"], None]
    return schema
