"""Which operation a path and a method mean, from the contract alone.

It splits the path as it was sent and decodes each part by itself. Connexion's own router, which sees the decoded path, comes
behind it and is told a path that means the operation found here: the order of refusals asks for that (404 and 405 before the
key is looked at), and Connexion's 405 names one method of several.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import unquote

from jsonschema_rs import Draft4Validator

from openapi.contract import Contract, Operation
from openapi.schemas import Direction, json_schema
from sandbox.edge.request_target import segments_of
from sandbox.edge.validators import bounds_of, compiled
from sandbox.errors import MethodNotAllowed, Missing

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")
_MOST_SHOWN = 200


_Segment = str | re.Pattern[str]
"""A part of a path between two slashes: as it stands, or with parameters in it, which are groups by their place."""


@dataclass(frozen=True, slots=True)
class _Template:
    prefix: str
    name: str
    bounds: tuple[int, int] | None
    segments: tuple[_Segment, ...]
    names: tuple[str, ...]
    methods: Mapping[str, Operation]
    checks: Mapping[str, tuple[bool, Draft4Validator]]


class Router:
    """Finds operations by method and path."""

    def __init__(self, contract: Contract) -> None:
        base = contract.base_path
        self._fixed = {base + path: methods for path, methods in contract.paths.items() if "{" not in path}
        self._by_segments = {segments_of(path): methods for path, methods in self._fixed.items()}
        self._templates = [_template(base + path, methods) for path, methods in contract.paths.items() if "{" in path]
        # Most templates have their one parameter at the end: what stands before it tells them apart.
        self._by_prefix = {one.prefix: one for one in self._templates if one.prefix}

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, Any]]:
        """The operation and the path's parameters, decoded; HEAD is GET. The path is as it was sent.

        Raises Missing for a path that is none, also for an id that is no id, and MethodNotAllowed.
        """
        methods, params = self._find(path)
        operation = methods.get("GET" if method == "HEAD" else method)
        if operation is None:
            raise MethodNotAllowed(method, _allowed(methods))
        return operation, params

    def _find(self, path: str) -> tuple[Mapping[str, Operation], dict[str, Any]]:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        begin = path.rfind("/") + 1
        template = self._by_prefix.get(path[:begin])
        if template is not None and template.bounds is not None:
            last, bounds = path[begin:], template.bounds
            value = int(last) if _INTEGER.fullmatch(last) else None
            if value is not None and bounds[0] <= value <= bounds[1]:
                return template.methods, {template.name: value}
        return self._find_decoded(path)

    def _find_decoded(self, path: str) -> tuple[Mapping[str, Operation], dict[str, Any]]:
        """`%63ustomers` are `customers` (RFC 3986 6.2.2.2), and a slash that is encoded is part of a name."""
        segments = segments_of(path)
        if segments is not None:
            fixed = self._by_segments.get(segments)
            if fixed is not None:
                return fixed, {}
            for template in self._templates:
                params = _params(template, segments)
                if params is not None:
                    return template.methods, params
        raise Missing(f"There is nothing at {path if len(path) <= _MOST_SHOWN else path[:_MOST_SHOWN] + '…'}")


def placeholder_paths(contract: Contract) -> Mapping[str, str]:
    """For each operation, by its id, a path that means it, and surely no other one: what stands for its parameters is no fixed part of a path."""
    fixed = {part for path in contract.paths for part in path.split("/")}
    word, number = (next(sign * times for times in count(1) if sign * times not in fixed) for sign in ("x", "1"))

    def stand_in(operation: Operation) -> str:
        numbers = {one.name for one in operation.parameters if one.place == "path" and one.schema.get("type") in ("integer", "number")}
        return contract.base_path + PLACEHOLDER.sub(lambda found: number if found[1] in numbers else word, operation.path)

    return {name: stand_in(operation) for name, operation in contract.operations.items()}


def _allowed(methods: Mapping[str, Operation]) -> list[str]:
    names = set(methods) | ({"HEAD"} if "GET" in methods else set())
    return sorted(names)


def _template(path: str, methods: Mapping[str, Operation]) -> _Template:
    some = next(iter(methods.values()))
    checks = {
        parameter.name: (
            parameter.schema.get("type") == "integer",
            compiled(json_schema(parameter.schema, Direction.REQUEST)),
        )
        for parameter in some.parameters
        if parameter.place == "path"
    }
    alone = path.count("{") == 1 and path.endswith("}") and path[path.index("{") - 1] == "/" and len(checks) == 1
    name = next(iter(checks), "")
    bounds = next((bounds_of(one.schema) for one in some.parameters if one.place == "path" and one.name == name), None)
    segments = tuple(_segment(part) for part in path.split("/"))
    return _Template(path[: path.index("{")] if alone else "", name, bounds, segments, tuple(PLACEHOLDER.findall(path)), methods, checks)


def _segment(text: str) -> _Segment:
    if "{" not in text:
        return unquote(text)
    return re.compile("".join("(.+)" if place % 2 else re.escape(part) for place, part in enumerate(PLACEHOLDER.split(text))), re.DOTALL)


def _params(template: _Template, segments: tuple[str, ...]) -> dict[str, Any] | None:
    """The parameters in a path, or None where it is another one."""
    if len(segments) != len(template.segments):
        return None
    texts: list[str] = []
    for wanted, sent in zip(template.segments, segments, strict=True):
        if isinstance(wanted, str):
            if wanted != sent:
                return None
        else:
            found = wanted.fullmatch(sent)
            if found is None:
                return None
            texts += found.groups()
    params = {name: _value(text, *template.checks[name]) for name, text in zip(template.names, texts, strict=True) if name in template.checks}
    return None if None in params.values() else params


def _value(text: str, integer: bool, check: Draft4Validator) -> Any:
    """The parameter's value, or None where the text cannot be one."""
    if integer and not _INTEGER.fullmatch(text):
        return None
    value = int(text) if integer else text
    return value if check.is_valid(value) else None
