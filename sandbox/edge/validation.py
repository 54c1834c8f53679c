"""Reads and validates a request against its operation, and collects all errors of the parameters and the body."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import jiter

from openapi.contract import Contract, Operation, Parameter
from openapi.number_normalization import GREATEST, LEAST, TOO_LARGE, StoredNumbers
from openapi.schemas import Direction, Schema, json_schema
from openapi.wording import counted
from sandbox.edge.bounded_cache import BoundedCache
from sandbox.edge.exchange import Exchange
from sandbox.edge.json_faults import json_fault
from sandbox.edge.messages import LONGEST_PLACE, MOST_FAULTS, faults_in, unknown
from sandbox.edge.validators import bounds_of, compiled
from sandbox.engine.private_fields import PrivateFields
from sandbox.errors import label

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,30})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?")
_BOOLEANS = {"true": True, "false": False}
NOT_IT = object()
_BYTES_OF_QUERIES, _BYTES_OF_PARAMETERS = 1024 * 1024, 600

QueryCache = BoundedCache[tuple[str, bytes], dict[str, Any]]
"""Parameters by operation and query."""


class RequestValidator:
    """Compiled once for each operation."""

    def __init__(self, operation: Operation, keys: Collection[str] = (), cache: QueryCache | None = None) -> None:
        """`keys` are the query parameters in which a key may stand; validators may share a `cache`."""
        self._operation, self._keys = operation.id, keys
        self._query = {one.name: _ParameterReader(one) for one in operation.parameters if one.place == "query"}
        self._headers = {one.name: _ParameterReader(one) for one in operation.parameters if one.place == "header"}
        self._body = _BodyReader(operation.body) if operation.body is not None else None
        self._cache: QueryCache = BoundedCache(_BYTES_OF_QUERIES) if cache is None else cache
        self._asks_for_nothing = not self._query and not self._headers

    @property
    def takes_a_body(self) -> bool:
        """Whether the operation has a request body."""
        return self._body is not None

    def read_parameters(self, exchange: Exchange) -> None:
        """Puts the parameters, defaults filled in, and their faults into the exchange."""
        if self._asks_for_nothing and not exchange.query_string:
            exchange.params = exchange.path_params
            return
        # What a sound query says is kept, where it says it all, and holds no key.
        may_be_cached = exchange.keyless_query and not self._headers and not exchange.path_params
        asked = (self._operation, exchange.query_string)
        params = self._cache.get(asked) if may_be_cached else None
        if params is None:
            params = self._parameters(exchange)
            if may_be_cached and not exchange.faults:
                self._cache.keep(asked, params, len(exchange.query_string) + _BYTES_OF_PARAMETERS)
        exchange.params = params

    def _parameters(self, exchange: Exchange) -> dict[str, Any]:
        params: dict[str, Any] = dict(exchange.path_params)
        sent: dict[str, list[str | None]] = {}
        for name, value in exchange.query:
            sent.setdefault(name, []).append(value)
        if not sent.keys() <= self._query.keys():
            strangers = [name for name in sent if name not in self._query and name not in self._keys]
            for name in strangers[:MOST_FAULTS]:
                exchange.faults[name or "query"] = unknown(name, "parameter", self._query, unnamed="A name that is empty, or not UTF-8,")
            for name in self._keys:
                if len(sent.get(name, ())) > 1:
                    exchange.faults[name] = f"{label(name)} is given {counted(len(sent[name]), 'time')}; give it once"
        for name, reader in self._query.items():
            reader.read(sent.get(name), params, exchange.faults)
        for name, reader in self._headers.items():
            value = exchange.header(name.lower().encode())
            reader.read(None if value is None else [value], params, exchange.faults)
        return params

    def read_body(self, exchange: Exchange, raw: bytes) -> None:
        """Puts the body, decoded, and its faults into the exchange."""
        if self._body is not None:
            exchange.body = self._body.read(raw, exchange.faults)


class _ParameterReader:
    """Turns a parameter's text into its value."""

    def __init__(self, parameter: Parameter) -> None:
        schema = parameter.schema
        self._name = parameter.name
        self._required = parameter.required
        self._list = schema.get("type") == "array"
        self._delimiter = parameter.delimiter if self._list else ""
        self._decode = _decoder(schema.get("items", {}) if self._list else schema)
        self._kind = (schema.get("items", {}) if self._list else schema).get("type", "string")
        self._default = schema.get("default")
        self._check, self._schema = compiled(json_schema(schema, Direction.REQUEST)), schema
        self._bounds = bounds_of(schema)

    def read(self, texts: list[str | None] | None, params: dict[str, Any], faults: dict[str, str]) -> None:
        name = self._name
        if texts is None:
            if self._required:
                faults[name] = f"{label(name)} is required"
            elif self._default is not None:
                params[name] = self._default
            return
        if len(texts) > 1 and not self._list:
            faults[name] = f"{label(name)} is given {counted(len(texts), 'time')}; give it once"
            return
        if self._delimiter:
            if len(texts) > 1:
                faults[name] = f"{label(name)} is given {len(texts)} times; give it once, with its values behind one another"
                return
            texts = [None] if texts[0] is None else [part.strip(" ") for part in texts[0].split(self._delimiter)]
        values = [NOT_IT if text is None else self._decode(text) for text in texts]
        if values[0] is NOT_IT or (len(values) > 1 and NOT_IT in values):
            wanted = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}.get(self._kind, "a text in UTF-8")
            faults[name] = f"{label(name)} must be {wanted}"
            return
        value = values if self._list else values[0]
        bounds = self._bounds
        if bounds[0] <= cast(int, value) <= bounds[1] if bounds is not None else self._check.is_valid(value):
            if any(type(one) is int and not LEAST <= one <= GREATEST for one in values):
                faults[name] = f"{label(name)} {TOO_LARGE}"
            else:
                params[name] = value
        else:
            faults[name] = next(what for _, what in faults_in(self._check.iter_errors(value), within=name, schema=self._schema))


def _decoder(schema: Schema) -> Callable[[str], Any]:
    match schema.get("type"):
        case "integer":
            return lambda text: int(text) if _INTEGER.fullmatch(text) else NOT_IT
        case "number":
            return lambda text: float(text) if _NUMBER.fullmatch(text) else NOT_IT
        case "boolean":
            return lambda text: _BOOLEANS.get(text, NOT_IT)
        case _:
            return str


class _BodyReader:
    """Decodes JSON more strictly than JSON asks for, and checks it."""

    def __init__(self, schema: Schema) -> None:
        wanted = json_schema(schema, Direction.REQUEST)
        self._numbers, self._private = StoredNumbers(schema), PrivateFields(schema)
        self._known = sorted(name for name, part in schema.get("properties", {}).items() if not part.get("readOnly"))
        self._check, self._schema = compiled(wanted), schema

    def read(self, raw: bytes, faults: dict[str, str]) -> Any:
        if not raw or raw.isspace():
            faults["body"] = "Body is required; send it as JSON"
            return None
        try:
            body = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, float_mode="decimal", cache_mode="keys")
        except ValueError as error:
            faults["body"] = f"Body is not JSON: {json_fault(raw, error)}"
            return None
        body, lost = self._numbers.read(body)
        private = self._private.faults(body)
        if not lost and not private and self._check.is_valid(body):
            return body
        for place, what in (*self._misfits(body), *((place or "body", f"{label(place or 'body')} {why}") for place, why in lost), *private):
            if len(faults) < MOST_FAULTS:
                faults.setdefault(place[:LONGEST_PLACE], what)
        return None

    def _misfits(self, body: Any) -> list[tuple[str, str]]:
        return [] if self._check.is_valid(body) else self._faults(_in_part(body)) or self._faults(body)

    def _faults(self, body: Any) -> list[tuple[str, str]]:
        return list(faults_in(self._check.iter_errors(body), self._known, schema=self._schema))


def _in_part(value: Any) -> Any:
    """The value with no list longer than can be reported on, since all of its errors are made before the first is read."""
    if isinstance(value, dict):
        return {name: _in_part(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_in_part(part) for part in value[: MOST_FAULTS + 1]]
    return value


def validators(contract: Contract) -> Mapping[str, RequestValidator]:
    """A validator for each operation, by its id."""
    cache: QueryCache = BoundedCache(_BYTES_OF_QUERIES)
    return {name: RequestValidator(operation, contract.key_places.query, cache) for name, operation in contract.operations.items()}
