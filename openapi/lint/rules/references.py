"""The targets of references."""

from __future__ import annotations

from collections.abc import Iterator

from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.registry import rule
from openapi.parsing.errors import SourceError
from openapi.vocabulary import nearest

_SECTIONS = {
    "schemas": "schema", "responses": "response", "parameters": "parameter", "headers": "header", "requestBodies": "body",
    "securitySchemes": "security scheme", "links": "link", "examples": "example", "callbacks": "callback", "pathItems": "path",
}  # fmt: skip
_WORDS_FOR_PEOPLE = frozenset({"$ref", "summary", "description"})


@rule("reference", "error", "Every `$ref` refers to an existing object of the expected kind.")
def reference(api: Api) -> Iterator[Found]:
    for kind, node in api.references:
        target = node.value["$ref"]
        try:
            node.resolved()
        except SourceError as error:
            near = _near(api, target) if error.what.endswith("does not exist") else ""
            yield Found(node, f"the reference cannot be followed: {error.what}{near}")
            continue
        section = _section(target)
        if section in _SECTIONS and _SECTIONS[section] != kind.removeprefix("pushed "):
            yield Found(node, f"`{target}` leads to a {_SECTIONS[section]}, and a {kind} is wanted here")


@rule("reference-alone", "warning", "In OpenAPI 3.0, `$ref` has no siblings, because they would be ignored.")
def reference_alone(api: Api) -> Iterator[Found]:
    for kind, node in api.references:
        allowed = _WORDS_FOR_PEOPLE if api.version == "3.1" and kind != "schema" else frozenset({"$ref"})
        beside = [key for key in node.value if key not in allowed and not key.startswith("x-")]
        if beside and kind not in ("path", "pushed path") and not (api.version == "3.1" and kind == "schema"):
            words = ", ".join(f"`{key}`" for key in beside)
            yield Found(node, f"{words} beside `$ref` is ignored: move it to what is referred to, or wrap the reference in `allOf`")


def _section(target: str) -> str:
    """`schemas` of `#/components/schemas/Customer`; empty for what is no component itself."""
    parts = target.split("/")
    return parts[2] if len(parts) == 4 and parts[:2] == ["#", "components"] else ""


def _near(api: Api, target: str) -> str:
    components = api.root.get("components")
    section = None if components is None else components.get(_section(target))
    names = [name for name, _ in section.items()] if section is not None else []
    return f"; {nearest(target.rpartition('/')[2], names)}" if names and len(names) < 50 else ""
