"""The contract as a target that speaks other listed readings would have written it, for a tool that knows one reading alone.

Only what such a tool can see is changed; the other decisions do not show in a document.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from contract_tests.judging.bounds import without_bounds
from openapi.contract import Contract, Operation

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXPECTED = ("2xx", "401", "403", "404")
"""What Schemathesis takes for an answer to a well-formed request by itself."""
REFUSALS = ("400", "401", "403", "404", "405", "413", "415", "429", "5xx")
"""The same of a badly formed one, as far as the contract knows them."""
Document = dict[str, Any]


def document_in(contract: Contract, readings: Mapping[str, str]) -> Document:
    """The contract's document in the dialect of these readings, of which those that are not known are ours."""
    document: Document = _plain(contract.document)
    for (decision, code), change in _CHANGES.items():
        if readings.get(decision) in (code, "mixed"):
            change(document, contract)
    return document


def configuration(contract: Contract, readings: Mapping[str, str]) -> str:
    """The shipped configuration, and what of the contract's own rules no schema can say: where 400 is an answer too."""
    text = CONFIG.read_text(encoding="utf-8")
    named = {one.get("include-operation-id") for one in tomllib.loads(text).get("operations", ())}
    parts = [text]
    for operation in contract.operations.values():
        if operation.id not in named and has_rules(contract, operation, readings):
            parts.append(_statuses(operation, "positive_data_acceptance", (*EXPECTED, "400")))
        if operation.action == "batch-create" and readings.get("batch") in ("per-item", "mixed"):
            parts.append(_statuses(operation, "negative_data_rejection", (*REFUSALS, "2xx")))
    return "\n".join(parts)


def has_rules(contract: Contract, operation: Operation, readings: Mapping[str, str]) -> bool:
    """Whether a request can fit its schema and still be refused: references, uniqueness, a period that ends before it begins, an address."""
    resource = contract.resources.get(operation.resource)
    ranged = [one.field for one in operation.filters if one.comparison in ("ge", "le", "gt", "lt")]
    if resource is None or len(ranged) > len(set(ranged)):
        return len(ranged) > len(set(ranged))
    if operation.action == "delete":
        return any(True for _ in contract.referrers(resource.name))
    shared = readings.get("duplicate-email") not in (None, "users") and "email" in resource.fields
    called = any(part.get("format") == "uri" for part in resource.input.get("properties", {}).values())
    return operation.body is not None and bool(resource.references or resource.unique or shared or called)


def unsaid(readings: Mapping[str, str]) -> tuple[str, ...]:
    """The checks that cannot be told a reading of the target's, and would find fault with it."""
    return ("unsupported_method", "allow_header_conformance") if readings.get("status-codes") in ("400-404", "mixed") else ()


def _statuses(operation: Operation, check: str, statuses: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{status}"' for status in statuses)
    return f'[[operations]]\ninclude-operation-id = "{operation.id}"\n[operations.checks.{check}]\nexpected-statuses = [{listed}]\n'


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _operations(document: Document, contract: Contract, action: str) -> Iterator[tuple[Document, Operation]]:
    for operation in contract.operations.values():
        if operation.action == action:
            yield document["paths"][operation.path][operation.method.lower()], operation


def _schemas(value: Any) -> Iterator[Document]:
    """Every object in a document that has properties, wherever it stands."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield value
        for part in value.values():
            yield from _schemas(part)
    elif isinstance(value, list):
        for part in value:
            yield from _schemas(part)


def _resolved(document: Document, value: Document) -> Document:
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def _an_empty_deletion(document: Document, contract: Contract) -> None:
    for one, _ in _operations(document, contract, "delete"):
        gone = dict(one["responses"].pop("200", {}))
        gone.pop("content", None)
        one["responses"]["204"] = {"description": "Gone.", **gone}


def _an_id_for_a_creation(document: Document, contract: Contract) -> None:
    only: Document = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "minimum": 1}}}
    for action, data in (("create", only), ("batch-create", {"type": "array", "items": only})):
        for one, operation in _operations(document, contract, action):
            answer = one["responses"].get(str(operation.success.status))
            if answer is None:
                continue
            envelope = {"type": "object", "required": ["success", "data"], "properties": {"success": {"type": "boolean"}, "data": data}}
            answer["content"] = {"application/json": {"schema": envelope}}
            answer.get("headers", {}).pop("Location", None)
            answer.pop("links", None)


def _merged_changes(document: Document, contract: Contract) -> None:
    for one, _ in _operations(document, contract, "replace"):
        for media in one.get("requestBody", {}).get("content", {}).values():
            schema = {**_plain(_resolved(document, media["schema"]))}
            schema.pop("required", None)
            media["schema"] = schema


def _unknown_fields(document: Document, contract: Contract) -> None:
    for one in contract.operations.values():
        body = document["paths"][one.path][one.method.lower()].get("requestBody", {})
        for media in body.get("content", {}).values():
            media["schema"] = _plain(_inlined(document, media["schema"]))
            for schema in _schemas(media["schema"]):
                schema.pop("additionalProperties", None)


def _inlined(document: Document, value: Any) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            return _inlined(document, _resolved(document, value))
        return {name: _inlined(document, part) for name, part in value.items()}
    return [_inlined(document, part) for part in value] if isinstance(value, list) else value


def _unknown_references(document: Document, contract: Contract) -> None:
    for one in contract.operations.values():
        responses = document["paths"][one.path][one.method.lower()]["responses"]
        if one.body is not None and "404" not in responses and "NotFound" in document.get("components", {}).get("responses", {}):
            responses["404"] = {"$ref": "#/components/responses/NotFound"}


def _unpaged_lists(document: Document, contract: Contract) -> None:
    for one, operation in _operations(document, contract, "list"):
        if operation.resource != "customers":
            one["parameters"] = [part for part in one.get("parameters", ()) if _resolved(document, part)["name"] not in ("page", "limit")]
    for schema in _schemas(document.get("components", {}).get("schemas", {})):
        if {"success", "data", "meta"} <= schema["properties"].keys() and "meta" in schema.get("required", ()):
            schema["required"] = [name for name in schema["required"] if name != "meta"]


def _uncounted_strangers(document: Document, contract: Contract) -> None:
    answers = document.get("components", {}).get("responses", {})
    if stranger := answers.get("Unauthorized"):
        stranger["headers"] = {name: part for name, part in stranger.get("headers", {}).items() if not name.startswith("X-RateLimit")}


def _any_number(document: Document, contract: Contract) -> None:
    for schema in _schemas(document):
        number = schema["properties"].get("invoice_number")
        if isinstance(number, dict):
            number.pop("pattern", None)


def _a_batch_by_item(document: Document, contract: Contract) -> None:
    for one, operation in _operations(document, contract, "batch-create"):
        answer = _plain(one["responses"][str(operation.success.status)])
        entry = {"type": "object", "required": ["success"], "properties": {"success": {"type": "boolean"}}}
        envelope = {"type": "object", "required": ["success", "data"], "properties": {"data": {"type": "array", "items": entry}}}
        answer["content"] = {"application/json": {"schema": envelope}}
        answer.pop("links", None)
        one["responses"]["200"] = one["responses"][str(operation.success.status)] = answer


def _wider_bounds(document: Document, contract: Contract) -> None:
    """What is answered may be beyond our bounds; what is sent stays within, since nobody knows where the target's lie."""
    for one in contract.operations.values():
        for media in document["paths"][one.path][one.method.lower()].get("requestBody", {}).get("content", {}).values():
            media["schema"] = _inlined(document, media["schema"])
    schemas = document.get("components", {}).get("schemas", {})
    schemas.update({name: without_bounds(schema, name) for name, schema in schemas.items()})


def _keys_in_the_header(document: Document, contract: Contract) -> None:
    schemes = document.get("components", {}).get("securitySchemes", {})
    gone = {name for name, one in schemes.items() if one.get("type") == "apiKey" and one.get("in") == "query"}
    for place in (document, *(document["paths"][one.path][one.method.lower()] for one in contract.operations.values())):
        if "security" in place:
            place["security"] = [one for one in place["security"] if not gone & one.keys()]
    for name in gone:
        del schemes[name]


_CHANGES: Mapping[tuple[str, str], Callable[[Document, Contract], None]] = {
    ("delete-answer", "empty"): _an_empty_deletion,
    ("create-answer", "id"): _an_id_for_a_creation,
    ("put", "merge"): _merged_changes,
    ("unknown-field", "ignore"): _unknown_fields,
    ("unknown-reference", "404"): _unknown_references,
    ("paging", "customers"): _unpaged_lists,
    ("rate-anonymous", "none"): _uncounted_strangers,
    ("invoice-number", "unique"): _any_number,
    ("batch", "per-item"): _a_batch_by_item,
    ("bounds", "wider"): _wider_bounds,
    ("auth-place", "header"): _keys_in_the_header,
}
