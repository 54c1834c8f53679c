"""Builds the `Contract` from a document, and rejects what it does not understand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from openapi.contract import FILE, Answer, Contract, Emission, Filter, KeyPlaces, Operation, Parameter, Resource, frozen, own_label
from openapi.document import DocumentError, Where, json_path, read_document
from openapi.document_numbers import normalize_numbers
from openapi.document_version import refuse_other_versions
from openapi.resources import resources_of
from openapi.schemas import References, Schema
from openapi.vocabulary import ROLES, WORDS, faults, nearest, walk
from openapi.wording import quoted

METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
JSON = "application/json"
_BASE_PATH = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*")
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def load_contract(path: Path | None = None) -> Contract:
    """The contract in a file; without a path the project's own. Raises DocumentError with one clear message."""
    return read_contract(FILE if path is None else path, own_label() if path is None else str(path))


def read_contract(path: Path, label: str) -> Contract:
    """The contract in a file. Raises DocumentError: file, JSON path, what is wrong, the nearest known word."""
    return contract_in(read_document(path, label), label)


def contract_in(document: Any, label: str, *, is_faultless: bool = False) -> Contract:
    """The contract that a document is, whose numbers are settled, and which is kept and so not to be changed.

    Raises DocumentError as `read_contract` does.

    A document that is known to be faultless, since this function has taken it before, is not looked through for faults.
    """
    refuse_other_versions(document, label)
    if not is_faultless:
        normalize_numbers(document)
        for where, what in faults(document):
            raise DocumentError(label, json_path(where), what)
    return _Reader(document, label).contract(is_faultless=is_faultless)


class _Reader:
    def __init__(self, document: Mapping[str, Any], file: str) -> None:
        self._document, self._file = document, file
        self._references = References(document, file)
        self._fault, self._mapping, self._list = self._references.fault, self._references.mapping, self._references.sequence
        # What x- words say of a resource's fields, to be compared with them when all resources are known.
        self._said: list[tuple[Where, str, str]] = []

    def contract(self, *, is_faultless: bool) -> Contract:
        operations: dict[str, Operation] = {}
        paths: dict[str, dict[str, Operation]] = {}
        for operation, where in self._operations():
            if operation.id in operations:
                raise self._fault((*where, "operationId"), f"{quoted(operation.id)} names two operations")
            operations[operation.id] = operation
            paths.setdefault(operation.path, {})[operation.method] = operation
        resources = resources_of(operations)
        if not is_faultless:
            self._check_what_points_elsewhere(resources)
        base = self._base_path()
        by_path = frozen({path: frozen(methods) for path, methods in paths.items()})
        return Contract(self._file, self._document, base, frozen(operations), frozen(resources), self._key_places(), by_path)

    def _key_places(self) -> KeyPlaces:
        """From the schemes that `security` names, wherever it stands."""
        schemes = self._mapping(
            self._mapping(self._document.get("components", {}), ("components",)).get("securitySchemes", {}), ("components", "securitySchemes")
        )
        items = (item for item in self._document["paths"].values() if isinstance(item, dict))
        nodes = [self._document, *(item[method] for item in items for method in METHODS if isinstance(item.get(method), dict))]
        used = {name for node in nodes for requirement in node.get("security") or () for name in requirement}
        header, query = False, set()
        for name in sorted(used):
            where = ("components", "securitySchemes", name)
            scheme = self._mapping(self._references.follow(schemes.get(name), where), where)
            kind = scheme.get("type")
            if kind == "http" and str(scheme.get("scheme")).lower() == "bearer":
                header = True
            elif kind == "apiKey" and scheme.get("in") == "query":
                query.add(self._word(scheme, "name", where))
            else:
                word = {"http": "scheme", "apiKey": "in"}.get(str(kind), "type")
                raise self._fault(
                    (*where, word), f"the server takes a key by the http scheme bearer or by apiKey in query, not by {quoted(scheme.get(word))}"
                )
        return KeyPlaces(header, frozenset(query))

    def _base_path(self) -> str:
        """The path of the first server, whose variables have their defaults."""
        servers = self._list(self._document.get("servers", []), ("servers",)) or [{"url": "/"}]
        where: Where = ("servers", 0, "url")
        url = self._mapping(servers[0], where[:-1]).get("url")
        if not isinstance(url, str):
            raise self._fault(where[:-1], "needs url")
        variables = self._mapping(servers[0].get("variables", {}), ("servers", 0, "variables"))
        for name, variable in variables.items():
            url = url.replace(f"{{{name}}}", str(self._mapping(variable, ("servers", 0, "variables", name)).get("default", "")))
        try:
            parts = urlsplit(urljoin("/", url) if not urlsplit(url).netloc else url)
        except ValueError:
            raise self._fault(where, f"{quoted(url)} is no URL") from None
        path = parts.path.rstrip("/")
        if parts.query or parts.fragment or not _BASE_PATH.fullmatch(path):
            what = "a base path is of letters, digits and -._~ between slashes, with no query and nothing encoded"
            raise self._fault(where, f"{quoted(url)} cannot be served: {what}")
        return path

    def _operations(self) -> Iterator[tuple[Operation, Where]]:
        for path, raw in self._mapping(self._document.get("paths"), ("paths",)).items():
            item = self._mapping(self._references.follow(raw, ("paths", path)), ("paths", path))
            for method in METHODS:
                if method in item:
                    where = ("paths", path, method)
                    yield self._operation(path, method, item, where), where

    def _operation(self, path: str, method: str, item: dict[str, Any], where: Where) -> Operation:
        node = self._mapping(item[method], where)
        resource = node.get("x-resource") or self._word(item, "x-resource", where[:-1])
        body = self._references.follow(node.get("requestBody", {}), (*where, "requestBody"))
        requirements = node.get("security", self._document.get("security")) or [{}]
        return Operation(
            id=self._word(node, "operationId", where),
            method=method.upper(),
            path=path,
            resource=resource,
            action=self._word(node, "x-action", where),
            roles=frozenset(node.get("x-role") or (ROLES if method == "get" else ROLES[:2])),
            parameters=self._parameters(item, node, resource, where),
            body=self._json(body, (*where, "requestBody")),
            answers=self._answers(node, where),
            emits=tuple(self._emissions(node, resource, where)),
            secured=all(requirements),
            takes_key=any(requirements),
            callbacks=frozen(self._callbacks(node, where)),
        )

    def _callbacks(self, node: Mapping[str, Any], where: Where) -> dict[str, Schema]:
        """What is sent, by the callback's name, which is the event's; one without a body tells nothing that could be looked at."""
        sent: dict[str, Schema] = {}
        for name, raw in self._mapping(node.get("callbacks", {}), (*where, "callbacks")).items():
            place = (*where, "callbacks", name)
            for expression, item in self._mapping(self._references.follow(raw, place), place).items():
                for method in METHODS:
                    here = (*place, expression, method)
                    call = self._mapping(self._mapping(item, here[:-1]).get(method, {}), here)
                    body = self._references.follow(call.get("requestBody", {}), (*here, "requestBody"))
                    if (schema := self._json(body, (*here, "requestBody"))) is not None:
                        sent[name] = schema
        return sent

    def _word(self, node: Any, word: str, where: Where) -> str:
        value = self._mapping(node, where).get(word)
        if not isinstance(value, str) or not value:
            raise self._fault(where, f"needs {word}" + (f", which says {WORDS[word].sentence}" if word in WORDS else ""))
        return value

    def _emissions(self, node: Mapping[str, Any], resource: str, where: Where) -> Iterator[Emission]:
        for number, one in enumerate(node.get("x-emits", ())):
            when = one.get("when", {})
            self._said.extend(((*where, "x-emits", number, "when", name), resource, name) for name in when)
            yield Emission(one["event"], frozen(when))

    def _parameters(self, item: Mapping[str, Any], node: Mapping[str, Any], resource: str, where: Where) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], Parameter] = {}
        for owner, place in ((item, (*where[:-1], "parameters")), (node, (*where, "parameters"))):
            for number, raw in enumerate(self._list(owner.get("parameters", []), place)):
                parameter = self._parameter(raw, resource, (*place, number))
                found[parameter.place, parameter.name] = parameter
        return tuple(found.values())

    def _parameter(self, raw: Any, resource: str, where: Where) -> Parameter:
        one = self._mapping(self._references.follow(raw, where), where)
        name, compare, search = self._word(one, "name", where), one.get("x-filter"), tuple(one.get("x-search", ()))
        if "schema" not in one:
            raise self._fault(where, "needs schema" + (", since the server does not read `content` of a parameter" if "content" in one else ""))
        if compare and self._references.flatten(one["schema"], (*where, "schema")).get("type") == "array":
            raise self._fault((*where, "x-filter"), "compares one value, and this parameter is a list of them")
        if compare:
            self._said.append(((*where, "x-filter", "field"), resource, compare["field"]))
        self._said.extend(((*where, "x-search", place), resource, field) for place, field in enumerate(search))
        return Parameter(
            name=name,
            place=self._word(one, "in", where),
            required=bool(one.get("required")),
            schema=self._references.flatten(one["schema"], (*where, "schema")),
            filter=Filter(name, compare["field"], compare["comparison"]) if compare else None,
            search=search,
            delimiter=_delimiter(one),
        )

    def _answers(self, node: Mapping[str, Any], where: Where) -> Mapping[int, Answer]:
        answers: dict[int, Answer] = {}
        for status, raw in self._mapping(node.get("responses"), (*where, "responses")).items():
            here = (*where, "responses", status)
            if not status.isdigit():
                raise self._fault(here, "a status is a number; `default` and ranges would promise nothing")
            response = self._mapping(self._references.follow(raw, here), here)
            answers[int(status)] = self._answer(int(status), response, here)
        if not any(status < 400 for status in answers):
            raise self._fault((*where, "responses"), "needs a status below 400: what the operation answers when all is well")
        return frozen(answers)

    def _answer(self, status: int, response: dict[str, Any], where: Where) -> Answer:
        headers: dict[str, Schema] = {}
        required: list[str] = []
        for name, raw in self._mapping(response.get("headers", {}), (*where, "headers")).items():
            here = (*where, "headers", name)
            header = self._mapping(self._references.follow(raw, here), here)
            headers[name] = self._references.flatten(header.get("schema", {}), (*here, "schema"))
            if header.get("required"):
                required.append(name)
        return Answer(status, self._json(response, where), frozen(headers), tuple(required))

    def _json(self, holder: Any, where: Where) -> Schema | None:
        content = self._mapping(self._mapping(holder, where).get("content", {}), (*where, "content"))
        if not content:
            return None
        for kind in content:
            if kind != JSON:
                raise self._fault((*where, "content", kind), f"the server speaks {JSON} and nothing else")
        here = (*where, "content", JSON)
        return self._references.flatten(self._mapping(content[JSON], here).get("schema", {}), (*here, "schema"))

    def _check_what_points_elsewhere(self, resources: Mapping[str, Resource]) -> None:
        for kind, where, node in walk(self._document):
            if kind == "schema" and "x-ref" in node and node["x-ref"] not in resources:
                raise self._fault((*where, "x-ref"), f"there is no collection {quoted(node['x-ref'])}; {nearest(node['x-ref'], resources)}")
            if kind == "schema" and "x-ref" in node and node.get("type", "integer") != "integer":
                raise self._fault((*where, "x-ref"), f"an id is a whole number, and this is of the type {node['type']}: give it the type integer")
        for where, resource, name in self._said:
            fields = resources[resource].fields if resource in resources else frozenset()
            if name not in fields:
                raise self._fault(where, f"{resource} has no field {quoted(name)}; {nearest(name, fields)}")


def _delimiter(parameter: Mapping[str, Any]) -> str:
    """In a header a list is one text (style `simple`), in a query where it is not exploded."""
    style = parameter.get("style", "form")
    if parameter.get("in") == "query":
        return "" if parameter.get("explode", style == "form") else _DELIMITERS.get(style, ",")
    return "," if parameter.get("in") == "header" else ""
