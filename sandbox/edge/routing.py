"""Which operation a path and a method mean, from the contract alone.

Connexion routes by the same paths afterwards; this comes first because the order of refusals asks for it (404 and 405
before the key is looked at), and because Connexion's 405 names one method of several.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema_rs import Draft4Validator

from openapi.contract import Contract, Operation
from openapi.schemas import Direction, json_schema
from sandbox.edge.compiled import bounds_of, compiled
from sandbox.errors import MethodNotAllowed, Missing

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class _Template:
    prefix: str
    names: tuple[str, ...]
    """Of its parameters, in their order: the pattern's groups have numbers, since a parameter may be called anything."""
    bounds: tuple[int, int] | None
    pattern: re.Pattern[str]
    methods: Mapping[str, Operation]
    checks: Mapping[str, tuple[bool, Draft4Validator]]


class Router:
    """Finds operations by method and path."""

    def __init__(self, contract: Contract) -> None:
        base = contract.base_path
        self._fixed = {base + path: methods for path, methods in contract.paths.items() if "{" not in path}
        self._templates = [_template(base + path, methods) for path, methods in contract.paths.items() if "{" in path]
        # Most templates have their one parameter at the end: what stands before it tells them apart.
        self._by_prefix = {one.prefix: one for one in self._templates if one.prefix}

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, Any]]:
        """The operation and the path's parameters; HEAD is GET.

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
        if template is not None:
            last = path[begin:]
            bounds = template.bounds
            name = template.names[0]
            if bounds is None:
                value = _value(last, *template.checks[name])
            else:
                value = int(last) if _INTEGER.fullmatch(last) else None
                if value is not None and not bounds[0] <= value <= bounds[1]:
                    value = None
            if value is not None:
                return template.methods, {name: value}
        for template in self._templates:
            found = template.pattern.fullmatch(path)
            if found:
                params = {name: _value(text, *template.checks[name]) for name, text in zip(template.names, found.groups(), strict=True)}
                if None not in params.values():
                    return template.methods, params
        raise Missing(f"There is nothing at {path if len(path) <= 200 else path[:200] + '…'}")


def _allowed(methods: Mapping[str, Operation]) -> list[str]:
    names = set(methods) | ({"HEAD"} if "GET" in methods else set())
    return sorted(names)


def _template(path: str, methods: Mapping[str, Operation]) -> _Template:
    parts = PLACEHOLDER.split(path)
    pattern = "".join("([^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    some = next(iter(methods.values()))
    checks = {
        parameter.name: (
            parameter.schema.get("type") == "integer",
            compiled(json_schema(parameter.schema, Direction.REQUEST)),
        )
        for parameter in some.parameters
        if parameter.place == "path"
    }
    names = tuple(parts[1::2])
    alone = len(names) == 1 and path.endswith("}")
    bounds = next((bounds_of(one.schema) for one in some.parameters if one.place == "path" and one.name == names[0]), None)
    return _Template(path[: path.index("{")] if alone else "", names, bounds, re.compile(pattern), methods, checks)


def _value(text: str, integer: bool, check: Draft4Validator) -> Any:
    """The parameter's value, or None where the text cannot be one."""
    if integer and not _INTEGER.fullmatch(text):
        return None
    value = int(text) if integer else text
    return value if check.is_valid(value) else None
