"""The first objects of a collection, as a scenario defines them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openapi.schemas import Schema
from openapi.wording import quoted
from sandbox.errors import StartError

_FILL = "fill"


def written_out(value: Any, schema: Schema) -> Any:
    """The value with `{fill: …}` replaced, at any depth, by a text or list as long as the contract allows.

    Where the contract sets no bound, it stands there once. Raises StartError for anything else that is to fill a field.
    """
    if isinstance(value, Mapping):
        if value.keys() == {_FILL} and schema.get("type") != "object":
            return _filled(value[_FILL], schema)
        properties = schema.get("properties", {})
        return {name: written_out(part, properties.get(name, {})) for name, part in value.items()}
    if isinstance(value, list):
        return [written_out(item, schema.get("items", {})) for item in value]
    return value


def _filled(part: Any, schema: Schema) -> Any:
    if not isinstance(part, str | list) or not part:
        raise StartError(f"A scenario can fill a field with a text or a list that is repeated, but not with {quoted(part)}")
    most = schema.get("maxLength" if isinstance(part, str) else "maxItems", len(part))
    whole = (part * (most // len(part) + 1))[:most]
    return whole if isinstance(whole, str) else written_out(whole, schema)
