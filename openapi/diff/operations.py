"""Operations: those of two path items are compared by method, and each of their parts by its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from openapi.diff.annotations import compare_words, definition, deprecated, listed, sunset
from openapi.diff.answers import compare_answers
from openapi.diff.bodies import compare_bodies
from openapi.diff.callbacks import compare_callbacks
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.parameters import collect, compare_deprecation, compare_parameters
from openapi.diff.security import compare_security
from openapi.diff.servers import compare_servers, servers_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OF_THE_ITEM = frozenset({*METHODS, "parameters", "servers"})
_KNOWN = frozenset({"tags", "operationId", "parameters", "requestBody", "responses", "callbacks", "deprecated", "security", "servers"})


@dataclass(frozen=True)
class Items:
    """Compares path items. It knows both documents, since what they say of security and servers holds for each operation."""

    roots: tuple[Node, Node]
    names: Mapping[str, str] = field(default_factory=dict)
    """What the base calls the parameters in the path that the head calls otherwise."""
    template: frozenset[str] = frozenset()
    """The names that stand in the path, in base's words."""

    def __call__(self, base: Node, head: Node, context_of: Callable[[str], Context]) -> None:
        """Compares two path items; `context_of` makes the context of a method, and of the item itself from no word."""
        base, head = definition(base), definition(head)
        compare_words(base, head, context_of(""), _OF_THE_ITEM)
        for method in METHODS:
            before, after, context = base.get(method), head.get(method), context_of(method.upper())
            if before is not None and after is not None:
                self._compare((base, before), (head, after), context)
            elif before is not None:
                report_removed(before, head, context)
            elif after is not None:
                report_added(base, after, context)

    def _compare(self, base: tuple[Node, Node], head: tuple[Node, Node], context: Context) -> None:
        before, after = base[1], head[1]
        compare_deprecation(before, after, context, "The operation")
        _compare_names(before, after, context)
        old, new = collect(*base, {}), collect(*head, self.names)
        compare_parameters((before, old), (after, new), self.template, context)
        compare_bodies(before, after, context)
        compare_answers(before, after, context)
        compare_security(before, after, self.roots, context)
        self._compare_servers(base, head, context)
        compare_callbacks(before, after, context, Items(self.roots))
        compare_words(before, after, context, _KNOWN)

    def _compare_servers(self, base: tuple[Node, Node], head: tuple[Node, Node], context: Context) -> None:
        """Only where one side has its own: a change of the whole document's servers is told once, of the document."""
        own = servers_of(base[1], base[0]), servers_of(head[1], head[0])
        if own != (None, None):
            before, after = (mine or servers_of(root) for mine, root in zip(own, self.roots, strict=True))
            compare_servers((base[1], before), (head[1], after), context)


def report_removed(operation: Node, head: Node, context: Context) -> None:
    """An operation that is gone, however long that was announced."""
    if context.pushed:
        context.report("operation-removed", Level.BREAKING, operation, head, "Receivers wait in vain for this request: it is made no longer.")
        return
    known = f" It was deprecated, and {sunset(operation)}." if deprecated(operation) else ""
    context.report(
        "operation-removed", Level.BREAKING, operation, head, f"Clients that call this operation find nothing there from now on: it is gone.{known}"
    )


def report_added(base: Node, operation: Node, context: Context) -> None:
    """An operation that is new."""
    who = "receivers that do not expect it are not hurt" if context.pushed else "clients that do not call it are not hurt"
    context.report("operation-added", Level.INFO, base, operation, f"The operation is new: {who}.")


def _compare_names(base: Node, head: Node, context: Context) -> None:
    """`operationId` and `tags`, by which generated clients call their functions and classes."""
    before, after = (node.of("operationId", str, "") for node in (base, head))
    if before != after:
        text = f"The operation is called {_called(after)}, where it was called {_called(before)}: only functions of generated clients change."
        context.report("operation-id-changed", Level.INFO, base.get("operationId") or base, head.get("operationId") or head, text)
    old, new = (dict.fromkeys(tag for tag in node.of("tags", list, []) if isinstance(tag, str)) for node in (base, head))
    places = base.get("tags") or base, head.get("tags") or head
    if gone := [tag for tag in old if tag not in new]:
        text = f"The operation is not under {listed(gone)} any more: no request changes, but it may move in documentation and generated clients."
        context.report("operation-tag-removed", Level.INFO, *places, text)
    if come := [tag for tag in new if tag not in old]:
        text = f"The operation is under {listed(come)} too: no request changes, but it may move in documentation and generated clients."
        context.report("operation-tag-added", Level.INFO, *places, text)


def _called(name: str) -> str:
    return f"`{name}`" if name else "nothing"
