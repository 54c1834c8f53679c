"""Shows a result in the envelope of its operation: the one projection by the answer's schema, and its check."""

from __future__ import annotations

import re
from base64 import b32encode
from hashlib import blake2b
from typing import Any

import orjson
from jsonschema_rs import Draft4Validator

from openapi.contract import Contract, Operation
from openapi.schemas import Direction, Schema, json_schema
from sandbox.edge.exchange import JSON, Answer, Header
from sandbox.edge.sentences import faults_in
from sandbox.engine import Result
from sandbox.errors import Misfit

_PLACEHOLDER = re.compile(r"\{[^{}]+\}")


class Presenter:
    """Compiled once for each operation: makes its answer out of a result, and lets no other leave.

    A field that the schema does not name is not shown; so nothing private (`_paid`, `_password`) ever is.
    """

    def __init__(self, contract: Contract, operation: Operation) -> None:
        answer = operation.success
        schema = answer.schema or {}
        envelope = schema.get("properties", {})
        data = envelope.get("data", {})
        self._operation = operation.id
        self._status = answer.status
        self._empty = answer.schema is None
        self._has_data, self._has_meta, self._has_message = (name in envelope for name in ("data", "meta", "message"))
        self._fields = _shown(data.get("items", {}) if data.get("type") == "array" else data)
        self._check = Draft4Validator(json_schema(schema, Direction.ANSWER), validate_formats=True)
        self._cached = operation.method == "GET"
        resource = contract.resources.get(operation.resource)
        self._item_path = None if resource is None or resource.item_path is None else contract.base_path + resource.item_path
        self._has_location = "Location" in answer.headers

    def answer(self, result: Result) -> Answer:
        """The answer. Raises Misfit where it does not fit the contract: the caller then drops the transaction."""
        if self._empty:
            return Answer(self._status, b"", ())
        content: dict[str, Any] = {"success": True}
        if self._has_data and result.data is not None:
            content["data"] = self._project(result.data)
        if self._has_message and result.message is not None:
            content["message"] = result.message
        if self._has_meta and result.meta is not None:
            content["meta"] = result.meta
        if not self._check.is_valid(content):
            raise Misfit(self._operation, dict(faults_in(self._check.iter_errors(content))))
        body = orjson.dumps(content)
        return Answer(self._status, body, (*self._headers(result, body),))

    def _project(self, data: Any) -> Any:
        fields = self._fields
        if fields is None:
            return data
        if isinstance(data, list):
            return [{name: one[name] for name in fields if name in one} for one in data]
        return {name: data[name] for name in fields if name in data}

    def _headers(self, result: Result, body: bytes) -> tuple[Header, ...]:
        headers: tuple[Header, ...] = ((b"content-type", JSON),)
        if self._cached:
            headers += ((b"etag", etag(body)), (b"cache-control", b"private, no-cache"))
        if self._has_location and result.created is not None and self._item_path is not None:
            headers += ((b"location", _PLACEHOLDER.sub(str(result.created), self._item_path).encode()),)
        return headers


def etag(body: bytes) -> bytes:
    """A strong validator (RFC 9110, 8.8.3): equal exactly where the bodies are."""
    return b'"' + b32encode(blake2b(body, digest_size=15).digest()) + b'"'


def is_known(if_none_match: str, tag: bytes) -> bool:
    """Whether `If-None-Match` names the tag, compared weakly as RFC 9110, 13.1.2 asks."""
    wanted = tag.decode()
    return any(one.strip().removeprefix("W/") in (wanted, "*") for one in if_none_match.split(","))


def not_modified(answer: Answer) -> Answer:
    """304: the validators without the body."""
    return Answer(304, b"", tuple(header for header in answer.headers if header[0] != b"content-type"))


def _shown(schema: Schema) -> tuple[str, ...] | None:
    """The fields that an object shows, in the schema's order; None where the schema does not say."""
    properties = schema.get("properties")
    return None if properties is None else tuple(name for name, part in properties.items() if not part.get("writeOnly"))
