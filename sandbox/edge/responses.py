"""Shows a result in the envelope of its operation: the one projection by the answer's schema, and its check.

A stored document never changes, so its projection is checked and encoded once; it keeps the bytes with itself, and an
answer is put together from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson

from openapi.contract import Contract, Operation
from openapi.schemas import Direction, Schema, json_schema
from sandbox.edge.bounded_cache import BoundedCache
from sandbox.edge.exchange import JSON, Answer, Header
from sandbox.edge.messages import faults_in
from sandbox.edge.routing import PLACEHOLDER
from sandbox.edge.serialization import DocumentSerializer, digest, serializer_for
from sandbox.edge.validators import compiled
from sandbox.engine import Result
from sandbox.engine.private_fields import public
from sandbox.errors import Misfit
from sandbox.state.documents import StoredDocument

_JSON_TYPE: Header = (b"content-type", JSON)
_CACHING: Header = (b"cache-control", b"private, no-cache")
_BYTES_OF_ANSWERS = 8 * 1024 * 1024

AnswerCache = BoundedCache[int, tuple[StoredDocument, "Presenter", Answer]]
"""Answers that show one stored document and nothing else, by the identity of the document."""


class Presenter:
    """Compiled once for each operation: makes its answer out of a result, and lets no other leave."""

    def __init__(
        self, contract: Contract, operation: Operation, serializers: dict[bytes, DocumentSerializer] | None = None, cache: AnswerCache | None = None
    ) -> None:
        answer = operation.success
        schema = json_schema(answer.schema or {}, Direction.ANSWER)
        envelope = schema.get("properties", {})
        self._operation = operation.id
        self._status = answer.status
        self._empty = answer.schema is None
        self._has_data, self._has_meta, self._has_message = (name in envelope for name in ("data", "meta", "message"))
        self._serializer = serializer_for(envelope.get("data", {}), {} if serializers is None else serializers)
        self._check = compiled(_without_objects(schema) if self._serializer else schema)
        self._cached = operation.method == "GET"
        self._cache: AnswerCache = BoundedCache(_BYTES_OF_ANSWERS) if cache is None else cache
        resource = contract.resources.get(operation.resource)
        item_path = None if resource is None or resource.item_path is None else contract.base_path + resource.item_path
        # With a place for the id: an address has no other parameter.
        self._location = PLACEHOLDER.sub("%d", item_path.replace("%", "%%")).encode() if item_path and "Location" in answer.headers else None

    @cached_property
    def _fits_around_an_object(self) -> bool:
        """Whether an envelope that holds one object and nothing else needs no further check."""
        return self._serializer is not None and self._has_data and self._check.is_valid({"success": True, "data": None})

    def answer(self, result: Result) -> Answer:
        """The answer. Raises Misfit where it does not fit the contract: the caller then drops the transaction."""
        if self._empty:
            return Answer(self._status, b"", ())
        data = result.data
        if (type(data) is not dict and type(data) is not StoredDocument) or not self._fits_around_an_object or result.meta or result.message:
            return self._enveloped(result)
        if not self._cached or type(data) is not StoredDocument:
            return self._around(result)
        found = self._cache.get(id(data))
        if found is not None and found[0] is data and found[1] is self:
            return found[2]
        answer = self._around(result)
        self._cache.keep(id(data), (data, self, answer), answer.size)
        return answer

    def _around(self, result: Result) -> Answer:
        """The answer that is one object in an envelope that holds nothing else."""
        assert self._serializer is not None
        body = b'{"success":true,"data":%b}' % self._serializer.encoded(result.data, self._operation).json
        return Answer(self._status, body, self._headers(result, body))

    def _enveloped(self, result: Result) -> Answer:
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
        body, content = self._filled(frame, result.data) if shown and self._serializer else (orjson.dumps(frame),) * 2
        return Answer(self._status, body, self._headers(result, content))

    def _stand_in(self, data: Any) -> Any:
        """What the envelope is checked with in place of objects that are checked one by one."""
        if self._serializer is None:
            return public(data)
        return [None] * len(data) if isinstance(data, list) else None

    def _filled(self, frame: dict[str, Any], data: Any) -> tuple[bytes, bytes]:
        """The envelope around the encoded objects, and what is different exactly where that is; `data` follows `success`, as the reference has it."""
        serializer, name = self._serializer, self._operation
        assert serializer is not None
        if isinstance(data, list):
            encoded = [serializer.digested(one, name) for one in data]
            objects, content = b"[%b]" % b",".join([one.json for one in encoded]), b"".join([one.digest for one in encoded])
        else:
            objects = content = serializer.encoded(data, name).json
        del frame["success"], frame["data"]
        rest = b"," + orjson.dumps(frame)[1:] if frame else b"}"
        return b'{"success":true,"data":%b%b' % (objects, rest), content + rest

    def _headers(self, result: Result, content: bytes) -> tuple[Header, ...]:
        if self._cached:
            return (_JSON_TYPE, (b"etag", etag(content)), _CACHING)
        if self._location is not None and result.created is not None:
            return (_JSON_TYPE, (b"location", self._location % result.created))
        return (_JSON_TYPE,)


def presenters(contract: Contract) -> Mapping[str, Presenter]:
    """A presenter for each operation, by its id; operations that show the same objects share their serializer."""
    serializers: dict[bytes, DocumentSerializer] = {}
    cache: AnswerCache = BoundedCache(_BYTES_OF_ANSWERS)
    return {one.id: Presenter(contract, one, serializers, cache) for one in contract.operations.values()}


def _without_objects(envelope: Schema) -> Schema:
    """The envelope's schema for a frame in which every object is a stand-in."""
    data = envelope["properties"]["data"]
    free: Schema = {**data, "items": {}} if data.get("type") == "array" else {}
    return {**envelope, "properties": {**envelope["properties"], "data": free}}


def etag(content: bytes) -> bytes:
    """A strong validator (RFC 9110, 8.8.3): equal exactly where the contents are."""
    return b'"%b"' % digest(content).hex().encode()


def is_known(if_none_match: str, tag: bytes) -> bool:
    """Whether `If-None-Match` names the tag, compared weakly as RFC 9110, 13.1.2 asks."""
    wanted = tag.decode()
    return any(one.strip().removeprefix("W/") in (wanted, "*") for one in if_none_match.split(","))


def not_modified(answer: Answer) -> Answer:
    """304: the validators without the body."""
    return Answer(304, b"", tuple(header for header in answer.headers if header[0] != b"content-type"))
