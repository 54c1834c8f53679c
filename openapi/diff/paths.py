"""Paths: which path of the old document matches which path of the new one, whatever their parameters are called."""

from __future__ import annotations

import re

from openapi.diff.annotations import definition
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.operations import METHODS, Items, report_added, report_removed

_NAME = re.compile(r"\{([^{}]*)\}")


def compare_paths(base: Node, head: Node, context: Context) -> None:
    """Both documents, of which only the paths are looked at."""
    before, after = _paths(base), _paths(head)
    pairs = {path: path for path in before if path in after}
    free = {_form(path): path for path in after if path not in before}
    for path in before:
        if path not in pairs and _form(path) in free:
            pairs[path] = free.pop(_form(path))
    for path, item in before.items():
        if path in pairs:
            _compare(path, pairs[path], (item, after[pairs[path]]), (base, head), context)
        else:
            _report_removed(path, definition(item), head, context)
    taken = set(pairs.values())
    for path, item in after.items():
        if path not in taken:
            _report_added(path, definition(item), base, context)


def _paths(root: Node) -> dict[str, Node]:
    paths = root.get("paths")
    return {} if paths is None else {path: item for path, item in paths.items() if not path.startswith("x-")}


def _form(path: str) -> str:
    return _NAME.sub("{}", path)


def _compare(path: str, now: str, items: tuple[Node, Node], roots: tuple[Node, Node], context: Context) -> None:
    old, new = _NAME.findall(path), _NAME.findall(now)
    for before, after in zip(old, new, strict=True):
        if before != after:
            text = f"`{{{before}}}` of the path is called `{{{after}}}` from now on: no request changes, but arguments of generated clients do."
            _at(context, path).report("path-parameter-renamed", Level.INFO, *items, text)
    names = {after: before for before, after in zip(old, new, strict=True) if before != after}
    compare = Items(roots, names, frozenset(old))
    compare(*items, lambda method: Context(context.changes, f"{method} {path}".strip()))


def _at(context: Context, path: str) -> Context:
    return Context(context.changes, path)


def _report_removed(path: str, item: Node, head: Node, context: Context) -> None:
    operations = [(method, item.get(method)) for method in METHODS]
    for method, operation in operations:
        if operation is not None:
            report_removed(operation, head.get("paths") or head, Context(context.changes, f"{method.upper()} {path}"))
    if not any(operation for _, operation in operations):
        _at(context, path).report("path-removed", Level.INFO, item, head, "The path is gone. It had no operation: no client is hurt.")


def _report_added(path: str, item: Node, base: Node, context: Context) -> None:
    operations = [(method, item.get(method)) for method in METHODS]
    for method, operation in operations:
        if operation is not None:
            report_added(base.get("paths") or base, operation, Context(context.changes, f"{method.upper()} {path}"))
    if not any(operation for _, operation in operations):
        _at(context, path).report("path-added", Level.INFO, base, item, "The path is new. It has no operation: no client is hurt.")
