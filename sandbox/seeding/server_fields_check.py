"""Whether what the server sets itself could be shown: a spec author may have narrowed it.

Better said while the world is built than by a 500 on every read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema_rs import Draft4Validator

from openapi.contract import Contract, Resource
from openapi.schemas import Direction, Schema, json_schema
from sandbox.engine.private_fields import is_private
from sandbox.errors import StartError
from sandbox.state.documents import Document

_COMPOSITES = frozenset({"allOf", "anyOf", "oneOf", "not"})
_FILLED_IN = frozenset({"readOnly", "writeOnly", "default"})


class ServerFieldsCheck:
    """Looks at the documents of one scenario, by the answers' schemas of a contract."""

    def __init__(self, contract: Contract, scenario: str) -> None:
        self._scenario = scenario
        self._checks = {
            name: Draft4Validator(json_schema(_what_is_set(one), Direction.ANSWER), validate_formats=True) for name, one in contract.resources.items()
        }

    def check(self, name: str, document: Document) -> None:
        """Raises StartError for a new document of that collection with a field that does not fit."""
        check = self._checks[name]
        shown = {field: value for field, value in document.items() if not is_private(field)}
        if check.is_valid(shown):
            return
        for error in check.iter_errors(shown):
            if field := ".".join(map(str, error.instance_path)):  # a whole object may lack what is shown only once
                raise StartError(f"the scenario {self._scenario} makes an object of {name} whose {field} does not fit the contract: {error.message}")


def _what_is_set(resource: Resource) -> Schema:
    """The schema without what it says of fields that are as they were sent, since these fitted already."""
    if _COMPOSITES & resource.schema.keys():
        return resource.schema
    sent: Mapping[str, Schema] = resource.input.get("properties", {})
    parts = resource.schema.get("properties", {})
    return resource.schema | {"properties": {name: part if part != sent.get(name) or _filled_in(part) else {} for name, part in parts.items()}}


def _filled_in(schema: Any) -> bool:
    """Whether the server sets or leaves out anything in such a value, at any depth."""
    if isinstance(schema, dict):
        return bool(_FILLED_IN & schema.keys()) or any(map(_filled_in, schema.values()))
    return isinstance(schema, list) and any(map(_filled_in, schema))
