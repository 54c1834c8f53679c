"""What a JSON Schema validator says against an OpenAPI document, in sentences for its author."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from openapi.vocabulary import nearest
from openapi.wording import quoted

_LONGEST = 60

_TYPES = {
    "object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "null": "null",
}  # fmt: skip
_LIMITS = {
    "minItems": "has too few elements, and at least {} must be there",
    "maxItems": "has too many elements, and at most {} are allowed",
    "minLength": "is too short, and at least {} characters must be there",
    "minProperties": "has too few parts, and at least {} must be there",
    "maxProperties": "has too many parts, and at most {} may stand there",
    "minimum": "is too small, and {} is the least",
    "exclusiveMinimum": "is too small, and must be above {}",
}
_OF_OTHER_RULES = ("required", "enum", "tags", "parameters")
"""Lists whose duplicates have a rule of their own."""


class ValidationError(Protocol):
    """What jsonschema says, as far as it is looked at."""

    message: str
    validator: str
    validator_value: Any
    instance: Any
    schema: Any
    absolute_path: Iterable[Any]
    relative_path: Sequence[Any]
    relative_schema_path: Sequence[Any]
    context: Sequence[ValidationError]


def innermost(error: ValidationError) -> Iterator[ValidationError]:
    """Where several forms were possible, what is wrong with the one that was most likely meant."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0] if inner.relative_schema_path else 0, []).append(inner)
    if not branches:
        yield error
        return
    nearest_form = min(branches.values(), key=_distance)
    telling = [one for one in nearest_form if one.validator != "oneOf" or one.context]  # the others follow from what is lacking
    for inner in telling or nearest_form:
        yield from innermost(inner)


def _distance(errors: list[ValidationError]) -> tuple[int, ...]:
    """How far off a form is: one that wants to be a reference, or says another kind of thing, is the farthest."""
    reference = any(one.validator == "required" and "$ref" in list(one.validator_value) for one in errors)
    other_kind = sum(1 for one in errors if one.validator in ("enum", "const", "type") and len(one.relative_path) <= 1)
    return int(reference), other_kind, -max(len(one.relative_path) for one in errors), len(errors)


def sentences(error: ValidationError) -> Iterator[tuple[list[Any], str]]:
    """Each thing that one error says: the path of what is wrong, and a sentence."""
    path = list(error.absolute_path)
    if error.validator == "uniqueItems" and path[-1:] and path[-1] in _OF_OTHER_RULES:
        return
    if error.validator in ("additionalProperties", "unevaluatedProperties") and isinstance(error.instance, Mapping):
        yield from _unknown(error, path)
        return
    say = _SAY.get(str(error.validator))
    yield path, f"{_name(path)} {say(error) if say else _otherwise(error)}"


def _name(path: list[Any]) -> str:
    if not path:
        return "the document"
    return (
        f"`{path[-1]}`"
        if isinstance(path[-1], str)
        else f"number {path[-1] + 1} of `{next((part for part in reversed(path) if isinstance(part, str)), 'the list')}`"
    )


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return _TYPES["object" if isinstance(value, Mapping) else "array"]
    return quoted(value, _LONGEST)


def _required(error: ValidationError) -> str:
    name = re.match(r"'(.+)' is a required property", error.message, re.DOTALL)
    return f"lacks `{name[1] if name else error.validator_value}`, which must be there"


def _type(error: ValidationError) -> str:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    return f"must be {' or '.join(_TYPES.get(one, str(one)) for one in wanted)}, not {_shown(error.instance)}"


def _enum(error: ValidationError) -> str:
    wanted = [str(one).lower() if isinstance(one, bool) else str(one) for one in error.validator_value]
    hint = f"; {nearest(error.instance, wanted)}" if isinstance(error.instance, str) and len(wanted) > 1 else ""
    return f"must be {' or '.join(wanted)}, not {_shown(error.instance)}{hint}"


def _unknown(error: ValidationError, path: list[Any]) -> Iterator[tuple[list[Any], str]]:
    known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
    patterns = error.schema.get("patternProperties", {}) if isinstance(error.schema, Mapping) else {}
    if error.validator == "unevaluatedProperties":
        told = re.findall(r"'([^']*)'", error.message)
        names = [name for name in error.instance if name in told]
    else:
        names = [name for name in error.instance if name not in known and not any(re.search(pattern, str(name)) for pattern in patterns)]
    for name in names or [None]:
        hint = f"; {nearest(name, known)}" if name is not None and known else ""
        form = f"; names have the form {' or '.join(patterns)}" if not known and patterns else ""
        what = f"`{name}` may not stand" if name is not None else "there is a word that may not stand"
        yield ([*path, name] if name is not None else path), f"{what} in {_name(path)}{hint}{form}"


def _otherwise(error: ValidationError) -> str:
    if (limit := _LIMITS.get(str(error.validator))) is not None:
        return limit.format(error.validator_value)
    return f"is not allowed: {' '.join(error.message.split())[:200]}"


_SAY: Mapping[str, Callable[[ValidationError], str]] = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": lambda error: f"must be {_shown(error.validator_value)}, not {_shown(error.instance)}",
    "pattern": lambda error: f"must have the form {error.validator_value}, which {_shown(error.instance)} has not",
    "format": lambda error: f"must be of the form {error.validator_value}, and {_shown(error.instance)} is not",
    "uniqueItems": lambda error: "holds something twice: keep one of the two",
    "oneOf": lambda error: "can be read in more than one way: keep the words of one of them",
}
