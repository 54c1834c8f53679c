"""Says what is wrong with a value and what would be right, in one sentence that never repeats the value itself."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema_rs import ValidationError

from openapi.pattern_descriptions import described
from openapi.schemas import Schema
from openapi.wording import counted, listed, printable, quoted, shown
from sandbox.edge.name_suggestions import did_you_mean, without_style
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
_COUNTED = {
    "minLength": ("at least", "character"), "maxLength": ("at most", "character"), "minItems": ("at least", "item"),
    "maxItems": ("at most", "item"), "minProperties": ("at least", "field"), "maxProperties": ("at most", "field"),
}  # fmt: skip
_COMPARED = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "greater than", "exclusiveMaximum": "less than"}
_DECIMALS = {
    1: "must be a whole number",
    0.1: "must have at most one decimal",
    0.01: "must have at most two decimals",
    0.001: "must have at most three decimals",
}
MOST_FAULTS = 100
LONGEST_PLACE = 255
_LONGEST_NAME, _MOST_OPTIONS = 64, 30
_ENOUGH_TO_BEGIN = 3
_NO_SCHEMA: Schema = {}


def faults_in(
    errors: Iterable[ValidationError], known: Iterable[str] = (), within: str = "", schema: Schema = _NO_SCHEMA
) -> Iterator[tuple[str, str]]:
    """For each error its dotted place (decision `nested-errors`) and a sentence; `known` are the fields there are.

    `schema` is the one that the contract gives, which has examples, and tells what is optional. Nobody reads more than
    MOST_FAULTS, and no request may make the server write more.
    """
    yield from islice(_all_faults(errors, tuple(known), within, schema), MOST_FAULTS)


def unknown(name: str, what: str, known: Iterable[str], unnamed: str = "The empty name") -> str:
    """The sentence about a name that is none; names that nobody can have misspelt get no hint."""
    names = tuple(known)
    hint = did_you_mean(name, names) if names and len(name) <= _LONGEST_NAME else "leave it out"
    return f"{printable(label(name), _LONGEST_NAME) or unnamed} is not a {what} of this request; {hint}"


def _all_faults(errors: Iterable[ValidationError], known: tuple[str, ...], within: str, schema: Schema) -> Iterator[tuple[str, str]]:
    for error in errors:
        place = ".".join(map(str, error.instance_path)) or within
        facts, at = error.kind.as_dict(), list(error.schema_path)
        match error.kind.name:
            case "required":
                name = facts["property"]
                yield _below(place, name, within), f"{label(name)} is required"
            case "additionalProperties":
                names = known if place == within else _fields(_part(schema, at[:-1]))
                for name in facts["unexpected"]:
                    yield _below(place, name, within)[:LONGEST_PLACE] or "body", unknown(name, "field", names)
            case keyword:
                field = label(place or "body")
                yield (
                    place or "body",
                    _of_null(field, facts, at, schema) if error.instance is None else _sentence(field, keyword, facts, error, schema),
                )


def _below(place: str, name: str, within: str) -> str:
    return f"{place}.{name}" if place and place != within else name


def _part(schema: Schema, path: Iterable[Any]) -> Schema:
    """What stands at a path of the contract's schema, which a validator's schema is made of; nothing where it differs."""
    part: Any = schema
    for step in path:
        if isinstance(part, Mapping):
            part = part.get(step)
        else:
            part = part[step] if isinstance(part, list) and isinstance(step, int) and step < len(part) else None
    return part if isinstance(part, dict) else {}


def _fields(schema: Schema) -> tuple[str, ...]:
    return tuple(sorted(name for name, part in schema.get("properties", {}).items() if not part.get("readOnly")))


def _of_null(field: str, facts: Mapping[str, Any], at: list[Any], schema: Schema) -> str:
    """Null where there may be none: an optional field is left out, and that is all that needs to be said."""
    if len(at) > 2 and at[-3] == "properties" and (owner := _part(schema, at[:-3])):
        return f"{field} is required and may not be null" if at[-2] in owner.get("required", ()) else f"{field} may not be null; leave it out"
    kinds = listed([_KINDS.get(kind, kind) for kind in facts.get("types", ())])
    return f"{field} must be {kinds}, not null" if "types" in facts else f"{field} may not be null"


def _sentence(field: str, keyword: str, facts: Mapping[str, Any], error: ValidationError, schema: Schema) -> str:
    limit = facts.get("limit")
    if keyword == "minLength" and limit == 1:
        return f"{field} must not be empty"
    if keyword in _COUNTED and isinstance(limit, int):
        how, noun = _COUNTED[keyword]
        return f"{field} must have {how} {counted(limit, noun)}"
    if keyword in _COMPARED:
        return f"{field} must be {_COMPARED[keyword]} {shown(limit)}"
    match keyword:
        case "type":
            return f"{field} must be {listed(_KINDS.get(kind, kind) for kind in facts['types'])}"
        case "format":
            form = facts["format"]
            return f"Invalid {form} format" + (f"; {_FORMS[form]}" if form in _FORMS else "")
        case "enum":
            return f"{field} must be {one_of(facts['options'], error.instance)}"
        case "pattern":
            return f"{field} {_pattern(facts['pattern'], _part(schema, list(error.schema_path)[:-1]))}"
        case "multipleOf":
            step = facts["multiple_of"]
            return f"{field} {_DECIMALS.get(step) or f'must be a multiple of {shown(step)}'}"
        case "uniqueItems":
            return f"{field} must not have the same item twice"
        case "anyOf" | "oneOf":
            return f"{field} {_alternatives(facts.get('context', ()), error.instance_path)}"
        case _:
            return f"{field} does not fit its schema ({keyword})"


def _pattern(pattern: str, schema: Schema) -> str:
    """In words, or by an example; the expression itself only where there is neither."""
    words, example = described(pattern), schema.get("example")
    fits = isinstance(example, str) and _matches(pattern, example)
    if words is not None:
        return f"{words}, such as {printable(str(example))}" if fits and " such as " not in words and "must not" not in words else words
    return f"must look like {quoted(example)}" if fits else f"must match the regular expression {printable(pattern)}"


def _matches(pattern: str, example: str) -> bool:
    try:
        return re.search(pattern, example) is not None
    except (re.error, RecursionError):
        return True  # it is of another dialect, and lint looks at examples


def _alternatives(contexts: Iterable[Iterable[ValidationError]], place: list[Any]) -> str:
    """By their kinds, where that is all that is wrong with each."""
    kinds: list[str] = []
    for errors in contexts:
        wrong = next((one.kind.as_dict()["types"] for one in errors if one.kind.name == "type" and one.instance_path == place), None)
        if wrong is None:
            return "fits none of its alternatives, or more than one"
        kinds += (_KINDS.get(kind, kind) for kind in wrong)
    return f"must be {listed(dict.fromkeys(kinds))}" if kinds else "fits more than one of its alternatives; only one may fit"


def one_of(options: Iterable[Any], sent: Any = None) -> str:
    """The options, and the one that was surely meant."""
    every = [option if isinstance(option, str) else shown(option) for option in options]
    named = every if len(every) <= _MOST_OPTIONS else [*every[:_MOST_OPTIONS], f"{len(every) - _MOST_OPTIONS} more"]
    found = _nearest(sent, [one for one in options if isinstance(one, str)]) if isinstance(sent, str) and len(sent) <= _LONGEST_NAME else None
    return listed(named) + (f"; did you mean {quoted(found)}?" if found else "")


def _nearest(sent: str, options: list[str]) -> str | None:
    """The option that differs in case, spaces or signs alone; else the one that begins so, or is most like it."""
    plain, wanted = {without_style(option): option for option in reversed(options)}, without_style(sent)
    if not wanted or wanted in plain:
        return plain.get(wanted)
    begun = [one for one in plain if len(wanted) >= _ENOUGH_TO_BEGIN and one.startswith(wanted)]
    close = begun if len(begun) == 1 else difflib.get_close_matches(wanted, plain, n=1, cutoff=0.6)
    return plain[close[0]] if close else None
