"""Validates the file of a snapshot, which is not trusted: the result is a world that fits the contract, or an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from openapi.contract import Contract, Resource
from openapi.number_normalization import StoredNumbers
from openapi.schemas import Direction, Schema, json_schema
from openapi.vocabulary import nearest
from openapi.wording import quoted
from sandbox.control.snapshot_file import INVOICE_COUNTER, KEPT_PRIVATE_FIELDS, is_counter
from sandbox.control.snapshot_parser import MOST_FAULTS, NOTHING, Faults, decoded, opened, pieces
from sandbox.control.snapshot_permissions import refuse_upload
from sandbox.control.snapshot_scanner import MOST_DOCUMENTS, Documents, SnapshotScanner
from sandbox.edge.messages import faults_in
from sandbox.edge.validators import compiled
from sandbox.engine import Binding, Permissions, index_plan
from sandbox.engine.constraints import shared_values, unknown_references
from sandbox.engine.private_fields import PrivateFields, is_private
from sandbox.engine.rule_binding import NOTHING as NO_RULES
from sandbox.errors import label
from sandbox.events.outbox import OWNER, WEBHOOKS
from sandbox.fair_scheduler import Pause
from sandbox.quotas import LOCAL, Quotas
from sandbox.state.changes import id_counter
from sandbox.state.clock import Clock
from sandbox.state.documents import Document
from sandbox.state.image import Image
from sandbox.state.indexed_rows import let_go
from sandbox.state.store import Database
from sandbox.state.transaction import Transaction

HIGHEST_NUMBER = 1_000_000_000_000
"""Of a counter: far enough below the largest id of the contract that nobody ever gets there."""
_NUMBER = re.compile(r"INV-([0-9]{4})-([0-9]{1,12})")
_DIGEST = "_password"
_WHOLE_DOCUMENT = "body"
_ENOUGH_ITEMS = 1_000  # of a list that has faults
_OF_COUNTERS = StoredNumbers({"type": "integer"})
_OF_PRIVATE_FIELDS = StoredNumbers({"type": "object", "additionalProperties": {"type": "number", "multipleOf": 0.01}})
Table = dict[int, Document]


class SnapshotReader:
    """Under one contract; it may be used in any thread."""

    def __init__(
        self,
        contract: Contract,
        binding: Binding,
        permissions: Permissions,
        clock: Clock,
        entropy: Callable[[int], bytes],
        quotas: Quotas = LOCAL,
    ) -> None:
        self._contract, self._secrets, self._permissions, self._quotas = contract, binding.secrets, permissions, quotas
        self._clock, self._entropy = clock, entropy
        self._plan = index_plan(contract)
        self._checks = {
            name: _DocumentCheck(resource, {rule.target for rule in binding.rules.get(name, NO_RULES).shown_once})
            for name, resource in contract.resources.items()
        }

    def read(self, scanned: SnapshotScanner, role: str, pause: Pause) -> Image:
        """The world in a file that a key of a role sends, with new secrets.

        Raises Invalid, which names at most MOST_FAULTS places, Forbidden for documents that the role may not change.
        """
        in_file: dict[str, Table] = {}
        try:
            return self._read(scanned, role, in_file, pause)
        except BaseException:
            for table in in_file.values():
                let_go(table, pause)
            raise

    def _read(self, scanned: SnapshotScanner, role: str, in_file: dict[str, Table], pause: Pause) -> Image:
        beside, documents = scanned.finish()
        file, faults = opened(beside), Faults()
        refuse_upload(self._permissions, role, file, self._checks)
        for name, piece in file.collections.items():
            in_file[name] = {}
            self._fill(in_file[name], name, piece, documents.get(name, {}), faults, pause)
        self._refuse_too_many(in_file, faults)
        counters = self._counters(file.counters, faults)
        faults.refuse()
        self._add_secrets(in_file, role)
        world = Image({name: dict(sorted(table.items())) for name, table in in_file.items() if table}, counters)
        _refuse_low_counters(world, faults)
        self._refuse_broken_links(world.prepare(self._plan, pause), in_file, faults, pause)
        faults.refuse()
        return world

    def _fill(self, table: Table, name: str, raw: msgspec.Raw, documents: Documents, faults: Faults, pause: Pause) -> None:
        """One collection, in the order of the file; only what is sound of it, but then the faults say so."""
        place, check = f"collections.{name}", self._checks.get(name)
        if check is None:
            faults.add(place, f"{quoted(name, 64)} is not a collection; {nearest(name[:64], self._checks)}")
            return
        for number, piece in enumerate(pieces(raw, documents, place, faults)):
            pause()
            here = f"{place}.{number}"
            value = decoded(piece, here, faults)
            document = None if value is NOTHING else check.sound(value, here, faults)
            if document is not None and document["id"] in table:
                faults.add(f"{here}.id", f"Id {document['id']} is that of another object in {name}")
            elif document is not None:
                table[document["id"]] = document

    def _refuse_too_many(self, tables: Mapping[str, Table], faults: Faults) -> None:
        most = min(MOST_DOCUMENTS, self._quotas.max_documents)
        if (count := sum(map(len, tables.values()))) > most:
            faults.add("collections", f"Collections hold {count} documents; at most {most} are taken")
        if (count := len(tables.get(WEBHOOKS, ()))) > self._quotas.max_webhooks:
            faults.add(f"collections.{WEBHOOKS}", f"There are {count} webhooks; a workspace has at most {self._quotas.max_webhooks}")

    def _add_secrets(self, tables: Mapping[str, Table], role: str) -> None:
        """No file holds them. All users share the digest of a password that nobody knows: each takes long to make."""
        for webhook in tables.get(WEBHOOKS, {}).values():
            webhook[OWNER] = role
        for name, fields in self._secrets.items():
            documents = tables.get(name, {}).values()
            for field, make in fields.items():
                shared = make(next(iter(documents)), self._entropy) if field == _DIGEST and documents else None
                for document in documents:
                    document[field] = shared or make(document, self._entropy)

    def _counters(self, raw: Mapping[str, msgspec.Raw], faults: Faults) -> dict[str, int]:
        counters: dict[str, int] = {}
        for name, piece in raw.items():
            place = f"counters.{name}"
            count, _ = _OF_COUNTERS.read(decoded(bytes(piece), place, faults))
            if not is_counter(name, self._contract):
                faults.add(
                    place, f"{quoted(name, 64)} is not a counter; there is one for each collection, such as id/customers, and {INVOICE_COUNTER}2024"
                )
            elif type(count) is not int or not 0 <= count <= HIGHEST_NUMBER:
                faults.add(place, f"{label(name)} must be a whole number from 0 to {HIGHEST_NUMBER}")
            else:
                counters[name] = count
        return counters

    def _refuse_broken_links(self, world: Image, in_file: Mapping[str, Table], faults: Faults, pause: Pause) -> None:
        """References name something, unique values are not shared: the engine's own checks, on a database of this world alone."""
        database = Database(self._plan)
        database.storage.load(world)
        tx = Transaction(database, self._clock.now())
        pause()
        for name, table in in_file.items():
            resource = self._contract.resources[name]
            for place, document in enumerate(table.values()):
                pause()
                for field, what in (*unknown_references(tx, resource, document), *shared_values(tx, resource, frozenset(), document)):
                    faults.add(f"collections.{name}.{place}.{field}", what)
        tx.end()
        database.storage.dismantle(pause)


class _DocumentCheck:
    """Whether a value can be a stored document of one collection; compiled once."""

    def __init__(self, resource: Resource, shown_once: set[str]) -> None:
        self._fields = {name for name, part in resource.schema.get("properties", {}).items() if not part.get("writeOnly")} - shown_once
        self._kept = KEPT_PRIVATE_FIELDS.get(resource.name, frozenset())
        self._schema = resource.schema
        stored = _stored(json_schema(resource.schema, Direction.ANSWER), shown_once)
        self._numbers, self._private, self._check = StoredNumbers(stored), PrivateFields(stored), compiled(stored)

    def sound(self, value: Any, place: str, faults: Faults) -> Document | None:
        """The document, or None where it has faults."""
        if not isinstance(value, dict):
            faults.add(place, "It must be an object")
            return None
        private, lost_private = _OF_PRIVATE_FIELDS.read({name: part for name, part in value.items() if is_private(name)})
        public, lost = self._numbers.read({name: part for name, part in value.items() if name not in private} if private else value)
        unfit = {field: f"{label(field)} {why}" for field, why in (*lost, *lost_private)}
        unfit |= {**dict(self._private.faults(public)), **dict(self._faults_in(public))}
        found = unfit or _faults_of_id(public) or self._faults_in_private(private, public)
        for field, what in found.items():
            faults.add(f"{place}.{field}" if field else place, what)
        return None if found else {**public, **private}

    def _faults_in(self, public: Mapping[str, Any]) -> list[tuple[str, str]]:
        if self._check.is_valid(public):
            return []
        # All errors are made before the first is read, so that a list without end must not be looked at whole.
        beginning = {name: part[:_ENOUGH_ITEMS] if isinstance(part, list) else part for name, part in public.items()}
        looked_at = public if self._check.is_valid(beginning) else beginning
        found = faults_in(self._check.iter_errors(looked_at), self._fields, schema=self._schema)
        return [("" if field == _WHOLE_DOCUMENT else field, what) for field, what in found][:MOST_FAULTS]

    def _faults_in_private(self, private: Mapping[str, Any], public: Mapping[str, Any]) -> dict[str, str]:
        faults = {name: f"{label(name)[:64]} is private, and no file may hold it; leave it out" for name in private if name not in self._kept}
        for name in private.keys() & self._kept:
            if not _is_part_of(public.get("amount", 0), private[name]):
                faults[name] = f"{label(name)} must be from 0 to the amount, {public.get('amount', 0)}, with at most two decimals"
        return faults


def _stored(schema: Schema, shown_once: set[str]) -> Schema:
    """What a stored object holds: without what only the answer to its creation shows, and with no field that is not named."""
    properties = {name: part for name, part in schema.get("properties", {}).items() if name not in shown_once}
    required = [name for name in schema.get("required", ()) if name not in shown_once and name != "id"]
    return {**schema, "properties": properties, "required": ["id", *required], "additionalProperties": False}


def _is_part_of(amount: Any, paid: Any) -> bool:
    """Whether so much of an amount can have been paid."""
    numbers = all(type(one) in (int, float) for one in (amount, paid))
    return numbers and 0 <= paid <= amount and paid == round(paid, 2)


def _faults_of_id(public: Mapping[str, Any]) -> dict[str, str]:
    id = public["id"]
    if type(id) is int and 1 <= id <= HIGHEST_NUMBER:
        return {}
    return {"id": f"Id must be a whole number from 1 to {HIGHEST_NUMBER}"}


def _refuse_low_counters(world: Image, faults: Faults) -> None:
    """A number that is in use must not be given again."""
    used = {id_counter(name): max(table) for name, table in world.tables.items()}
    for invoice in world.tables.get("invoices", {}).values():
        if found := _NUMBER.fullmatch(str(invoice.get("invoice_number"))):
            counter = f"{INVOICE_COUNTER}{found[1]}"
            used[counter] = max(used.get(counter, 0), int(found[2]))
    for counter, highest in used.items():
        if world.counters.get(counter, 0) < highest:
            faults.add(f"counters.{counter}", f"{label(counter)} must be at least {highest}, which is in use")
