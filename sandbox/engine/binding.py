"""Binds the rules of `domain/` to a contract: which function runs where, and which are switched off and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.contract import VERBS, Contract
from openapi.vocabulary import nearest
from sandbox.domain.rules import Document, Rule, Rules
from sandbox.errors import StartError

GENERIC_ACTIONS = (*VERBS, "batch-create")


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule and the fields that a client must have sent for it to have something to look at."""

    function: Callable[..., Any]
    target: str
    sent: frozenset[str]

    def applies_to(self, document: Document) -> bool:
        """Whether all that it needs and a client may leave out is there."""
        return self.sent <= document.keys()


@dataclass(frozen=True, slots=True)
class Bound:
    """The rules of one resource by kind."""

    must: tuple[BoundRule, ...] = ()
    before_save: tuple[BoundRule, ...] = ()
    before_transaction: tuple[BoundRule, ...] = ()
    shown_once: tuple[BoundRule, ...] = ()


NOTHING = Bound()


@dataclass(frozen=True, slots=True)
class Binding:
    """All rules in force: by resource, the named actions by resource and name, and what was switched off."""

    rules: Mapping[str, Bound]
    actions: Mapping[tuple[str, str], Callable[..., Any]]
    switched_off: tuple[str, ...]


def bind(contract: Contract, all_rules: Iterable[Rules], *, lenient: bool) -> Binding:
    """The rules that hold for a contract.

    A rule whose resource or field the contract lacks raises StartError, or is switched off where `lenient`; an
    `x-action` that nobody implements always raises it.
    """
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
    _refuse_actions_that_nobody_implements(contract, actions)
    bound = {resource: Bound(**{kind: tuple(rules) for kind, rules in kinds.items()}) for resource, kinds in by_kind.items()}
    return Binding(bound, actions, tuple(switched_off))


def _what_is_missing(contract: Contract, rule: Rule) -> str | None:
    name = rule.function.__name__
    spoken_of = {operation.resource for operation in contract.operations.values()}
    if rule.resource not in spoken_of:
        return f"no path has the x-resource {rule.resource!r}, for which the rule {name} is made"
    resource = contract.resources.get(rule.resource)
    for field in rule.needs:
        if resource is None or field not in resource.fields:
            return f"{rule.resource} has no field {field!r}, which the rule {name} needs"
    return None


def _left_to_the_client(contract: Contract, rule: Rule) -> frozenset[str]:
    properties = contract.resources[rule.resource].input.get("properties", {})
    return frozenset(field for field in rule.needs if field in properties and not properties[field].get("readOnly"))


def _refuse_actions_that_nobody_implements(contract: Contract, actions: Mapping[tuple[str, str], Any]) -> None:
    for operation in contract.operations.values():
        action, stored = operation.action, operation.resource in contract.resources
        if (action in GENERIC_ACTIONS and stored) or (operation.resource, action) in actions:
            continue
        known = {*(name for resource, name in actions if resource == operation.resource), *(GENERIC_ACTIONS if stored else ())}
        raise StartError(f"{contract.file}: {operation.id}: nobody implements the x-action {action!r} of {operation.resource}; {nearest(action, known)}")
