"""Binds the rules of `domain/` to a contract: which function runs where, and which rules are disabled and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.contract import VERBS, Contract, Operation
from openapi.document import json_path
from openapi.vocabulary import nearest
from openapi.wording import quoted
from sandbox.domain.rules import Document, Rule, Rules
from sandbox.engine.private_fields import refuse_named
from sandbox.engine.request_bodies import list_field
from sandbox.errors import StartError

GENERIC_ACTIONS = (*VERBS, "batch-create")


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule and the fields that a client must have sent for it to have something to look at."""

    function: Callable[..., Any]
    target: str
    sent: frozenset[str]

    def applies_to(self, document: Document) -> bool:
        """Whether all that it needs and a client may leave out is there; null is as good as absent."""
        return all(document.get(name) is not None for name in self.sent)


@dataclass(frozen=True, slots=True)
class Bound:
    """The rules of one resource by kind."""

    must: tuple[BoundRule, ...] = ()
    before_save: tuple[BoundRule, ...] = ()
    before_transaction: tuple[BoundRule, ...] = ()
    shown_once: tuple[BoundRule, ...] = ()
    secret: tuple[BoundRule, ...] = ()


NOTHING = Bound()


@dataclass(frozen=True, slots=True)
class Binding:
    """All rules in force: by resource, the named actions by resource and name, and what was switched off."""

    rules: Mapping[str, Bound]
    actions: Mapping[tuple[str, str], Callable[..., Any]]
    switched_off: tuple[str, ...]

    @property
    def secrets(self) -> Mapping[str, Mapping[str, Callable[..., Any]]]:
        """By collection, the private fields that leave in no file, each with what makes a new value for it."""
        return {name: {rule.target: rule.function for rule in bound.secret} for name, bound in self.rules.items() if bound.secret}


def bind(contract: Contract, all_rules: Iterable[Rules], *, lenient: bool) -> Binding:
    """The rules that hold for a contract.

    A rule whose resource or field the contract lacks raises StartError, or is switched off where `lenient`; an
    `x-action` that nobody implements, a verb without what it works on, or a private field, always raises it.
    """
    refuse_named(contract)
    by_kind: dict[str, dict[str, list[BoundRule]]] = defaultdict(lambda: defaultdict(list))
    actions: dict[tuple[str, str], Callable[..., Any]] = {}
    switched_off: list[str] = []
    for rule in (rule for rules in all_rules for rule in rules.registered):
        if lack := _what_is_missing(contract, rule):
            if not lenient:
                raise StartError(f"{contract.file}: {lack}")
            switched_off.append(lack)
        elif rule.kind == "action":
            actions[rule.resource, rule.target] = rule.function
        else:
            by_kind[rule.resource][rule.kind].append(BoundRule(rule.function, rule.target, _left_to_the_client(contract, rule)))
    for operation in contract.operations.values():
        if fault := _unknown_action(contract, operation, actions) or _missing_part(operation, actions):
            where = json_path(("paths", operation.path, operation.method.lower(), "x-action"))
            raise StartError(f"{contract.file}: {where}: {fault}")
    bound = {resource: Bound(**{kind: tuple(rules) for kind, rules in kinds.items()}) for resource, kinds in by_kind.items()}
    return Binding(bound, actions, tuple(switched_off))


def _what_is_missing(contract: Contract, rule: Rule) -> str | None:
    name = rule.function.__name__
    spoken_of = {operation.resource for operation in contract.operations.values()}
    if rule.resource not in spoken_of:
        return f"no path has the x-resource {quoted(rule.resource)}, for which the rule {name} is made; {nearest(rule.resource, spoken_of)}"
    for need in rule.needs:
        collection, _, field = need.rpartition(".")
        resource = contract.resources.get(collection or rule.resource)
        fields = frozenset[str]() if resource is None else resource.fields
        if field not in fields:
            return f"{collection or rule.resource} has no field {quoted(field)}, which the rule {name} needs; {nearest(field, fields)}"
    return None


def _left_to_the_client(contract: Contract, rule: Rule) -> frozenset[str]:
    properties = contract.resources[rule.resource].input.get("properties", {})
    return frozenset(field for field in rule.needs if field in properties and not properties[field].get("readOnly"))


def _unknown_action(contract: Contract, operation: Operation, actions: Mapping[tuple[str, str], Any]) -> str | None:
    action, stored = operation.action, operation.resource in contract.resources
    if (action in GENERIC_ACTIONS and stored) or (operation.resource, action) in actions:
        return None
    known = {*(name for resource, name in actions if resource == operation.resource), *(GENERIC_ACTIONS if stored else ())}
    return f"nobody implements the x-action {quoted(action)} of {operation.resource}; {nearest(action, known)}"


def _missing_part(operation: Operation, actions: Mapping[tuple[str, str], Any]) -> str | None:
    """What a generic verb works on: an id in the path, a document or a list of them in the body."""
    action, path = operation.action, {one.name for one in operation.parameters if one.place == "path"}
    if (operation.resource, action) in actions:
        return None
    if action in ("read", "replace", "delete") and operation.id_parameter is None:
        return f"{quoted(action)} needs a path parameter 'id'; {nearest('id', path)}"
    if action in ("create", "replace") and operation.body is None:
        return f"{quoted(action)} needs a requestBody, which is the document"
    if action == "batch-create" and list_field(operation.body) is None:
        return f"{quoted(action)} needs a requestBody with a list in it, which holds the documents"
    return None
