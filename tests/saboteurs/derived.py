"""Saboteurs that follow from the contract: for each thing that it says of an operation, one server that does otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from openapi.contract import Contract, Operation
from openapi.reader import load_contract
from openapi.vocabulary import ROLES
from tests.saboteurs.interceptors import heads, objects, with_status, without_headers
from tests.saboteurs.saboteur import Interceptor, Saboteur, Spec
from tests.saboteurs.spec_paths import named_schemas, node_of_field, operation_node, replace_parameter, request_fields

RATE = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_ANY = "any text at all"
_WRONG: Mapping[str, Any] = {"integer": "12", "number": "12.50", "string": 12, "boolean": "true", "array": "none", "object": []}


def derived_saboteurs(contract: Contract | None = None) -> dict[str, Saboteur]:
    """All, by id, in the order of the contract."""
    contract = contract or load_contract()
    found: dict[str, Saboteur] = {}
    for operation in contract.operations.values():
        for one in _of(contract, operation):
            if one.id in found:
                raise ValueError(f"two saboteurs are called {one.id!r}")
            found[one.id] = one
    return found


def _of(contract: Contract, operation: Operation) -> Iterator[Saboteur]:
    yield from _filters(operation)
    yield from _roles(operation)
    yield from _rate_headers(operation)
    yield from _statuses(operation)
    yield from _answer_fields(operation)
    yield from _parameters(operation)
    if operation.body is not None:
        yield from _references(contract, operation)
        yield from _request_fields(operation)


def _edit(id: str, fits: tuple[str, ...], change: Callable[[Spec], None]) -> Saboteur:
    return Saboteur(id, fits, edit=change, derived=True)


def _intercept(id: str, fits: tuple[str, ...], make: Callable[[], Interceptor], raw: bool = False) -> Saboteur:
    return Saboteur(id, fits, interceptor=make, raw=raw, derived=True)


# Filters: ignored, off by one, of another field.


def _filters(operation: Operation) -> Iterator[Saboteur]:
    for filter in operation.filters:
        name = f"{operation.id}-{filter.parameter}"
        yield _edit(f"{name}-is-ignored", ("filters",), partial(_parameter, operation, filter.parameter, lambda one: one.pop("x-filter")))
        other = {"ge": "gt", "le": "lt", "eq": "ne"}.get(filter.comparison, "eq")
        yield _edit(f"{name}-compares-by-{other}", ("filters",), partial(_parameter, operation, filter.parameter, partial(_compared, other)))
        turned = {"ge": "le", "le": "ge", "eq": "ge"}.get(filter.comparison, "eq")
        yield _edit(f"{name}-compares-by-{turned}", ("filters",), partial(_parameter, operation, filter.parameter, partial(_compared, turned)))
        yield _edit(f"{name}-compares-the-id", ("filters",), partial(_parameter, operation, filter.parameter, _by_id))
    for parameter in operation.parameters:
        for field in parameter.search:
            fewer = [one for one in parameter.search if one != field]
            change = partial(_parameter, operation, parameter.name, partial(_searching, fewer))
            yield _edit(f"{operation.id}-{parameter.name}-misses-{field}", ("filters",), change)
        if parameter.search:
            yield _edit(
                f"{operation.id}-{parameter.name}-is-ignored",
                ("filters",),
                partial(_parameter, operation, parameter.name, lambda one: one.pop("x-search")),
            )


def _compared(comparison: str, parameter: Spec) -> None:
    parameter["x-filter"] = {**parameter["x-filter"], "comparison": comparison}


def _by_id(parameter: Spec) -> None:
    parameter["x-filter"] = {**parameter["x-filter"], "field": "created_at" if parameter["schema"]["type"] == "string" else "id"}


def _searching(fields: list[str], parameter: Spec) -> None:
    parameter["x-search"] = fields


def _parameter(operation: Operation, name: str, change: Callable[[Spec], Any], spec: Spec) -> None:
    replace_parameter(spec, operation, name, change)


# Roles: each that may not is let in, each that may is kept out.


def _roles(operation: Operation) -> Iterator[Saboteur]:
    for role in ROLES:
        if role not in operation.roles:
            yield _edit(f"{operation.id}-lets-{role}-in", ("roles",), partial(_let_in, operation, role))
        elif role != "administrator":
            yield _edit(f"{operation.id}-keeps-{role}-out", ("roles",), partial(_keep_out, operation, role))
    yield _edit(f"{operation.id}-needs-no-key", ("authentication", "roles"), partial(_open, operation))


def _let_in(operation: Operation, role: str, spec: Spec) -> None:
    operation_node(spec, operation)["x-role"].append(role)


def _keep_out(operation: Operation, role: str, spec: Spec) -> None:
    operation_node(spec, operation)["x-role"].remove(role)


def _open(operation: Operation, spec: Spec) -> None:
    operation_node(spec, operation)["security"] = []


# Rate headers: each is dropped by each status of an operation.


def _rate_headers(operation: Operation) -> Iterator[Saboteur]:
    unreachable = {429, 500, *([403] if operation.roles == set(ROLES) else ())}
    statuses = [status for status in sorted(operation.answers) if status not in unreachable]
    for place, status in enumerate(statuses):
        header = RATE[place % len(RATE)]
        name = header.rsplit("-", 1)[-1].lower()
        yield _intercept(f"{operation.id}-{status}-lacks-{name}", ("rate limit", "shape"), partial(_dropping, operation, status, header.lower()))


def _dropping(operation: Operation, status: int, header: str) -> Interceptor:
    return heads(lambda request, answer: without_headers(answer, header), operation.id, statuses=(status,))


# Statuses of success.


def _statuses(operation: Operation) -> Iterator[Saboteur]:
    status = operation.success.status
    for other in (200 if status == 201 else 201, 206):
        yield _intercept(f"{operation.id}-answers-{other}", ("shape", "state", "batch"), partial(_another, operation, other))


def _another(operation: Operation, status: int) -> Interceptor:
    return heads(lambda request, answer: with_status(answer, status), operation.id, statuses=(operation.success.status,))


# Fields of answers: lost where required, mistyped, renamed.


def _answer_fields(operation: Operation) -> Iterator[Saboteur]:
    data = (operation.success.schema or {}).get("properties", {}).get("data", {})
    schema = data.get("items", data)
    fits = ("shape", "state", "money", "reports", "batch", "paging", "filters", "webhooks", "secrets")
    required = set(schema.get("required", ()))
    for name, part in schema.get("properties", {}).items():
        at = f"{operation.id}-answers-{name}"
        if name in required:
            yield _intercept(f"{at}-not", fits, partial(_lost, operation, name))
        else:
            yield _intercept(f"{at}-as-null", fits, partial(_typed, operation, name, None))
        yield _intercept(f"{at}-mistyped", fits, partial(_typed, operation, name, _WRONG[part.get("type", "string")]))
        yield _intercept(f"{at}-renamed", fits, partial(_renamed, operation, name))


def _lost(operation: Operation, name: str) -> Interceptor:
    return objects(lambda one: {key: value for key, value in one.items() if key != name}, operation.id)


def _typed(operation: Operation, name: str, value: Any) -> Interceptor:
    return objects(lambda one: one.update({name: value}) if name in one else None, operation.id)


def _renamed(operation: Operation, name: str) -> Interceptor:
    head, *rest = name.split("_")
    camel = head + "".join(part.title() for part in rest) if rest else f"{name}_"
    return objects(lambda one: {camel if key == name else key: value for key, value in one.items()}, operation.id)


# Parameters: bounds widened, defaults changed.


def _parameters(operation: Operation) -> Iterator[Saboteur]:
    for parameter in operation.parameters:
        if parameter.place != "query":
            continue
        at, fits = f"{operation.id}-{parameter.name}", ("errors", "paging", "filters", "reports", "http")
        for word, change in _widened(parameter.schema):
            yield _edit(f"{at}-has-another-{word}", fits, partial(_parameter_schema, operation, parameter.name, change))
        if "default" in parameter.schema:
            other = parameter.schema["default"] + 1
            yield _edit(
                f"{at}-has-another-default", ("paging",), partial(_parameter_schema, operation, parameter.name, partial(_set, "default", other))
            )


def _parameter_schema(operation: Operation, name: str, change: Callable[[Spec], None], spec: Spec) -> None:
    replace_parameter(spec, operation, name, lambda one: change(one["schema"]))


# Fields of requests: bounds widened, not required, other defaults, not unique, references unchecked.


def _references(contract: Contract, operation: Operation) -> Iterator[Saboteur]:
    resource = contract.resources[operation.resource]
    if operation.action != "create":
        return
    for reference in resource.references:
        change = partial(_unsaid, operation, reference.path, "x-ref")
        yield _edit(f"{operation.id}-{'.'.join(reference.path)}-may-name-nothing", ("references",), change)
    for name in resource.unique:
        if not resource.input["properties"][name].get("readOnly"):
            yield _edit(f"{operation.id}-{name}-may-be-shared", ("state",), partial(_unsaid, operation, (name,), "x-unique"))


def _unsaid(operation: Operation, path: tuple[str, ...], word: str, spec: Spec) -> None:
    """A word about stored objects stands on what is sent and, where that is written out anew, on what is stored too."""
    for schema in named_schemas(spec, operation):
        node = schema.get("properties", {})
        for name in path:
            node = node.get("items", {}).get("properties", {}) if name == "*" else node.get(name, {})
        node.pop(word, None)


def _request_fields(operation: Operation) -> Iterator[Saboteur]:
    fits = ("errors", "money", "batch", "webhooks", "state", "secrets", "references")
    for path, part, required in request_fields(operation.body or {}):
        at = f"{operation.id}-{'.'.join(path)}"
        if required:
            yield _edit(f"{at}-is-not-required", fits, partial(_unrequired, operation, path))
        for word, change in _widened(part):
            yield _edit(f"{at}-has-another-{word}", fits, partial(_field, operation, path, change))
        if "default" in part and not part.get("readOnly"):
            yield _edit(
                f"{at}-has-another-default", ("state", "shape"), partial(_field, operation, path, partial(_set, "default", _other_default(part)))
            )


def _other_default(part: Spec) -> Any:
    return next((one for one in part.get("enum", ()) if one != part["default"]), None) or part["default"] + 1


def _field(operation: Operation, path: tuple[str, ...], change: Callable[[Spec], Any], spec: Spec) -> None:
    change(node_of_field(spec, operation, path)[1])


def _unrequired(operation: Operation, path: tuple[str, ...], spec: Spec) -> None:
    owner, _ = node_of_field(spec, operation, path)
    owner["required"] = [name for name in owner["required"] if name != path[-1]]
    if not owner["required"]:
        del owner["required"]


def _widened(schema: Spec) -> Iterator[tuple[str, Callable[[Spec], None]]]:
    """For each bound of a value, an edit that lets more in."""
    if "minimum" in schema:
        yield "minimum", partial(_lowered, "minimum")
    if schema.get("exclusiveMinimum"):
        yield "exclusiveMinimum", partial(_set, "exclusiveMinimum", False)
    for word in ("maximum", "maxLength", "maxItems"):
        if word in schema:
            yield word, partial(_raised, word)
    for word in ("minLength", "minItems"):
        if schema.get(word):
            yield word, partial(_lowered, word)
    for word in ("enum", "format", "multipleOf", "uniqueItems", "pattern"):
        if schema.get(word) and not (word == "format" and schema[word] in ("int64", "password", "uri")):
            yield word, partial(_without, word)


def _set(word: str, value: Any, schema: Spec) -> None:
    schema[word] = value


def _without(word: str, schema: Spec) -> None:
    del schema[word]


def _lowered(word: str, schema: Spec) -> None:
    schema[word] -= 1


def _raised(word: str, schema: Spec) -> None:
    schema[word] += 1
