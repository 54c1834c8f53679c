"""Paths that are well-formed and unambiguous."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.registry import rule


def _paths(api: Api) -> Iterator[tuple[str, Node]]:
    paths = api.root.get("paths")
    yield from ((path, node) for path, node in (paths.items() if paths is not None else ()) if not path.startswith("x-"))


@rule("path-ambiguous", "error", "No two paths differ only in the names of their parameters.")
def path_ambiguous(api: Api) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for path, node in _paths(api):
        first = seen.setdefault(re.sub(r"\{[^{}]*\}", "{}", path), path)
        if first != path:
            yield Found(node, f"`{path}` and `{first}` are the same path: put their operations under one of the two")


@rule("path-form", "warning", "A path has no query, no fragment, no empty segment and no trailing slash.")
def path_form(api: Api) -> Iterator[Found]:
    for path, node in _paths(api):
        if "?" in path or "#" in path:
            yield Found(node, f"`{path}` holds a query or fragment, which no path does: declare query parameters instead")
        elif "//" in path:
            yield Found(node, f"`{path}` has an empty part: remove one of the slashes")
        elif path.endswith("/") and path != "/":
            yield Found(node, f"`{path}` ends in a slash, which clients forget: call it `{path.rstrip('/')}`")
