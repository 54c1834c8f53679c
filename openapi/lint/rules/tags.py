"""Tags, which group the documentation and the modules of generated clients."""

from __future__ import annotations

from collections.abc import Iterator

from openapi.lint.api import Api
from openapi.lint.finding import Add, Append, Edit, Found
from openapi.lint.registry import rule


def _declared(api: Api) -> dict[str, int]:
    listed = api.root.get("tags")
    names: dict[str, int] = {}
    for tag in listed.elements() if listed is not None else ():
        names.setdefault(tag.of("name", str, ""), tag.line)
    return names


@rule("tag-declared", "warning", "Every tag of an operation is declared in the document's `tags`.", fixable=True)
def tag_declared(api: Api) -> Iterator[Found]:
    declared = _declared(api)
    for one in api.operations:
        listed = one.node.get("tags")
        for tag in listed.elements() if listed is not None else ():
            if isinstance(tag.value, str) and tag.value and tag.value not in declared:
                declared[tag.value] = tag.line
                yield Found(
                    tag, f"the tag `{tag.value}` is not declared: add it to the document's `tags`, with a description", _declaration(api, tag.value)
                )


@rule("tag-unique", "error", "No two declared tags have the same name.")
def tag_unique(api: Api) -> Iterator[Found]:
    first = _declared(api)
    seen: set[str] = set()
    for tag in api.of_kind("tag"):
        name = tag.of("name", str, "")
        if name in seen:
            yield Found(tag, f"the tag `{name}` is declared on line {first[name]} already: keep one of the two")
        seen.add(name)


@rule("tag-unused", "info", "Every declared tag is used by an operation.")
def tag_unused(api: Api) -> Iterator[Found]:
    used = {name for one in api.everything for name in one.node.of("tags", list, []) if isinstance(name, str)}
    for tag in api.of_kind("tag"):
        name = tag.of("name", str, "")
        if name and name not in used and used:
            yield Found(tag, f"no operation has the tag `{name}`: use it, or remove it")


def _declaration(api: Api, name: str) -> Edit:
    listed = api.root.get("tags")
    if listed is not None and isinstance(listed.value, list) and listed.value:
        return Append(listed.pointer, {"name": name})
    return Add((), "tags", [{"name": name}], before="paths")
