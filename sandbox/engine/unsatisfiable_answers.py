"""Finds responses of a contract that no stored document can match, so that every request would end in 500."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft4Validator

from openapi.contract import VERBS, Contract, Operation, Resource
from openapi.document import Where
from openapi.schemas import Direction, References, Schema, json_schema, parts_of
from openapi.wording import quoted
from sandbox.domain.rules import Rules

_SET_BY_THE_STORE: Mapping[str, Any] = {"id": 1, "created_at": "2024-01-15T10:00:00Z", "updated_at": "2024-01-15T10:00:00Z"}
_META = {"current_page": 1, "total_pages": 1, "total_records": 1}
_JSON = "application/json"
Fault = tuple[Where, str]


def unsatisfiable_answers(contract: Contract, rules: Iterable[Rules]) -> Iterator[Fault]:
    """Where each stands, and what would be right."""
    registered = [rule for one in rules for rule in one.registered]
    own = {(rule.resource, rule.target) for rule in registered if rule.kind == "action"}
    places = _Places(contract)
    for operation in contract.operations.values():
        where = places.answer(operation)
        if not 200 <= operation.success.status < 300:
            yield where, "the answer when all is well has a status from 200 to 299"
        elif operation.success.status in (204, 205) and operation.success.schema is not None:
            yield (*where, "content"), f"an answer {operation.success.status} has no body: leave the content out, or answer 200"
        if (operation.resource, operation.action) in own or operation.action not in (*VERBS, "batch-create"):
            continue
        yield from _envelope(operation, where, places)
        resource = contract.resources.get(operation.resource)
        if resource is not None:
            set_by_rules = {need for rule in registered if rule.resource == operation.resource for need in (*rule.needs, rule.target)}
            yield from _objects(operation, resource, where, places, set_by_rules)
        yield from _parameters(operation)


def _envelope(operation: Operation, where: Where, places: _Places) -> Iterator[Fault]:
    """`{"success": true, "data": …}`, lists with `meta`, a deletion with `message`."""
    schema = operation.success.schema
    if schema is None:
        return
    here, many = (*where, "content", _JSON, "schema"), operation.action in ("list", "batch-create")
    form = '{"success": true, "data": [the objects]}' if many else '{"success": true, "data": {the object}}'
    if operation.action == "delete":
        form = '{"success": true, "message": "…"}'
    if schema.get("type", "object") != "object":
        yield places.end(here), f"{operation.action!s} answers with an envelope, {form}, and this is of the type {schema['type']}"
        return
    envelope = schema.get("properties", {})
    if operation.action != "delete" and envelope and "data" not in envelope:
        yield places.end(here), f"{operation.action!s} answers with an envelope, {form}, and this names no `data`"
        return
    if many and envelope.get("data", {}).get("type", "array") != "array":
        yield places.property(here, "data"), f"{operation.action!s} answers with a list in `data`, not with the type {envelope['data']['type']}"
        return
    if not many and operation.action != "delete" and envelope.get("data", {}).get("type", "object") != "object":
        yield places.property(here, "data"), f"{operation.action!s} answers with an object in `data`, not with the type {envelope['data']['type']}"
        return
    if operation.action == "list":
        yield from _pages(operation, envelope.get("data", {}), places.property(here, "data"))
    given: dict[str, Any] = {"success": True}
    given["message" if operation.action == "delete" else "data"] = "Done" if operation.action == "delete" else []
    given |= {"meta": _META} if operation.action == "list" else {}
    for name in json_schema(schema, Direction.ANSWER).get("required", ()):
        if name not in given:
            yield (
                places.required(here, name),
                f"nothing gives `{name}` to the answer of {operation.action!s}, which is {form}: require it no more",
            )
    frame = {name: value for name, value in given.items() if name == "success" or name in envelope}
    checked = json_schema({**schema, "properties": {**envelope, **({"data": {}} if "data" in envelope else {})}}, Direction.ANSWER)
    checked.pop("required", None)
    error = next(iter(Draft4Validator(checked, validate_formats=True).iter_errors(frame)), None)
    if error is not None:
        at = places.property(here, str(error.instance_path[0])) if error.instance_path else places.end(here)
        yield at, f"the answer of {operation.action!s} is {form}, which does not fit: {error.message}"


def _pages(operation: Operation, data: Schema, where: Where) -> Iterator[Fault]:
    """How many objects a list may show: none at all, or as many as a client asks for."""
    if data.get("minItems", 0) > 0:
        yield (*where, "minItems"), "a list is empty where no object is found: leave `minItems` out"
    limit = next((one.schema for one in operation.parameters if one.place == "query" and one.name == "limit"), {})
    most = data.get("maxItems")
    if most is not None and max(limit.get("default", most + 1), limit.get("maximum", most + 1)) > most:
        yield (
            (*where, "maxItems"),
            f"a page may hold more than {most}: give the parameter `limit` a default and a maximum of at most {most}, or leave `maxItems` out",
        )


def _objects(operation: Operation, resource: Resource, where: Where, places: _Places, set_by_rules: set[str]) -> Iterator[Fault]:
    """The object that is shown, beside what a client may send and the server sets."""
    data = (operation.success.schema or {}).get("properties", {}).get("data", {})
    here: Where = places.property((*where, "content", _JSON, "schema"), "data")
    if operation.action in ("list", "batch-create"):
        data, here = data.get("items", {}), (*places.end(here), "items")
    fields, sent = data.get("properties", {}), resource.input.get("properties", {})
    if operation.action == "delete" or not fields:
        return
    for name in (*fields, *sent):
        if name.startswith("_"):
            at = places.property(here, name) if name in fields else (*places.end(("paths", operation.path)), operation.method.lower())
            yield at, f"`{name}` cannot be kept: what begins with `_` is the server's own, and nobody sees it"
    for name, value in _SET_BY_THE_STORE.items():
        if name in fields and not Draft4Validator(json_schema(fields[name], Direction.ANSWER), validate_formats=True).is_valid(value):
            what = (
                "the server gives each object a whole number from 1 upwards"
                if name == "id"
                else "the server writes a time such as '2024-01-15T10:00:00Z'"
            )
            yield places.property(here, name), f"`{name}` cannot be of this form: {what}"
    yield from _of_two_types(fields, here, places)
    if not resource.input:
        return
    given_by = {name for name, part in sent.items() if not part.get("writeOnly") and ("default" in part or not part.get("readOnly"))}
    known = given_by | set(_SET_BY_THE_STORE) | set_by_rules
    for name in json_schema(data, Direction.ANSWER).get("required", ()):
        if name not in known:
            yield (
                places.required(here, name),
                f"{quoted(name)} is required in answers, and neither a client sends it nor the server sets it",
            )
    for name in fields.keys() & sent.keys() - set_by_rules - set(_SET_BY_THE_STORE):
        given, shown_as = min(_kinds(sent[name]), default=None), min(_kinds(fields[name]), default=None)
        if given and shown_as and given != shown_as and (given, shown_as) != ("integer", "number"):
            yield places.property(here, name), f"`{name}` is sent as {given} and shown as {shown_as}: give both one type"


def _of_two_types(fields: Schema, where: Where, places: _Places) -> Iterator[Fault]:
    for name, part in fields.items():
        if len(kinds := sorted(_kinds(part))) > 1:
            yield places.property(where, name), f"`{name}` is of the types {' and '.join(kinds)} at once, so that nothing fits: keep one of them"


def _kinds(part: Schema) -> set[str]:
    """The types that all have to hold; a whole number is a number too."""
    own = {part["type"]} if isinstance(part.get("type"), str) else set()
    every = own.union(*(_kinds(one) for one in part.get("allOf", ())))
    return every - {"number"} if "integer" in every else every


def _parameters(operation: Operation) -> Iterator[Fault]:
    where: Where = ("paths", operation.path, operation.method.lower())
    if operation.action in ("read", "replace", "delete"):
        for one in operation.parameters:
            if one.place == "path" and one.name == operation.id_parameter and one.schema.get("type") != "integer":
                yield where, f"the parameter `{one.name}` names an object by its id, and so is of the type integer"
    if operation.action != "list":
        return
    for one in operation.parameters:
        if one.name in ("page", "limit") and one.schema.get("type") != "integer":
            yield where, f"the parameter `{one.name}` turns the pages of a list, and so is of the type integer"
        if one.search and one.schema.get("type", "string") != "string":
            yield where, f"the parameter `{one.name}` is searched for, and so is of the type string"


class _Places:
    """Finds where the parts of a schema are written, through references and `allOf`."""

    def __init__(self, contract: Contract) -> None:
        self._document, self._references = contract.document, References(contract.document, contract.file)

    def answer(self, operation: Operation) -> Where:
        return self.end((*self.end(("paths", operation.path)), operation.method.lower(), "responses", str(operation.success.status)))

    def end(self, where: Where) -> Where:
        """Where the references at a place lead in the end."""
        node = self._at(where)
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            where = tuple(parts_of(node["$ref"]))
            node = self._at(where)
        return where

    def property(self, where: Where, name: str) -> Where:
        """Where a property of the schema at a place is written; the schema itself where that is not found."""
        part = self._part(where, "properties", name)
        return self.end(where) if part is None else (*part, "properties", name)

    def required(self, where: Where, name: str) -> Where:
        """The list of the schema at a place that requires a name."""
        part = self._part(where, "required", name)
        return (*(self.end(where) if part is None else part), "required")

    def _part(self, where: Where, word: str, name: str) -> Where | None:
        """The schema at a place, or the part of its `allOf`, whose word holds a name."""
        where = self.end(where)
        node: Schema = self._at(where) or {}
        if name in node.get(word, ()):
            return where
        parts = (self._part((*where, "allOf", number), word, name) for number in range(len(node.get("allOf", ()))))
        return next((one for one in parts if one is not None), None)

    def _at(self, where: Where) -> Any:
        node: Any = self._document
        for part in where:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        return node
