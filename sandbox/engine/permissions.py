"""Which collections a role may see and change, derived from the roles of the contract's operations. It is the only place that says so.

Everything that shows or replaces stored documents outside a response of the API asks here. A role may read what an
operation lets it list or read. If no operation reads a collection, the roles may that may call every operation of it.
Administrators may do everything, since they can create keys of any role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openapi.contract import Contract, Operation, Resource
from openapi.vocabulary import ROLES
from sandbox.events.outbox import OWNER, WEBHOOKS
from sandbox.events.webhook_url import without_query
from sandbox.state.documents import Document

ADMINISTRATOR, STAFF, READ_ONLY = ROLES
_ADMINISTRATOR_ALONE = frozenset({ADMINISTRATOR})
_ANYBODY = frozenset(ROLES)
_READS = ("list", "read")


@dataclass(frozen=True, slots=True)
class _Rights:
    """Which roles may do what with one collection; `hidden` has the fields that each role may not see."""

    readers: frozenset[str] = _ADMINISTRATOR_ALONE
    creators: frozenset[str] = _ADMINISTRATOR_ALONE
    writers: frozenset[str] = _ADMINISTRATOR_ALONE
    hidden: Mapping[str, frozenset[str]] | None = None


_UNKNOWN = _Rights()


class Permissions:
    """The permissions of one contract. A collection that it does not contain, such as one that an edit removed, is for administrators."""

    def __init__(self, contract: Contract) -> None:
        spoken_of: dict[str, list[Operation]] = {}
        emitters: dict[str, set[str]] = {}
        for operation in contract.operations.values():
            spoken_of.setdefault(operation.resource, []).append(operation)
            for emission in operation.emits:
                emitters.setdefault(emission.event, set()).add(operation.resource)
        self._rights = {name: _rights(contract.resources.get(name), own) for name, own in spoken_of.items()}
        self._emitters: Mapping[str, frozenset[str]] = {event: frozenset(names) for event, names in emitters.items()}
        self._verdicts: dict[tuple[str, str, str | None], bool] = {}
        self._registrars = self._of(WEBHOOKS).creators

    def readers(self, collection: str) -> frozenset[str]:
        """The roles that may read at least some fields of a collection."""
        return self._of(collection).readers

    def may_read(self, role: str, collection: str) -> bool:
        return role in self._of(collection).readers

    def may_read_whole(self, role: str, collection: str) -> bool:
        """Whether the role may see every field of the collection's documents."""
        rights = self._of(collection)
        return role in rights.readers and not (rights.hidden or {}).get(role) and (collection != WEBHOOKS or self.may_see_addresses(role))

    def may_call(self, role: str, operation: Operation) -> bool:
        """Whether a key of the role may call the operation; everybody may if it needs no key."""
        return role in _roles(operation)

    def may_create(self, role: str, collection: str) -> bool:
        return role in self._of(collection).creators

    def may_write(self, role: str, collection: str) -> bool:
        """Whether the role may make every change that the API offers, as replacing the whole collection does."""
        return role in self._of(collection).writers

    def may_see_exchange(self, role: str, operation: Operation) -> bool:
        """Whether a request to the operation and its response may be shown to a role, such as in a request log."""
        return self.may_read_whole(role, operation.resource)

    def shown(self, role: str, collection: str, document: Document) -> Document:
        """The document without what the role, which may read the collection, may not see. The document has no private fields."""
        hidden = (self._of(collection).hidden or {}).get(role)
        if hidden:
            document = {name: value for name, value in document.items() if name not in hidden}
        if collection == WEBHOOKS and isinstance(document.get("url"), str):
            document = {**document, "url": self.address(role, document["url"])}
        return document

    # Webhooks: a URL often has a secret in its query.

    def may_see_addresses(self, role: str) -> bool:
        """Whether the role sees complete URLs of webhooks: only roles that may register webhooks, and never read-only."""
        return role == ADMINISTRATOR or (role != READ_ONLY and role in self._registrars)

    def address(self, role: str, url: str) -> str:
        """The URL of a webhook as the role may see it."""
        return url if self.may_see_addresses(role) else without_query(url)

    def may_be_told(self, webhook: Mapping[str, Any], collection: str) -> bool:
        """Whether a webhook may receive documents of a collection: only if the role of the key that registered it may read them.

        If that role is not known, as in a seeded world, every role that may register webhooks must be allowed to.
        """
        owner = webhook.get(OWNER)
        return all(self.may_read_whole(role, collection) for role in ((owner,) if owner in _ANYBODY else self._registrars))

    # Events: they belong to the collection of the operation that emitted them.

    def may_see_all_events(self, role: str) -> bool:
        """Whether no event is hidden from the role; administrators also see the events of earlier contracts."""
        return role == ADMINISTRATOR

    def may_see_event(self, role: str, event: Mapping[str, Any]) -> bool:
        """Whether the role may read the collection of an event in the log."""
        asked = role, event["type"], event.get("collection")
        verdict = self._verdicts.get(asked)
        if verdict is None:
            verdict = self._verdicts[asked] = self.may_see_all_events(role) or self._may_read_all(role, self._collections_of(event))
        return verdict

    def may_see_type(self, role: str, type: str) -> bool:
        """Whether there can be events of a type that the role may see."""
        emitters = self._emitters.get(type)
        return emitters is None or any(self.may_read(role, one) for one in emitters)

    def data_of(self, role: str, event: Mapping[str, Any]) -> Any:
        """The data of an event without what the role, which may see the event, may not see."""
        data = event["data"]
        for collection in self._collections_of(event):
            data = self.shown(role, collection, data)
        return data

    def _collections_of(self, event: Mapping[str, Any]) -> Iterable[str]:
        """The collection stored with the event; for an older event, all collections whose operations emit its type."""
        collection = event.get("collection")
        return self._emitters.get(event["type"], ()) if collection is None else (collection,)

    def _may_read_all(self, role: str, collections: Iterable[str]) -> bool:
        return bool(collections) and all(self.may_read(role, one) for one in collections)

    def _of(self, collection: str) -> _Rights:
        return self._rights.get(collection, _UNKNOWN)


def _rights(resource: Resource | None, operations: Sequence[Operation]) -> _Rights:
    roles = {one.id: _roles(one) for one in operations}
    reads = [one for one in operations if one.action in _READS]
    changes = [one for one in operations if one.action not in _READS and one.method not in ("GET", "HEAD")]
    creations = [one for one in changes if one.action in ("create", "batch-create")]
    narrowest = frozenset.intersection(*roles.values())
    readers = frozenset[str]().union(*(roles[one.id] for one in reads)) if reads else narrowest
    return _Rights(
        readers=readers | _ADMINISTRATOR_ALONE,
        creators=frozenset[str]().union(*(roles[one.id] for one in creations)) | _ADMINISTRATOR_ALONE,
        writers=(frozenset.intersection(*(roles[one.id] for one in changes)) if changes else frozenset()) | _ADMINISTRATOR_ALONE,
        hidden=None if resource is None else _hidden(resource, reads, narrowest),
    )


def _roles(operation: Operation) -> frozenset[str]:
    return operation.roles if operation.secured else _ANYBODY


def _hidden(resource: Resource, reads: Sequence[Operation], narrowest: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """The fields that no operation shows to a role. Fields that no list or read operation shows need the narrowest roles."""
    fields = resource.schema.get("properties", {}).keys()
    readable = {one.id: _shown_by(one, fields) for one in reads}
    unread = frozenset(fields).difference(*readable.values())
    hidden = {}
    for role in (STAFF, READ_ONLY):
        seen = frozenset[str]().union(*(readable[one.id] for one in reads if role in _roles(one)))
        if missing := frozenset(fields) - seen - (unread if role in narrowest else frozenset()):
            hidden[role] = missing
    return hidden


def _shown_by(operation: Operation, fields: Iterable[str]) -> frozenset[str]:
    """The fields of an object that the response shows; all fields if its schema names none."""
    data = (operation.success.schema or {}).get("properties", {}).get("data", {})
    found = data.get("items", {}) if operation.action == "list" else data
    return frozenset(found.get("properties") or fields)
