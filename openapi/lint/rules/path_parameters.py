"""Parameters: path parameters are declared and used, and no parameter is declared twice or ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.operations import place_of
from openapi.lint.registry import rule
from openapi.lint.traversal import followed

_IGNORED_HEADERS = ("accept", "content-type", "authorization")


@rule("path-parameter", "error", "Every name in braces in a path is declared as a path parameter, and every path parameter is in the path.")
def path_parameter(api: Api) -> Iterator[Found]:
    paths = api.root.get("paths")
    for path, node in paths.items() if paths is not None else ():
        if (rest := re.sub(r"\{[^{}]+\}", "", path)) and ("{" in rest or "}" in rest):
            yield Found(
                node, f"the braces of `{path}` do not match, or hold nothing: a parameter stands in a pair of them, as in `/customers/{{id}}`"
            )
    for one in api.operations:
        written = re.findall(r"\{([^{}]*)\}", one.path)
        declared = {name: node for (place, name), node in one.declared.items() if place == "path"}
        for name in dict.fromkeys(written):
            if name not in declared:
                yield Found(one.node, f"{one.name} does not declare `{name}`: add a parameter with `in: path`, `name: {name}` and `required: true`")
        for name, node in declared.items():
            if name not in written:
                yield Found(node, f"the path of {one.name} does not hold `{{{name}}}`: put it there, or remove the parameter")


@rule("parameter-unique", "error", "No two parameters of an operation or a path have the same location and name.")
def parameter_unique(api: Api) -> Iterator[Found]:
    for holder in api.of_kind("path", "operation", "pushed path", "pushed operation"):
        seen: dict[tuple[str, str], Node] = {}
        listed = holder.get("parameters")
        for written in listed.elements() if listed is not None else ():
            parameter = followed(written)
            place = None if parameter is None else place_of(parameter)
            if place in seen and place is not None:
                yield Found(written, f"the {place[0]} parameter `{place[1]}` stands on line {seen[place].line} already: keep one of the two")
            elif place is not None:
                seen[place] = written


@rule("parameter-ignored", "warning", "No header parameter is named Accept, Content-Type or Authorization, because OpenAPI ignores them.")
def parameter_ignored(api: Api) -> Iterator[Found]:
    for node in api.of_kind("parameter"):
        place = place_of(node)
        if place is not None and place[0] == "header" and place[1].lower() in _IGNORED_HEADERS:
            yield Found(node, f"a header parameter `{place[1]}` is ignored: say it by the media types of `content`, or by `security`")
