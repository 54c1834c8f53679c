"""Security: each operation lists alternatives, each of which names required schemes with their scopes.

Two schemes are the same when the same is sent for them, whatever they are called: a name is for the document alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from openapi.diff.annotations import compare_words, definition, listed, same
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node

_PLACES = {"header": "header", "query": "query parameter", "cookie": "cookie"}
Wire = tuple[str, ...]
"""What is sent for a scheme: `("apiKey", "header", "x-key")`."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One alternative: what is sent, with the scopes that are asked for, and how the document calls it."""

    needs: dict[Wire, frozenset[str]]
    names: str

    def suffices_for(self, other: Requirement) -> bool:
        """Whether a client that has what this one needs has what the other one needs."""
        return all(wire in self.needs and scopes <= self.needs[wire] for wire, scopes in other.needs.items())


def compare_security(base: Node, head: Node, roots: tuple[Node, Node], context: Context) -> None:
    """Both sides' operations, with both documents, whose `security` holds where an operation has none of its own."""
    (old, before), (new, after) = _requirements(base, roots[0]), _requirements(head, roots[1])
    for requirement in old:
        if not any(requirement.suffices_for(other) for other in new):
            _report_removed(requirement, new, (before, after), context)
    for requirement in new:
        if not any(requirement.suffices_for(other) for other in old):
            _report_added(requirement, old, (before, after), context)


def _requirements(operation: Node, root: Node) -> tuple[list[Requirement], Node]:
    """The alternatives, and the place where they stand."""
    for holder in (operation, root):
        listed = holder.get("security")
        if listed is not None and isinstance(listed.value, list):
            found = [_requirement(entry, root) for entry in listed.elements() if isinstance(entry.value, dict)]
            return found or [Requirement({}, "no credentials")], listed
    return [Requirement({}, "no credentials")], operation


def _requirement(entry: Node, root: Node) -> Requirement:
    needs: dict[Wire, frozenset[str]] = {}
    words = []
    for name, scopes in entry.items():
        asked = frozenset(one.value for one in scopes.elements() if isinstance(one.value, str))
        scheme = _scheme(name, root)
        wire = _wire(name, scheme)
        needs[wire] = needs.get(wire, frozenset()) | asked
        words.append(f"`{name}`{_sent(scheme)}" + (f" with the {_scopes(asked)}" if asked else ""))
    return Requirement(needs, " and ".join(words) or "no credentials")


def _scheme(name: str, root: Node) -> Node | None:
    node: Node | None = root
    for part in ("components", "securitySchemes", name):
        node = node.get(part) if node is not None else None
    return None if node is None else node.resolved()


def _wire(name: str, node: Node | None) -> Wire:
    if node is None:
        return "unknown", name
    kind = node.of("type", str, "")
    if kind == "apiKey":
        place, word = node.of("in", str, ""), node.of("name", str, "")
        return kind, place, word.lower() if place == "header" else word
    return (kind, node.of("scheme", str, "").lower()) if kind == "http" else (kind,)


def _sent(node: Node | None) -> str:
    """What is sent, where a name alone could mean this or that."""
    kind = "" if node is None else node.of("type", str, "")
    if node is None or kind not in ("apiKey", "http"):
        return ""
    return (
        f" (HTTP {node.of('scheme', str, '')})"
        if kind == "http"
        else f" (the {_PLACES.get(node.of('in', str, ''), '')} `{node.of('name', str, '')}`)"
    )


def _scopes(names: Iterable[str]) -> str:
    """The word, which is another for several, and the names."""
    ordered = sorted(names)
    return f"scope{'s' if len(ordered) > 1 else ''} {listed(ordered)}"


def _report_removed(requirement: Requirement, new: list[Requirement], places: tuple[Node, Node], context: Context) -> None:
    level = Level.WARNING if context.pushed else Level.BREAKING
    requirements = ", or ".join(one.names for one in new)
    near = next((one for one in new if one.needs.keys() <= requirement.needs.keys()), None)
    if context.pushed:
        text = f"The API does not call with {requirement.names} any more, but with {requirements}: receivers that check it have to know."
        context.report("security-alternative-removed", level, *places, text)
    elif not requirement.needs:
        context.report("security-added", level, *places, f"Clients that send no credentials are refused from now on: {requirements} is needed.")
    elif near is not None:
        more = {scope for wire, scopes in near.needs.items() for scope in scopes - requirement.needs[wire]}
        text = f"Clients that come with {requirement.names} are refused from now on, unless they were granted the {_scopes(more)} too."
        context.report("security-scope-added", level, *places, text)
    else:
        text = f"Clients that come with {requirement.names} are refused from now on: what is taken is {requirements}."
        context.report("security-alternative-removed", level, *places, text)


def _report_added(requirement: Requirement, old: list[Requirement], places: tuple[Node, Node], context: Context) -> None:
    near = next((one for one in old if one.needs.keys() <= requirement.needs.keys()), None)
    if context.pushed:
        context.report(
            "security-alternative-added",
            Level.WARNING,
            *places,
            f"The API may call with {requirement.names} from now on: receivers have to take that.",
        )
    elif not requirement.needs:
        text = "No credentials are needed any more: clients that send them are not hurt."
        context.report("security-removed", Level.INFO, *places, text)
    elif near is not None:
        less = {scope for wire, scopes in near.needs.items() for scope in scopes - requirement.needs[wire]}
        context.report("security-scope-removed", Level.INFO, *places, f"{requirement.names} is enough from now on, without the {_scopes(less)}.")
    else:
        context.report("security-alternative-added", Level.INFO, *places, f"Clients may come with {requirement.names} from now on, or as before.")


def compare_schemes(base: Node, head: Node, context: Context) -> None:
    """Both documents' security schemes. Whom a change refuses is told of each operation; here it is only named."""
    before, after = _schemes(base), _schemes(head)
    for name in dict.fromkeys((*before, *after)):
        inner, old, new = context.at(f"security scheme {name}"), before.get(name), after.get(name)
        if old is None and new is not None:
            inner.report(
                "security-scheme-added", Level.INFO, base, new, f"The security scheme `{name}` is new: where it is needed is told of each operation."
            )
        elif old is not None and new is None:
            inner.report(
                "security-scheme-removed", Level.INFO, old, head, f"The security scheme `{name}` is gone: whom that hurts is told of each operation."
            )
        elif old is not None and new is not None:
            _compare_scheme(old, new, inner, name)


def _schemes(root: Node) -> dict[str, Node]:
    components = root.get("components")
    schemes = components.get("securitySchemes") if components is not None else None
    return {} if schemes is None else {name: definition(node) for name, node in schemes.items()}


def _compare_scheme(base: Node, head: Node, context: Context, name: str) -> None:
    for word in ("type", "in", "name", "scheme"):
        before, after = base.get(word), head.get(word)
        if not same(None if before is None else before.value, None if after is None else after.value):
            text = f"`{word}` of the security scheme `{name}` changed: whom that hurts is told of each operation that needs it."
            context.report("security-scheme-changed", Level.INFO, before or base, after or head, text)
    for word in ("bearerFormat", "openIdConnectUrl"):
        before, after = base.get(word), head.get(word)
        if not same(None if before is None else before.value, None if after is None else after.value):
            text = f"`{word}` of the security scheme `{name}` changed: clients that hold the old value should look it up again."
            context.report("security-scheme-address-changed", Level.INFO, before or base, after or head, text)
    _compare_flows(base, head, context, name)
    compare_words(base, head, context, frozenset({"type", "in", "name", "scheme", "bearerFormat", "openIdConnectUrl", "flows"}))


def _compare_flows(base: Node, head: Node, context: Context, name: str) -> None:
    before, after = (dict(node.items()) if (node := side.get("flows")) is not None else {} for side in (base, head))
    for kind in dict.fromkeys((*before, *after)):
        old, new = before.get(kind), after.get(kind)
        if kind.startswith("x-") or (old is not None and new is not None and same(old.value, new.value)):
            continue
        if old is None:
            context.report("security-flow-added", Level.INFO, base, new, f"Tokens for `{name}` may also be got by the flow `{kind}`.")
        elif new is None:
            text = f"Clients that get their tokens for `{name}` by the flow `{kind}` may get none from now on: it is not named any more."
            context.report("security-flow-removed", Level.WARNING, old, head, text)
        else:
            text = f"The addresses or scopes of the flow `{kind}` of `{name}` changed: clients that hold the old ones should look them up again."
            context.report("security-flow-changed", Level.INFO, old, new, text)
