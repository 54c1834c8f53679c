"""Servers: the addresses before each path, whose variables may have a few values."""

from __future__ import annotations

from openapi.diff.annotations import compare_words, listed
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node

_KNOWN = frozenset({"url", "variables"})


def servers_of(*holders: Node) -> Node | None:
    """The servers of the first that has some; None where none has."""
    for holder in holders:
        servers = holder.get("servers")
        if servers is not None and isinstance(servers.value, list) and servers.value:
            return servers
    return None


def compare_servers(base: tuple[Node, Node | None], head: tuple[Node, Node | None], context: Context) -> None:
    """Both sides' lists, each with what holds it; None stands for the host that the document came from."""
    before, after = _by_address(*base), _by_address(*head)
    for address, node in before.items():
        if address not in after:
            text = f"Clients that call `{address}` may find nobody there: it is not among the servers any more{_instead(after)}."
            context.report("server-removed", Level.WARNING, node, head[1] or head[0], text)
    for address, node in after.items():
        if address not in before:
            context.report(
                "server-added",
                Level.INFO,
                base[1] or base[0],
                node,
                f"`{address}` may be called too from now on: who calls another server is not hurt.",
            )
        elif before[address].pointer and node.pointer:
            inner = context.at(f"server {address}")
            _compare_variables(before[address], node, inner)
            compare_words(before[address], node, inner, _KNOWN)


def _instead(after: dict[str, Node]) -> str:
    return f", which are {listed(list(after))}" if after else ""


def _by_address(holder: Node, servers: Node | None) -> dict[str, Node]:
    found = {} if servers is None else {_plain(one): one for one in servers.elements() if isinstance(one.value, dict)}
    return found or {"/": Node({}, holder.pointer, holder.document)}


def _plain(server: Node) -> str:
    """The address; a slash at its end makes no difference."""
    return server.of("url", str, "/").rstrip("/") or "/"


def _compare_variables(base: Node, head: Node, context: Context) -> None:
    before, after = (dict(node.items()) if (node := side.get("variables")) is not None else {} for side in (base, head))
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name) or Node({}, base.pointer, base.document), after.get(name) or Node({}, head.pointer, head.document)
        first, second = (one.of("default", str, "") for one in (old, new))
        if first != second:
            text = f"Clients that leave `{{{name}}}` alone call another server from now on: its default was `{first}` and is `{second}`."
            context.report("server-variable-default-changed", Level.WARNING, old, new, text)
        values, now = _values(old), _values(new)
        gone = sorted(values - now) if now else []
        come = sorted(now - values) if values else []
        if gone or (now and not values):
            what = f"{listed(gone, 'or')} may" if gone else f"what is not {listed(sorted(now), 'or')} may"
            text = f"Clients that call the server with `{{{name}}}` set to {what} find nobody there: the values that it may have got fewer."
            context.report("server-variable-value-removed", Level.WARNING, old, new, text)
        if come or (values and not now):
            what = f"also be {listed(come, 'or')}" if come else "be anything"
            context.report("server-variable-value-added", Level.INFO, old, new, f"`{{{name}}}` may {what} from now on.")
        compare_words(old, new, context.at(f"variable {name}"), frozenset({"default", "enum"}))


def _values(variable: Node) -> frozenset[str]:
    return frozenset(value for value in variable.of("enum", list, []) if isinstance(value, str))
