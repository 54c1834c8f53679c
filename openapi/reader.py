"""Builds the `Contract` out of a document, and refuses what it does not understand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openapi.contract import Answer, Contract, Emission, Filter, Operation, Parameter, Reference, Resource, frozen
from openapi.document import DocumentError, json_path, read_document
from openapi.schemas import References, Schema
from openapi.vocabulary import ROLES, Where, faults, nearest

METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
JSON = "application/json"


def read_contract(path: Path, label: str) -> Contract:
    """The contract in a file. Raises DocumentError: file, JSON path, what is wrong, the nearest known word."""
    document = read_document(path, label)
    if not isinstance(document, dict):
        raise DocumentError(label, "$", "is not an OpenAPI document")
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.0."):
        raise DocumentError(label, "$.openapi", f"must be 3.0.x, which the server speaks, not {version!r}")
    for where, what in faults(document):
        raise DocumentError(label, json_path(where), what)
    return _Reader(document, label).contract()


class _Reader:
    def __init__(self, document: Mapping[str, Any], file: str) -> None:
        self._document, self._file = document, file
        self._references = References(document, file)
        self._fault = self._references.fault

    def contract(self) -> Contract:
        operations: dict[str, Operation] = {}
        paths: dict[str, dict[str, Operation]] = {}
        for operation, where in self._operations():
            if operation.id in operations:
                raise self._fault((*where, "operationId"), f"{operation.id!r} names two operations")
            operations[operation.id] = operation
            paths.setdefault(operation.path, {})[operation.method] = operation
        resources = self._resources(operations)
        self._check_what_points_elsewhere(operations, resources)
        base = self._base_path()
        by_path = frozen({path: frozen(methods) for path, methods in paths.items()})
        return Contract(self._file, self._document, base, frozen(operations), frozen(resources), by_path)

    def _base_path(self) -> str:
        servers = self._document.get("servers") or [{"url": "/"}]
        return urlsplit(str(servers[0].get("url", ""))).path.rstrip("/")

    def _operations(self) -> Iterator[tuple[Operation, Where]]:
        for path, item in self._mapping(self._document.get("paths"), ("paths",)).items():
            for method in METHODS:
                if isinstance(item, dict) and method in item:
                    where = ("paths", path, method)
                    yield self._operation(path, method, item, where), where

    def _operation(self, path: str, method: str, item: dict[str, Any], where: Where) -> Operation:
        node = self._mapping(item[method], where)
        return Operation(
            id=self._word(node, "operationId", where),
            method=method.upper(),
            path=path,
            resource=node.get("x-resource") or self._word(item, "x-resource", where[:-1]),
            action=self._word(node, "x-action", where),
            roles=frozenset(node.get("x-role") or (ROLES if method == "get" else ROLES[:2])),
            parameters=tuple(self._parameters(item, node, where)),
            body=self._json(self._references.follow(node.get("requestBody"), (*where, "requestBody")), (*where, "requestBody")),
            answers=self._answers(node, where),
            emits=tuple(Emission(one["event"], frozen(one.get("when", {}))) for one in node.get("x-emits", ())),
        )

    def _word(self, node: Mapping[str, Any], word: str, where: Where) -> str:
        value = node.get(word)
        if not isinstance(value, str) or not value:
            raise self._fault(where, f"needs {word}")
        return value

    def _mapping(self, node: Any, where: Where) -> dict[str, Any]:
        if not isinstance(node, dict):
            raise self._fault(where, f"must be a mapping, not {type(node).__name__}")
        return node

    def _parameters(self, item: Mapping[str, Any], node: Mapping[str, Any], where: Where) -> Iterator[Parameter]:
        found: dict[tuple[str, str], Parameter] = {}
        for owner, place in ((item, where[:-1]), (node, where)):
            for number, raw in enumerate(owner.get("parameters", ())):
                here = (*place, "parameters", number)
                one = self._references.follow(raw, here)
                compare = one.get("x-filter")
                parameter = Parameter(
                    name=self._word(one, "name", here),
                    place=self._word(one, "in", here),
                    required=bool(one.get("required")),
                    schema=self._references.flatten(one.get("schema", {}), (*here, "schema")),
                    filter=Filter(one["name"], compare["field"], compare["comparison"]) if compare else None,
                    search=tuple(one.get("x-search", ())),
                )
                found[parameter.place, parameter.name] = parameter
        yield from found.values()

    def _answers(self, node: Mapping[str, Any], where: Where) -> Mapping[int, Answer]:
        answers: dict[int, Answer] = {}
        for status, raw in self._mapping(node.get("responses"), (*where, "responses")).items():
            here = (*where, "responses", status)
            if not status.isdigit():
                raise self._fault(here, "a status is a number; `default` and ranges would promise nothing")
            response = self._references.follow(raw, here)
            headers = {name: self._references.follow(one, (*here, "headers", name)) for name, one in response.get("headers", {}).items()}
            answers[int(status)] = Answer(
                status=int(status),
                schema=self._json(response, here),
                headers=frozen({name: self._references.flatten(one.get("schema", {}), here) for name, one in headers.items()}),
                required_headers=tuple(name for name, one in headers.items() if one.get("required")),
            )
        if not any(status < 400 for status in answers):
            raise self._fault((*where, "responses"), "needs a status below 400: what the operation answers when all is well")
        return frozen(answers)

    def _json(self, holder: Any, where: Where) -> Schema | None:
        content = (holder or {}).get("content") or {}
        if not content:
            return None
        if set(content) != {JSON}:
            other = next(kind for kind in content if kind != JSON)
            raise self._fault((*where, "content", other), f"the server speaks {JSON} and nothing else")
        here = (*where, "content", JSON, "schema")
        return self._references.flatten(content[JSON].get("schema", {}), here)

    def _resources(self, operations: Mapping[str, Operation]) -> dict[str, Resource]:
        named: dict[str, dict[str, Operation]] = {}
        for operation in operations.values():
            named.setdefault(operation.resource, {})[operation.id] = operation
        return {name: resource for name, own in named.items() if (resource := _resource(name, own)) is not None}

    def _check_what_points_elsewhere(self, operations: Mapping[str, Operation], resources: Mapping[str, Resource]) -> None:
        for resource in resources.values():
            for reference in resource.references:
                if reference.collection not in resources:
                    field = ".".join(reference.path)
                    raise self._missing(f"the field {field} of {resource.name}", "x-ref", reference.collection, resources)
        for operation in operations.values():
            fields = resources[operation.resource].fields if operation.resource in resources else frozenset()
            where = ("paths", operation.path, operation.method.lower())
            for parameter in operation.parameters:
                for word, names in (("x-filter", (parameter.filter.field,) if parameter.filter else ()), ("x-search", parameter.search)):
                    for name in names:
                        if name not in fields:
                            raise self._fault((*where, "parameters", parameter.name, word), f"{operation.resource} has no field {name!r}; {nearest(name, fields)}")
            for emission in operation.emits:
                for name in emission.when:
                    if name not in fields:
                        raise self._fault((*where, "x-emits"), f"{operation.resource} has no field {name!r}; {nearest(name, fields)}")

    def _missing(self, who: str, word: str, name: str, known: Mapping[str, Any]) -> DocumentError:
        return self._fault(("paths",), f"{word} of {who} names no collection {name!r}; {nearest(name, known)}")


def _resource(name: str, own: Mapping[str, Operation]) -> Resource | None:
    """The resource that operations speak of, or None where they store nothing (a report)."""
    by_action = {operation.action: operation for operation in own.values()}
    stored = _stored_object(by_action)
    if stored is None:
        return None
    sent = next((by_action[verb].body for verb in ("create", "replace") if verb in by_action), None) or {}
    references = {reference.path: reference for schema in (sent, stored) for reference in _references_in(schema)}
    unique = {field: part["x-unique"] for schema in (stored, sent) for field, part in schema.get("properties", {}).items() if "x-unique" in part}
    search = tuple(dict.fromkeys(field for operation in own.values() for one in operation.parameters for field in one.search))
    return Resource(name, stored, sent, tuple(references.values()), frozen(unique), search, frozen(dict(own)))


def _stored_object(by_action: Mapping[str, Operation]) -> Schema | None:
    for verb in ("create", "read", "replace", "list"):
        if verb in by_action:
            data = (by_action[verb].success.schema or {}).get("properties", {}).get("data", {})
            found = data.get("items", {}) if verb == "list" else data
            if found.get("properties"):
                return dict(found)
    return None


def _references_in(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[Reference]:
    if "x-ref" in schema and path:
        yield Reference(path, schema["x-ref"])
    for name, part in schema.get("properties", {}).items():
        yield from _references_in(part, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield from _references_in(schema["items"], (*path, "*"))
