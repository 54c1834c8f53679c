"""Stored documents as answers show them, by the answer's schema: checked and encoded once, since a document never changes."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from openapi.schemas import Schema
from sandbox.edge.messages import faults_in
from sandbox.edge.validators import compiled
from sandbox.errors import Misfit
from sandbox.state.documents import StoredDocument


class EncodedDocument(NamedTuple):
    """A document as a serializer shows it, in JSON, and a digest of that; the digest is empty until somebody asks for it."""

    serializer: DocumentSerializer
    json: bytes
    digest: bytes = b""


class DocumentSerializer:
    """How the objects of one schema look: which fields they show, and whether they fit.

    A field that the schema does not name is not shown; so nothing private (`_paid`, `_password`) ever is. What a
    serializer made of a stored document stays with the document, and ends with it.
    """

    def __init__(self, schema: Schema) -> None:
        self._fields = tuple(schema["properties"])
        self._all = frozenset(self._fields)
        self._check = compiled(schema)

    def encoded(self, document: Mapping[str, Any], operation: str) -> EncodedDocument:
        """The object in JSON. Raises Misfit where it does not fit."""
        cached: EncodedDocument | None = getattr(document, "shown", None)
        if cached is not None and cached[0] is self:
            return cached
        # An object that has nothing to hide is shown as it is.
        shown = document if document.keys() <= self._all else {name: document[name] for name in self._fields if name in document}
        if not self._check.is_valid(shown):
            faults = {f"data.{place}": what for place, what in faults_in(self._check.iter_errors(shown))}
            raise Misfit(operation, faults, document.get("id"))
        # A copy, since the encoder's own buffer is far larger than what it wrote, and would stay so.
        encoded = EncodedDocument(self, b"%b" % orjson.dumps(shown))
        if type(document) is StoredDocument:
            document.shown = encoded
            if shown is document:
                document.json = encoded.json
        return encoded

    def digested(self, document: Mapping[str, Any], operation: str) -> EncodedDocument:
        """The same, and with the digest."""
        encoded = self.encoded(document, operation)
        if not encoded.digest:
            encoded = EncodedDocument(self, encoded.json, digest(encoded.json))
            if type(document) is StoredDocument:
                document.shown = encoded
        return encoded


def serializer_for(data: Schema, serializers: dict[bytes, DocumentSerializer]) -> DocumentSerializer | None:
    """The serializer of the objects that `data` is, or is a list of; None where it is neither."""
    schema = data.get("items", {}) if data.get("type") == "array" and not data.get("uniqueItems") else data
    if schema.get("type") != "object" or "properties" not in schema:
        return None
    key = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    return serializers.setdefault(key, DocumentSerializer(schema))


def digest(content: bytes) -> bytes:
    """Equal exactly where the contents are."""
    return blake2b(content, digest_size=12).digest()
