"""Shape: status, content type, headers and schema of every response of the run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema_rs import Draft4Validator

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.bounds import without_bounds
from contract_tests.judging.number_spellings import whole
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import observer, reading
from contract_tests.judging.requests import no_op_call
from openapi.contract import Operation
from openapi.schemas import Direction, Schema, json_schema
from openapi.wording import quoted

_FAMILY = "shape"
_WHERE = "API Endpoints Reference"
_CODES = {"bare": "application/json", "charset": "application/json;charset=utf-8"}
_HTTP_OWN = frozenset({408, 413, 415, 431})
_MOST_TOLD = 3


def answered(exchange: Exchange) -> Operation | None:
    """The operation that an exchange really called, not with another method; None where there is none, or no answer."""
    operation, method = exchange.operation, exchange.request.method
    called = operation is not None and exchange.answer is not None and method in (operation.method, *(("HEAD",) if operation.method == "GET" else ()))
    return operation if called else None


@observer("status-is-documented", family=_FAMILY, documented="Response Codes")
def every_status_is_documented(probe: Probe, exchange: Exchange) -> None:
    """Every answer has a status that the contract gives its operation, or one of HTTP's own where the decision lists it; never 422."""
    operation = answered(exchange)
    if operation is None:
        probe.check(exchange.status != 422, exchange, "a status of the reference, never 422")
        return
    wanted = sorted({*operation.answers, *_by_reading(probe, operation)})
    others = _HTTP_OWN if probe.reading("status-codes") == "http" else frozenset({404})
    conditional = {304} if any(name.lower() == "if-none-match" for name, _ in exchange.request.headers) else set()
    probe.check(exchange.status in {*wanted, *others, *conditional}, exchange, f"a status of {operation.id}: {', '.join(map(str, wanted))}")


def _by_reading(probe: Probe, operation: Operation) -> set[int]:
    """Statuses that other listed readings give an operation."""
    more: set[int] = set()
    if operation.action == "delete" and probe.reading("delete-answer") == "empty":
        more.add(204)
    if "batch" in operation.action and probe.reading("batch") == "per-item":
        more |= {200, 201}
    if operation.body is not None and probe.reading("unknown-reference") == "404":
        more.add(404)
    return more


@observer("answer-fits-its-schema", family=_FAMILY, documented=_WHERE)
def every_answer_fits_its_schema(probe: Probe, exchange: Exchange) -> None:
    """Every answer is strict JSON that fits the schema of its operation and status: nothing lacks, nothing is of another type, nothing is added."""
    operation = answered(exchange)
    if operation is None or exchange.request.method == "HEAD" or exchange.status in (204, 304) or exchange.status not in operation.answers:
        return
    schema = operation.answers[exchange.status].schema
    if schema is None:
        return
    try:
        value = strict_json(exchange.got.body)
    except (ValueError, RecursionError) as problem:
        probe.fault(exchange, "a body in JSON", f"{problem}: {exchange.got.body[:200].decode('utf-8', 'replace')}")
        return
    faults = misfits(_spoken(probe, operation, exchange.status, schema), whole(value))  # how integers are spelled is another promise
    probe.check(not faults, exchange, f"a body that fits the schema of {operation.id} for {exchange.status}", "; ".join(faults))


def misfits(schema: Schema, value: Any) -> list[str]:
    """Where a value does not fit a schema in JSON Schema's words: a few sentences, or none."""
    return [_told(error) for error in islice(_validator(json.dumps(schema)).iter_errors(value), _MOST_TOLD)]


@lru_cache(maxsize=512)
def _validator(schema: str) -> Draft4Validator:
    return Draft4Validator(json.loads(schema), validate_formats=True)


def strict_json(body: bytes) -> Any:
    """The value of a body. ValueError where it is no JSON in UTF-8, names a field twice or holds NaN or an infinity."""

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        if twice:
            raise ValueError(f"{quoted(twice[0])} stands twice in one object")
        return dict(pairs)

    return json.loads(body.decode("utf-8"), parse_constant=refuse, object_pairs_hook=once)


def _told(error: Any) -> str:
    place = ".".join(map(str, error.instance_path)) or "the body"
    return f"{place}: {error.message[:200]}"


def _spoken(probe: Probe, operation: Operation, status: int, schema: Schema) -> Schema:
    """The schema in JSON Schema's words, as it is in the readings that the target speaks."""
    own = json_schema(without_bounds(schema) if probe.reading("bounds") == "wider" else schema, Direction.ANSWER)
    data = own.get("properties", {}).get("data", {})
    if status >= 400 or not data:
        return own
    creates = operation.action == "create" or ("batch" in operation.action)
    if "batch" in operation.action and probe.reading("batch") == "per-item":
        return _with_data(
            own, {"type": "array", "items": {"type": "object", "required": ["success"], "properties": {"success": {"type": "boolean"}}}}
        )
    if creates and probe.reading("create-answer") == "id":
        return _with_data(own, _only_id(data))
    if operation.action == "list" and operation.resource != "customers" and probe.reading("paging") == "customers":
        return {**own, "required": [name for name in own.get("required", ()) if name != "meta"]}
    return own


def _with_data(envelope: Schema, data: Schema) -> Schema:
    return {**envelope, "properties": {**envelope["properties"], "data": data}}


def _only_id(data: Schema) -> Schema:
    """The schema of what answers a create where only the id does."""
    if data.get("type") == "array":
        return {**data, "items": _only_id(data["items"])}
    properties: Mapping[str, Schema] = data.get("properties", {})
    return {**data, "required": ["id"], "properties": {name: part for name, part in properties.items() if name == "id"}}


@observer("answer-has-its-headers", family=_FAMILY, inferred="create-answer")
def every_answer_has_its_headers(probe: Probe, exchange: Exchange) -> None:
    """Every answer has the headers that the contract requires of it, such as `Location` and `Retry-After`."""
    operation = answered(exchange)
    documented = None if operation is None else operation.answers.get(exchange.status)
    if operation is None or documented is None or (operation.action == "create" and probe.reading("create-answer") != "object"):
        return
    for name in documented.required_headers:
        if not name.lower().startswith("x-ratelimit-"):  # the rate limit has promises of its own
            probe.check(bool(exchange.got.header(name)), exchange, f"the header {name}", "none")


@reading("content-type", family=_FAMILY, weight=1)
def how_the_content_type_is_written(probe: Probe) -> str:
    """Every answer with a body says that it is JSON, in one form throughout."""
    if not probe.target.exchanges:
        operation = next((one for one in probe.contract.operations.values() if one.method == "GET"), None)
        if operation is None:
            raise Unable("the contract has nothing to read")
        probe.call(operation, **no_op_call(operation))
    seen = {code: exchange for exchange in probe.target.exchanges if (code := content_type_code(exchange))}
    if not seen:
        raise Unable("no answer says that it is JSON")
    for exchange in seen.values() if len(seen) > 1 else ():
        probe.fault(exchange, "one form of the content type throughout", exchange.got.header("content-type"))
    probe.checks += 1
    return next(iter(seen)) if len(seen) == 1 else "mixed"


def content_type_code(exchange: Exchange) -> str | None:
    """The reading that an answer with a body speaks; None for a content type of none of them."""
    if exchange.answer is None or not exchange.answer.body:
        return None
    written = (exchange.answer.header("content-type") or "").lower().replace(" ", "").replace('"', "")
    return next((code for code, form in _CODES.items() if form == written), None)


@observer("content-type-is-json", family=_FAMILY, inferred="content-type")
def every_body_says_that_it_is_json(probe: Probe, exchange: Exchange) -> None:
    """Every answer with a body, errors included, has the content type `application/json`, in the form that the target speaks."""
    if exchange.answer is not None and exchange.answer.body:
        form = _CODES[probe.reading("content-type")]
        seen = exchange.answer.header("content-type") or "no content type"
        probe.check(content_type_code(exchange) == probe.reading("content-type"), exchange, f"Content-Type: {form}", seen)
