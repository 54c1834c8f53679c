"""Finds what a contract uses that this server does not support, and would ignore or answer with 500; checked before the start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openapi.contract import Contract
from openapi.document import DocumentError, Where, json_path
from openapi.schemas import References, parts_of
from openapi.vocabulary import walk
from openapi.wording import quoted
from sandbox.domain.rules import Rules
from sandbox.engine.unsatisfiable_answers import unsatisfiable_answers

RESERVED = "/_sandbox"
"""Below it the control plane answers."""
_PARAMETERS = re.compile(r"\{[^{}]*\}")
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
_WITHOUT_BODY = ("get", "head", "delete", "options", "trace")
_IGNORED_HEADERS = ("accept", "content-type", "authorization")
_FOR_PEOPLE = frozenset({"$ref", "description", "summary"})
_STYLES: Mapping[str, tuple[str, ...]] = {"query": ("form", "spaceDelimited", "pipeDelimited"), "header": ("simple",), "path": ("simple",)}
Fault = tuple[Where, str]


def refuse_unsupported_features(contract: Contract, rules: Iterable[Rules]) -> None:
    """Raises DocumentError for the first such thing."""
    for where, what in (*_ignored(contract), *unsatisfiable_answers(contract, rules)):
        raise DocumentError(contract.file, json_path(where), what)


def _ignored(contract: Contract) -> Iterator[Fault]:
    document, references = contract.document, References(contract.document, contract.file)
    yield from _beside_references(document)
    yield from _schemas(document)
    yield from _servers(contract)
    yield from _security(document, ())
    for path, raw in document["paths"].items():
        item = references.follow(raw, ("paths", path))
        for method in (one for one in _METHODS if one in item):
            yield from _operation(item[method], ("paths", path, method))
        yield from _names(contract, path)
        for holder, where in ((item, ("paths", path)), *((item[method], ("paths", path, method)) for method in _METHODS if method in item)):
            for number, one in enumerate(holder.get("parameters", ())):
                place: Where = (*where, "parameters", number)
                while "$ref" in one:
                    place = tuple(parts_of(one["$ref"]))
                    one = references.follow({"$ref": one["$ref"]}, place)
                yield from _parameter(one, place, references)


def _beside_references(document: Mapping[str, Any]) -> Iterator[Fault]:
    for _, where, node in walk(document):
        if isinstance(node.get("$ref"), str):
            for word in node:
                if word not in _FOR_PEOPLE:
                    yield (
                        (*where, word),
                        f"`{word}` is ignored beside `$ref` in OpenAPI 3.0: put both below `allOf`, or write it where the reference leads",
                    )


def _schemas(document: Mapping[str, Any]) -> Iterator[Fault]:
    for kind, where, node in walk(document):
        if kind != "schema":
            continue
        if node.get("type") == "array" and "items" not in node:
            yield (*where, "type"), "an array needs `items`, which say what it holds: `items: {}` for anything"
        if node.get("readOnly") is True and node.get("writeOnly") is True:
            yield (*where, "writeOnly"), "`readOnly` and `writeOnly` together leave nobody who could see it: keep one of them"


def _servers(contract: Contract) -> Iterator[Fault]:
    base = contract.base_path
    if base == RESERVED or base.startswith(f"{RESERVED}/"):
        yield ("servers", 0, "url"), f"the server's own control plane answers below {RESERVED}: choose another base path"
    for path in contract.paths:
        whole = base + path
        if whole == RESERVED or whole.startswith(f"{RESERVED}/"):
            yield ("paths", path), f"the server's own control plane answers below {RESERVED}: choose another path"
        elif re.search(r"[?#]", _PARAMETERS.sub("", path)):
            yield ("paths", path), "nobody can ask for a path with a query or a fragment: declare what stands there as query parameters"
        elif {".", ".."} & set(path.split("/")):
            yield ("paths", path), "nobody can ask for this path, since clients resolve its dots: write it without them"
    for path, item in contract.document["paths"].items():
        for where, node in ((("paths", path), item), *((("paths", path, method), item.get(method)) for method in _METHODS)):
            if isinstance(node, Mapping) and "servers" in node:
                yield (*where, "servers"), "the server answers all of its paths below one base path: say `servers` once, for the whole document"


def _operation(node: Mapping[str, Any], where: Where) -> Iterator[Fault]:
    if "requestBody" in node and where[-1] in _WITHOUT_BODY:
        yield (*where, "requestBody"), f"{str(where[-1]).upper()} has no body that means anything: take parameters instead, or another method"
    yield from _security(node, where)


def _names(contract: Contract, path: str) -> Iterator[Fault]:
    for method, operation in contract.paths.get(path, {}).items():
        seen: dict[str, str] = {}
        for one in operation.parameters:
            if seen.setdefault(one.name, one.place) != one.place:
                what = f"two parameters are called `{one.name}`, one in the {seen[one.name]} and one in the {one.place}: give each a name of its own"
                yield ("paths", path, method.lower()), what


def _security(node: Mapping[str, Any], where: Where) -> Iterator[Fault]:
    for number, requirement in enumerate(node.get("security") or ()):
        if len(requirement) > 1:
            names = " and ".join(f"`{name}`" for name in requirement)
            yield (*where, "security", number), f"{names} are asked for at once, and the server takes one key: list them as alternatives"


def _parameter(one: Mapping[str, Any], where: Where, references: References) -> Iterator[Fault]:
    place, name = str(one.get("in")), str(one.get("name"))
    schema = references.flatten(one.get("schema", {}), (*where, "schema"))
    kind = schema.get("type")
    if place == "cookie":
        yield (*where, "in"), "the server reads no cookies: take it from the query or a header"
        return
    if place == "header" and name.lower() in _IGNORED_HEADERS:
        instead = "by `security`" if name.lower() == "authorization" else "by the media types of `content`"
        yield (*where, "name"), f"OpenAPI ignores a header parameter called {name}: say it {instead}"
    if one.get("style", _STYLES[place][0]) not in _STYLES[place]:
        yield (
            (*where, "style"),
            f"the server reads a parameter in the {place} by the style {' or '.join(_STYLES[place])}, not by {quoted(one['style'])}",
        )
    if one.get("allowReserved"):
        yield (*where, "allowReserved"), "the server reads `+` and `&` in a query as forms do: leave it out, and have clients encode them"
    if one.get("allowEmptyValue") and (kind != "string" or schema.get("minLength") or "enum" in schema):
        yield (*where, "allowEmptyValue"), "an empty value is text without a letter: its schema must be of the type string and allow that"
    if kind == "object" or "properties" in schema:
        yield (*where, "schema"), "the server reads no objects from parameters: name each property as a parameter of its own"
    elif kind == "array" and (place == "path" or schema.get("items", {}).get("type", "string") in ("array", "object")):
        what = "a parameter of a path is one value" if place == "path" else "the server reads lists of plain values from parameters"
        yield (*where, "schema"), f"{what}, not a list of them" if place == "path" else f"{what}, not of lists or objects"
    elif place == "path" and kind not in (None, "string", "integer"):
        yield (*where, "schema"), f"a parameter of a path is text or a whole number, not of the type {kind}"
