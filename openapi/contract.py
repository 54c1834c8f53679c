"""The contract as the rest of the project sees it: a frozen, typed view of `openapi/api-v2.yaml`.

Reading it is also its check: a document that this module does not understand raises `DocumentError`, which names the
file, the JSON path, what is wrong and the nearest known word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from openapi.schemas import Schema

FILE = Path(__file__).with_name("api-v2.yaml")
VERBS = ("list", "create", "read", "replace", "delete")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a query parameter means: documents whose `field` stands in `comparison` (eq, ge, …) to its value."""

    parameter: str
    field: str
    comparison: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation; `place` is query, path, header or cookie.

    Where its values stand in one text, `delimiter` is what is between them (OpenAPI's `style` and `explode`).
    """

    name: str
    place: str
    required: bool
    schema: Schema
    filter: Filter | None = None
    search: tuple[str, ...] = ()
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers with one status: the schema of its JSON body, if any, and its headers' schemas."""

    status: int
    schema: Schema | None
    headers: Mapping[str, Schema]
    required_headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Emission:
    """An event that a success causes, where the stored document has the values of `when`."""

    event: str
    when: Mapping[str, Any]

    def holds(self, document: Mapping[str, Any]) -> bool:
        """Whether the document has those values."""
        return all(document.get(name) == value for name, value in self.when.items())


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `path` is its template below the base path, `roles` the roles of a key that may call it.

    `secured` says whether it needs a key, `takes_key` whether it looks at one. `callbacks` has, for each event that a success has the server call
    somebody about, the schema of what it sends there.
    """

    id: str
    method: str
    path: str
    resource: str
    action: str
    roles: frozenset[str]
    parameters: tuple[Parameter, ...]
    body: Schema | None
    answers: Mapping[int, Answer]
    emits: tuple[Emission, ...]
    secured: bool = True
    takes_key: bool = True
    callbacks: Mapping[str, Schema] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def success(self) -> Answer:
        """The one answer that is not an error."""
        return next(answer for status, answer in sorted(self.answers.items()) if status < 400)

    @property
    def id_parameter(self) -> str | None:
        """The parameter of its path that names one object: the one that is called `id`, or the only one; None where none does."""
        names = [one.name for one in self.parameters if one.place == "path"]
        return "id" if "id" in names else names[0] if len(names) == 1 else None

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What its query parameters compare."""
        return tuple(parameter.filter for parameter in self.parameters if parameter.filter)


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that holds the id of an object of another collection; `path` has `*` for each item of a list."""

    path: tuple[str, ...]
    collection: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A collection of stored objects: what an object holds, what a client may send, where it points."""

    name: str
    schema: Schema
    input: Schema
    references: tuple[Reference, ...]
    unique: Mapping[str, str]
    search: tuple[str, ...]
    operations: Mapping[str, Operation]

    @property
    def fields(self) -> frozenset[str]:
        """Every field that an object of this collection may have, sent or stored."""
        return frozenset(self.schema.get("properties", {})) | frozenset(self.input.get("properties", {}))

    @property
    def item_path(self) -> str | None:
        """The template of one object's address, where it has one."""
        return next((operation.path for operation in self.operations.values() if operation.action == "read"), None)


@dataclass(frozen=True, slots=True)
class KeyPlaces:
    """Where a key may stand (decision `auth-place`): in `Authorization: Bearer`, in query parameters of these names."""

    header: bool
    query: frozenset[str]


@dataclass(frozen=True)
class Contract:
    """The whole document: operations by id, resources by name, and the document itself for Connexion."""

    file: str
    document: Mapping[str, Any]
    base_path: str
    operations: Mapping[str, Operation]
    resources: Mapping[str, Resource]
    key_places: KeyPlaces
    paths: Mapping[str, Mapping[str, Operation]] = field(repr=False)

    def referrers(self, collection: str) -> Iterator[tuple[Resource, Reference]]:
        """The fields of other objects that point into a collection."""
        for resource in self.resources.values():
            for reference in resource.references:
                if reference.collection == collection:
                    yield resource, reference


def own_label() -> str:
    """How messages call the project's own document: as it stands in a checkout, or where it was installed."""
    return f"openapi/{FILE.name}" if (FILE.parents[1] / "pyproject.toml").exists() else str(FILE)


def frozen(mapping: dict[Any, Any]) -> Mapping[Any, Any]:
    """A read-only view, so that what is frozen is frozen all through."""
    return MappingProxyType(mapping)
