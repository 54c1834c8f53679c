"""Callbacks and webhooks: here the API asks and the client answers, so what is sent to a client counts as an answer does."""

from __future__ import annotations

from collections.abc import Callable

from openapi.diff.annotations import definition, same
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.schemas import Direction

CompareItems = Callable[[Node, Node, Callable[[str], Context]], None]
"""Compares the operations of two path items; the function makes the context of an operation from its method."""


def pushed(context: Context) -> Context:
    """The context of what the API sends of its own accord."""
    return Context(context.changes, context.operation, Direction.ANSWER, context.path, pushed=True)


def compare_callbacks(base: Node, head: Node, context: Context, compare_items: CompareItems) -> None:
    """Both sides' operations, of which only the callbacks are looked at."""
    if context.pushed:
        _compare_inner(base, head, context)
        return
    before, after = _callbacks(base), _callbacks(head)
    for name, callback in before.items():
        inner = pushed(context.at(f"callback {name}"))
        if name in after:
            _compare_addresses(callback, after[name], inner, compare_items)
        else:
            text = f"Receivers wait in vain for the callback `{name}`: it is made no longer."
            inner.report("callback-removed", Level.BREAKING, callback, head, text)
    for name, callback in after.items():
        if name not in before:
            text = f"The callback `{name}` may be made from now on: clients that name no address for it are not hurt."
            pushed(context.at(f"callback {name}")).report("callback-added", Level.INFO, base, callback, text)


def _callbacks(operation: Node) -> dict[str, Node]:
    found = operation.get("callbacks")
    return {} if found is None else {name: definition(node) for name, node in found.items() if not name.startswith("x-")}


def _compare_inner(base: Node, head: Node, context: Context) -> None:
    """Callbacks of callbacks, which may go round in circles, are compared as they are written."""
    before, after = base.get("callbacks"), head.get("callbacks")
    if not same(None if before is None else before.value, None if after is None else after.value):
        text = "The callbacks of this callback changed, and nobody can decide here whether that hurts: look at both."
        context.report("inner-callback-changed", Level.WARNING, before or base, after or head, text)


def _compare_addresses(base: Node, head: Node, context: Context, compare_items: CompareItems) -> None:
    """The path items by the expressions that say where to call."""
    before, after = ({key: node for key, node in side.items() if not key.startswith("x-")} for side in (base, head))
    gone, come = [key for key in before if key not in after], [key for key in after if key not in before]
    pairs = [(key, key) for key in before if key in after]
    if len(gone) == len(come) == 1:
        text = f"The callback goes to `{come[0]}` from now on, where it went to `{gone[0]}`: receivers wait in vain if that is another place."
        context.report("callback-address-changed", Level.BREAKING, before[gone[0]], after[come[0]], text)
        pairs.append((gone.pop(), come.pop()))
    for key in gone:
        context.report(
            "callback-removed", Level.BREAKING, before[key], head, f"Receivers wait in vain for the callback to `{key}`: it is made no longer."
        )
    for key in come:
        context.report("callback-added", Level.INFO, base, after[key], f"A callback to `{key}` may be made from now on.")
    for old, new in pairs:
        compare_items(before[old], after[new], lambda method: context.at(method) if method else context)


def compare_webhooks(base: Node, head: Node, context: Context, compare_items: CompareItems) -> None:
    """Both documents, of which only the webhooks of 3.1 are looked at."""
    before, after = (dict(node.items()) if (node := side.get("webhooks")) is not None else {} for side in (base, head))
    for name in dict.fromkeys((*before, *after)):
        if name.startswith("x-"):
            continue
        old, new = before.get(name), after.get(name)
        inner = Context(context.changes, f"webhook {name}", Direction.ANSWER, pushed=True)
        if old is None:
            inner.report("webhook-added", Level.INFO, base, new, f"The webhook `{name}` is new: who does not ask for it is not hurt.")
        elif new is None:
            inner.report("webhook-removed", Level.BREAKING, old, head, f"Receivers wait in vain for the webhook `{name}`: it is sent no longer.")
        else:
            compare_items(old, new, _contexts(context, f"webhook {name}"))


def _contexts(context: Context, name: str) -> Callable[[str], Context]:
    return lambda method: Context(context.changes, f"{name} {method}".strip(), Direction.ANSWER, pushed=True)
