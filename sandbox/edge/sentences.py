"""Says what is wrong with a value and what would be right, in one sentence that never repeats the value itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema_rs import ValidationError

from openapi.vocabulary import nearest
from sandbox.errors import label

_FORMS = {
    "date": "write it as 2024-01-15",
    "date-time": "write it as 2024-01-15T10:00:00Z",
    "email": "write it as name@example.com",
    "uri": "write it as https://example.com/path",
}
_KINDS = {
    "integer": "a whole number", "number": "a number", "string": "a text", "boolean": "true or false",
    "array": "a list", "object": "an object", "null": "null",
}  # fmt: skip
MOST_FAULTS = 100
LONGEST_PLACE = 255
_LONGEST_NAME = 64
_NO_NUL = "^[^\\u0000]*$"


def faults_in(errors: Iterable[ValidationError], known: Iterable[str] = (), within: str = "") -> Iterator[tuple[str, str]]:
    """For each error its dotted place (decision `nested-errors`) and a sentence; `known` are the fields there are.

    Nobody reads more than MOST_FAULTS, and no request may make the server write more.
    """
    yield from islice(_all_faults(errors, tuple(known), within), MOST_FAULTS)


def unknown(name: str, what: str, known: Iterable[str]) -> str:
    """The sentence about a name that is none; names that nobody can have misspelt get no hint."""
    names = tuple(known)
    hint = nearest(name, names) if names and len(name) <= _LONGEST_NAME else "leave it out"
    return f"{label(name)[:_LONGEST_NAME] or 'The empty name'} is not a {what} of this request; {hint}"


def _all_faults(errors: Iterable[ValidationError], known: tuple[str, ...], within: str) -> Iterator[tuple[str, str]]:
    for error in errors:
        place = ".".join(map(str, error.instance_path)) or within
        facts = error.kind.as_dict()
        match error.kind.name:
            case "required":
                name = facts["property"]
                yield _below(place, name, within), f"{label(name)} is required"
            case "additionalProperties":
                for name in facts["unexpected"]:
                    yield _below(place, name, within)[:LONGEST_PLACE] or "body", unknown(name, "field", known if place == within else ())
            case keyword:
                yield place or "body", f"{_sentence(label(place or 'body'), keyword, facts)}"


def _below(place: str, name: str, within: str) -> str:
    return f"{place}.{name}" if place and place != within else name


def _sentence(field: str, keyword: str, facts: Mapping[str, Any]) -> str:
    limit = facts.get("limit")
    match keyword:
        case "type":
            return f"{field} must be {' or '.join(_KINDS.get(kind, kind) for kind in facts['types'])}"
        case "format":
            form = facts["format"]
            return f"Invalid {form} format" + (f"; {_FORMS[form]}" if form in _FORMS else "")
        case "enum":
            return f"{field} must be {_one_of(facts['options'])}"
        case "pattern":
            return f"{field} must not hold a NUL character" if facts["pattern"] == _NO_NUL else f"{field} must match {facts['pattern']}"
        case "multipleOf":
            return (
                f"{field} must have at most two decimals" if facts["multiple_of"] == 0.01 else f"{field} must be a multiple of {facts['multiple_of']}"
            )
        case "exclusiveMinimum":
            return f"{field} must be greater than {limit}"
        case "exclusiveMaximum":
            return f"{field} must be less than {limit}"
        case "minimum":
            return f"{field} must be at least {limit}"
        case "maximum":
            return f"{field} must be at most {limit}"
        case "minLength":
            return f"{field} must not be empty" if limit == 1 else f"{field} must have at least {limit} characters"
        case "maxLength":
            return f"{field} must have at most {limit} characters"
        case "minItems":
            return f"{field} must have at least {limit} {'item' if limit == 1 else 'items'}"
        case "maxItems":
            return f"{field} must have at most {limit} items"
        case "uniqueItems":
            return f"{field} must not have the same item twice"
        case _:
            return f"{field} does not fit its schema ({keyword})"


def _one_of(options: Iterable[Any]) -> str:
    return " or ".join(str(option) for option in options)
