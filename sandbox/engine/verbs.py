"""The generic verbs (list, create, read, replace, delete, batch-create) and the named actions, each on one transaction.

The engine obeys the contract and the bound rules; it knows no HTTP, and what is special about a resource is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from openapi.contract import Contract, Operation
from sandbox.domain.rules import ActionRequest, Document
from sandbox.engine.constraints import pointing_at, said_of, shared_values, unknown_references
from sandbox.engine.event_emitter import EventEmitter
from sandbox.engine.filters import ListQuery
from sandbox.engine.permissions import Permissions
from sandbox.engine.request_bodies import BodyReader, list_field, sent_documents
from sandbox.engine.result import Result
from sandbox.engine.rule_binding import NOTHING, Binding, Bound
from sandbox.engine.unit_of_work import Work
from sandbox.errors import Invalid
from sandbox.events.outbox import Outbox
from sandbox.state.transaction import Transaction as Store

Entropy = Callable[[int], bytes]


class Engine:
    """Performs the operations of a contract."""

    def __init__(self, contract: Contract, binding: Binding, entropy: Entropy, outbox: Outbox | None = None) -> None:
        """Without an `outbox`, as where a world is seeded, nothing is an event."""
        self.contract = contract
        self.entropy = entropy
        self.permissions = Permissions(contract)
        self._emitter = EventEmitter(contract, binding, self.permissions, outbox)
        self._binding = binding
        self._bodies = {name: BodyReader(resource) for name, resource in contract.resources.items()}
        self._creations = {one.resource: one for one in contract.operations.values() if one.action == "create"}
        self._rule_less = {name for name, one in contract.resources.items() if not one.references and not one.unique and name not in binding.rules}
        self._id_parameters = {one.id: one.id_parameter or "id" for one in contract.operations.values()}
        self._queries = {one.id: ListQuery(one) for one in contract.operations.values()}
        self._handlers = {operation.id: self._handler(operation) for operation in contract.operations.values()}
        self._lists = {
            name for name, one in contract.operations.items()
            if self._handlers[name] == self._list and all(parameter.place == "query" for parameter in one.parameters)
        }  # fmt: skip

    def _handler(self, operation: Operation) -> Callable[[Work, Operation, Mapping[str, Any], Any], Result]:
        """What is special goes before what is generic."""
        if (operation.resource, operation.action) in self._binding.actions:
            return self._act
        return {
            "list": self._list, "create": self._create, "read": self._read, "replace": self._replace,
            "delete": self._delete, "batch-create": self._batch_create,
        }[operation.action]  # fmt: skip

    def perform(self, store: Store, operation: Operation, params: Mapping[str, Any], body: Any, role: str | None = None) -> Result:
        """One operation, whose parameters and body have the right form; `role` is that of the key which asks for it.

        Raises Invalid for a broken rule and Missing for an object that is not there; the caller then drops the
        transaction, and nothing stays.
        """
        result = self._handlers[operation.id](Work(store, self, role), operation, params, body)
        if operation.emits and operation.action != "delete":
            self._emitter.emit(store, operation, result.data if isinstance(result.data, list) else [result.data])
        return result

    def act(self, store: Store, resource: str, action: str, params: Mapping[str, Any], body: Document) -> Any:
        """A named action that no operation of the contract stands for, such as `record-payment`."""
        return self._binding.actions[resource, action](ActionRequest(Work(store, self), params, body))

    def create(self, store: Store, collection: str, body: Document) -> Document:
        """A new document by the same rules as a client's, and with the same events, that no operation asks for."""
        document = self.store_new(Work(store, self), collection, body)
        if (operation := self._creations.get(collection)) is not None:
            self._emitter.emit(store, operation, [document])
        return document

    def is_list(self, operation: Operation) -> bool:
        """Whether its result follows from the documents of its collection and the parameters of its query alone."""
        return operation.id in self._lists

    def may_be_slow(self, operation: Operation) -> bool:
        """Whether some body of the operation asks for `slow_work`."""
        return bool(self._rules(operation.resource).before_transaction)

    def slow_work(self, operation: Operation, body: Any) -> Callable[[], None] | None:
        """What must be done to a body before its transaction and takes too long for the event loop, or None."""
        rules = self._rules(operation.resource).before_transaction
        work = [(rule.function, one) for one in sent_documents(operation, body) for rule in rules if rule.applies_to(one)] if rules else ()
        if not work:
            return None

        def prepare() -> None:
            for function, one in work:
                function(one, self.entropy)

        return prepare

    def _rules(self, collection: str) -> Bound:
        return self._binding.rules.get(collection, NOTHING)

    def _list(self, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        conditions, term = self._queries[operation.id].conditions(params)
        ids = work.store.select(operation.resource, conditions, term)
        total, page, limit = len(ids), params.get("page", 1), params.get("limit")
        if limit is not None:
            ids = ids[(page - 1) * limit : page * limit]
        pages = -(-total // limit) if limit else int(total > 0)
        return Result(
            data=work.store.several(operation.resource, ids),
            meta={"current_page": page, "total_pages": pages, "total_records": total},
        )

    def _read(self, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        return Result(data=work.existing(operation.resource, params[self._id_parameters[operation.id]]))

    def _create(self, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        document = self.store_new(work, operation.resource, body)
        return Result(data=self._with_what_is_shown_once(operation.resource, document), created=document["id"])

    def _with_what_is_shown_once(self, collection: str, document: Document) -> Document:
        if collection not in self._binding.rules:
            return document
        shown = {rule.target: rule.function(document) for rule in self._rules(collection).shown_once}
        return {**document, **shown} if shown else document  # the stored one, which keeps its encoded form

    def _replace(self, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        collection = operation.resource
        document = self._bodies[collection].replaced(work.existing(collection, params[self._id_parameters[operation.id]]), body)
        self._refuse_what_breaks_a_rule(work, collection, document)
        return Result(data=self._save(work, collection, document))

    def _delete(self, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        """Refused while another object points here (decision `delete-referenced`)."""
        collection, id = operation.resource, params[self._id_parameters[operation.id]]
        document = work.existing(collection, id)
        if pointing := pointing_at(work.store, self.contract, collection, id):
            raise Invalid({"id": f"Id {id} of {collection} cannot be deleted: {said_of(pointing)}"})
        work.store.remove(collection, id)
        self._emitter.emit(work.store, operation, [document])
        return Result(message=f"Object {id} in {collection} was deleted")

    def _batch_create(self, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        """All or none, in the order sent (decision `batch`); every faulty item is named."""
        collection, documents, faults = operation.resource, [], {}
        for place, item in enumerate(sent_documents(operation, body)):
            try:
                documents.append(self._with_what_is_shown_once(collection, self.store_new(work, collection, item)))
            except Invalid as refusal:
                faults.update({f"{list_field(operation.body)}.{place}.{name}": what for name, what in refusal.errors.items()})
        if faults:
            raise Invalid(faults)
        return Result(data=documents)

    def _act(self, work: Work, operation: Operation, params: Mapping[str, Any], body: Any) -> Result:
        action = self._binding.actions[operation.resource, operation.action]
        return Result(data=action(ActionRequest(work, params, body or {})))

    def store_new(self, work: Work, collection: str, body: Mapping[str, Any]) -> Document:
        """Checks, completes and stores a new document. Raises Invalid, with every broken rule."""
        document = self._bodies[collection].new(body)
        if collection not in self._rule_less:
            self._refuse_what_breaks_a_rule(work, collection, document)
            self._apply_before_save(work, collection, document)
        document["created_at"] = document["updated_at"] = work.store.timestamp
        return work.store.insert(collection, document)

    def amend(self, work: Work, collection: str, id: int, fields: Mapping[str, Any]) -> Document:
        """Changes fields that only the server sets; raises Missing where there is no such object."""
        return self._save(work, collection, {**work.existing(collection, id), **fields})

    def _save(self, work: Work, collection: str, document: Document) -> Document:
        self._apply_before_save(work, collection, document)
        document["updated_at"] = work.store.timestamp
        return work.store.replace(collection, document)

    def _apply_before_save(self, work: Work, collection: str, document: Document) -> None:
        if collection not in self._binding.rules:
            return
        for rule in self._rules(collection).before_save:
            if rule.applies_to(document):
                rule.function(document, work)

    def _refuse_what_breaks_a_rule(self, work: Work, collection: str, document: Document) -> None:
        faults: dict[str, str] = {}
        for name, what in self._broken_rules(work, collection, document):
            faults.setdefault(name, what)
        if faults:
            raise Invalid(faults)

    def _broken_rules(self, work: Work, collection: str, document: Document) -> Iterator[tuple[str, str]]:
        resource = self.contract.resources[collection]
        if resource.references:
            yield from unknown_references(work.store, resource, document)
        if resource.unique:
            yield from shared_values(work.store, resource, self._bodies[collection].server_only, document)
        for rule in self._rules(collection).must:
            if rule.applies_to(document) and (what := rule.function(document, work)):
                yield rule.target, what
