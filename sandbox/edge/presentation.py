"""Shows a result in the envelope of its operation: the one projection by the answer's schema, and its check.

A stored document never changes, so its projection is checked and encoded once; it keeps the bytes with itself, and an
answer is put together from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from openapi.contract import Contract, Operation
from openapi.schemas import Direction, Schema, json_schema
from sandbox.edge.compiled import compiled
from sandbox.edge.exchange import JSON, Answer, Header
from sandbox.edge.sentences import faults_in
from sandbox.engine import Result
from sandbox.errors import Misfit
from sandbox.state.values import Stored

_PLACEHOLDER = re.compile(r"\{[^{}]+\}")
_JSON_TYPE: Header = (b"content-type", JSON)
_CACHING: Header = (b"cache-control", b"private, no-cache")


class Shape:
    """How the objects of one schema look: which fields they show, and whether they fit.

    A field that the schema does not name is not shown; so nothing private (`_paid`, `_password`) ever is.
    """

    def __init__(self, schema: Schema) -> None:
        self._fields = tuple(schema["properties"])
        self._check = compiled(schema)

    def encoded(self, document: Mapping[str, Any], operation: str) -> bytes:
        """The object in JSON. Raises Misfit where it does not fit."""
        kept = getattr(document, "shown", None)
        if kept is not None and kept[0] is self:
            return kept[1]  # type: ignore[no-any-return]
        shown = {name: document[name] for name in self._fields if name in document}
        if not self._check.is_valid(shown):
            faults = {f"data.{place}": what for place, what in faults_in(self._check.iter_errors(shown))}
            raise Misfit(operation, faults, document.get("id"))
        body = orjson.dumps(shown)
        if type(document) is Stored:
            document.shown = (self, body)
        return body


class Presenter:
    """Compiled once for each operation: makes its answer out of a result, and lets no other leave."""

    def __init__(self, contract: Contract, operation: Operation, shapes: dict[bytes, Shape] | None = None) -> None:
        answer = operation.success
        schema = json_schema(answer.schema or {}, Direction.ANSWER)
        envelope = schema.get("properties", {})
        self._operation = operation.id
        self._status = answer.status
        self._empty = answer.schema is None
        self._has_data, self._has_meta, self._has_message = (name in envelope for name in ("data", "meta", "message"))
        self._shape = _shape_of(envelope.get("data", {}), {} if shapes is None else shapes)
        self._check = compiled(_without_objects(schema) if self._shape else schema)
        self._cached = operation.method == "GET"
        resource = contract.resources.get(operation.resource)
        self._item_path = None if resource is None or resource.item_path is None else contract.base_path + resource.item_path
        self._has_location = "Location" in answer.headers

    def answer(self, result: Result) -> Answer:
        """The answer. Raises Misfit where it does not fit the contract: the caller then drops the transaction."""
        if self._empty:
            return Answer(self._status, b"", ())
        frame: dict[str, Any] = {"success": True}
        shown = self._has_data and result.data is not None
        if shown:
            frame["data"] = self._stand_in(result.data)
        if self._has_message and result.message is not None:
            frame["message"] = result.message
        if self._has_meta and result.meta is not None:
            frame["meta"] = result.meta
        if not self._check.is_valid(frame):
            raise Misfit(self._operation, dict(faults_in(self._check.iter_errors(frame))))
        body = self._filled(frame, result.data) if shown and self._shape else orjson.dumps(frame)
        return Answer(self._status, body, self._headers(result, body))

    def _stand_in(self, data: Any) -> Any:
        """What the envelope is checked with in place of objects that are checked one by one."""
        if self._shape is None:
            return data
        return [None] * len(data) if isinstance(data, list) else None

    def _filled(self, frame: dict[str, Any], data: Any) -> bytes:
        """The envelope around the encoded objects; `data` follows `success`, as the reference has it."""
        shape, name = self._shape, self._operation
        assert shape is not None
        objects = b"[%b]" % b",".join([shape.encoded(one, name) for one in data]) if isinstance(data, list) else shape.encoded(data, name)
        del frame["success"], frame["data"]
        rest = b"," + orjson.dumps(frame)[1:] if frame else b"}"
        return b'{"success":true,"data":%b%b' % (objects, rest)

    def _headers(self, result: Result, body: bytes) -> tuple[Header, ...]:
        if self._cached:
            return (_JSON_TYPE, (b"etag", etag(body)), _CACHING)
        if self._has_location and result.created is not None and self._item_path is not None:
            return (_JSON_TYPE, (b"location", _PLACEHOLDER.sub(str(result.created), self._item_path).encode()))
        return (_JSON_TYPE,)


def presenters(contract: Contract) -> Mapping[str, Presenter]:
    """A presenter for each operation, by its id; operations that show the same objects share their shape."""
    shapes: dict[bytes, Shape] = {}
    return {one.id: Presenter(contract, one, shapes) for one in contract.operations.values()}


def _shape_of(data: Schema, shapes: dict[bytes, Shape]) -> Shape | None:
    """The shape of the objects that `data` is, or is a list of; None where it is neither."""
    schema = data.get("items", {}) if data.get("type") == "array" and not data.get("uniqueItems") else data
    if schema.get("type") != "object" or "properties" not in schema:
        return None
    key = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    return shapes.setdefault(key, Shape(schema))


def _without_objects(envelope: Schema) -> Schema:
    """The envelope's schema for a frame in which every object is a stand-in."""
    data = envelope["properties"]["data"]
    free: Schema = {**data, "items": {}} if data.get("type") == "array" else {}
    return {**envelope, "properties": {**envelope["properties"], "data": free}}


def etag(body: bytes) -> bytes:
    """A strong validator (RFC 9110, 8.8.3): equal exactly where the bodies are."""
    return b'"%b"' % blake2b(body, digest_size=12).hexdigest().encode()


def is_known(if_none_match: str, tag: bytes) -> bool:
    """Whether `If-None-Match` names the tag, compared weakly as RFC 9110, 13.1.2 asks."""
    wanted = tag.decode()
    return any(one.strip().removeprefix("W/") in (wanted, "*") for one in if_none_match.split(","))


def not_modified(answer: Answer) -> Answer:
    """304: the validators without the body."""
    return Answer(304, b"", tuple(header for header in answer.headers if header[0] != b"content-type"))
