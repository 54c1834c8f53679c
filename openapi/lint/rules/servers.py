"""Servers whose URLs can be joined with paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.lint.api import Api
from openapi.lint.finding import Found, Shorten
from openapi.lint.registry import rule


@rule("server-slash", "warning", "The URL of a server has no trailing slash, because every path begins with a slash.", fixable=True)
def server_slash(api: Api) -> Iterator[Found]:
    for node in api.of_kind("server"):
        url = node.get("url")
        if url is not None and isinstance(url.value, str) and url.value.endswith("/") and url.value != "/":
            text = f"`{url.value}` ends in a slash, which with a path makes two: write `{url.value.rstrip('/')}`"
            yield Found(url, text, Shorten(url.pointer, "/"))


@rule(
    "server-variable",
    "error",
    "Every variable in the URL of a server is declared. Every declared variable is used, and its default is one of its values.",
)
def server_variable(api: Api) -> Iterator[Found]:
    for node in api.of_kind("server"):
        written = re.findall(r"\{([^{}]*)\}", node.of("url", str, ""))
        listed = node.get("variables")
        declared = dict(listed.items()) if listed is not None else {}
        for name in dict.fromkeys(written):
            if name not in declared:
                yield Found(node.get("url") or node, f"the variable `{name}` is not declared: add it under `variables` with a `default`")
        for name, variable in declared.items():
            default, values = variable.get("default"), variable.of("enum", list, [])
            if name not in written:
                yield Found(variable, f"the URL has no `{{{name}}}`: put it there, or remove the variable")
            if values and default is not None and default.value not in values:
                yield Found(
                    default, f"the default `{default.value}` is not among the values {', '.join(map(str, values))}: add it, or choose one of them"
                )
