"""Security: declared for every operation, with existing schemes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.registry import rule
from openapi.vocabulary import nearest


@rule("security-said", "warning", "Every operation has a `security`, or the document has one; `security: []` means that no key is required.")
def security_said(api: Api) -> Iterator[Found]:
    for one in api.operations:
        if one.security is None:
            yield Found(one.node, f"nobody says who may call {one.name}: add `security`, or `security: []` where anyone may")


@rule("security-defined", "error", "Every name in `security` is a declared security scheme, with scopes only for schemes that have scopes.")
def security_defined(api: Api) -> Iterator[Found]:
    for holder in [api.root, *api.of_kind("operation", "pushed operation")]:
        listed = holder.get("security")
        for requirement in listed.elements() if listed is not None else ():
            for name, scopes in requirement.items():
                yield from _named(api, name, scopes)


def _named(api: Api, name: str, scopes: Node) -> Iterator[Found]:
    scheme = api.component("securitySchemes", name)
    if scheme is None:
        schemes = api.root.get("components")
        listed = None if schemes is None else schemes.get("securitySchemes")
        yield Found(scopes, f"`{name}` is no security scheme; {nearest(name, [one for one, _ in listed.items()] if listed is not None else [])}")
        return
    type = scheme.of("type", str, "")
    if type in ("apiKey", "http") and scopes.value and api.version == "3.0":
        yield Found(scopes, f"`{name}` is of the type {type}, which has no scopes in OpenAPI 3.0: write `{name}: []`")
    if type == "oauth2" and isinstance(scopes.value, list):
        known = {scope for flow in _flows(scheme) for scope in flow}
        for scope in scopes.elements():
            if isinstance(scope.value, str) and scope.value not in known:
                yield Found(scope, f"`{scope.value}` is no scope of `{name}`; {nearest(scope.value, known)}")


def _flows(scheme: Node) -> Iterator[Mapping[str, object]]:
    flows = scheme.get("flows")
    for _, flow in flows.items() if flows is not None else ():
        yield flow.of("scopes", Mapping, {})  # type: ignore[arg-type]
