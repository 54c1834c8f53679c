"""Turns the errors of a JSON Schema validator about an OpenAPI document into sentences for its author."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

from openapi.document import kind_of
from openapi.validation_errors import ValidationError
from openapi.vocabulary import nearest
from openapi.wording import quoted

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
}
_OF_ANOTHER_VERSION = {
    "const": "OpenAPI 3.0 has an `enum` of this one value",
    "examples": "OpenAPI 3.0 has `example`, with one of them",
    **dict.fromkeys(("definitions", "$defs"), "OpenAPI 3.0 keeps schemas under `components.schemas`"),
    **dict.fromkeys(
        (
            "$schema", "$id", "$anchor", "$comment", "if", "then", "else", "contains", "prefixItems", "propertyNames", "patternProperties",
            "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "contentEncoding", "contentMediaType",
        ),
        "it is a word of OpenAPI 3.1, for which 3.0 has none: leave it out",
    ),
}  # fmt: skip
_OF_NO_TYPE = {
    "null": ": OpenAPI 3.0 has `nullable: true` beside another type", "none": ": OpenAPI 3.0 has `nullable: true` beside another type",
    "any": ": leave it out where anything fits", "file": ": a file is `type: string` with `format: binary`",
    **{name: f": write `type: string` with `format: {name}`" for name in ("date", "date-time", "uuid", "email", "uri", "binary", "byte", "password")},
    "datetime": ": write `type: string` with `format: date-time`", "url": ": write `type: string` with `format: uri`",
    **{name: f": write `type: number` with `format: {name}`" for name in ("float", "double")}, "decimal": ": write `type: number`",
    **{name: f": write `type: integer` with `format: {form}`" for name, form in (("int32", "int32"), ("int64", "int64"), ("long", "int64"))},
    "list": ": write `type: array`, with its `items`", **dict.fromkeys(("dict", "map"), ": write `type: object`"), "text": ": write `type: string`",
}  # fmt: skip
"""What people write for a type, by the words of other languages."""
_MOST_NAMED = 12
_OF_OTHER_RULES = ("required", "enum", "tags", "parameters")
"""Lists whose duplicates have a rule of their own."""


def sentences(error: ValidationError, of_other_rules: Container[Any] = _OF_OTHER_RULES) -> Iterator[tuple[list[Any], str]]:
    """Each thing that one error says: the path of what is wrong, and a sentence."""
    path = list(error.absolute_path)
    if error.validator == "uniqueItems" and path[-1:] and path[-1] in of_other_rules:
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
    return kind_of(value) if isinstance(value, Mapping | list) else quoted(value)


def _required(error: ValidationError) -> str:
    name = re.match(r"'(.+)' is a required property", error.message, re.DOTALL)
    lacks = name[1] if name else str(error.validator_value)
    if lacks == "required" and isinstance(error.instance, Mapping) and error.instance.get("in") == "path":
        return "lacks `required: true`, which every parameter of a path has"
    return f"lacks `{lacks}`, which must be there"


def _type(error: ValidationError) -> str:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    said = f"must be {' or '.join(_TYPES.get(one, str(one)) for one in wanted)}, not {_shown(error.instance)}"
    word, value = next(reversed(list(error.absolute_path)), None), error.instance
    if word == "type" and isinstance(value, list):
        rest = [one for one in value if isinstance(one, str) and one != "null"]
        right = f"`type: {rest[0]}`" if len(rest) == 1 else "one type"
        return f"{said}: OpenAPI 3.0 has {right}" + (" with `nullable: true` beside it" if "null" in value else ", and `oneOf` for several")
    if word == "required" and isinstance(value, bool):
        listed = (
            "name it in the `required` list of the schema whose property it is"
            if value
            else "leave it out, since what no `required` names is optional"
        )
        return f"{said}: {listed}"
    if word in ("exclusiveMinimum", "exclusiveMaximum") and not isinstance(value, bool):
        bound = str(word).removeprefix("exclusive").lower()
        return f"{said}: OpenAPI 3.0 has `{bound}: {_shown(value)}` with `{word}: true` beside it"
    return said


def _enum(error: ValidationError) -> str:
    wanted = [str(one).lower() if isinstance(one, bool) else str(one) for one in error.validator_value]
    hint = f"; {_near(error.instance, wanted)}" if isinstance(error.instance, str) and len(wanted) > 1 else ""
    hint = hint if "did you mean" in hint else ""  # what is known stands before it already
    if next(reversed(list(error.absolute_path)), None) == "type" and isinstance(error.instance, str | None):
        hint = _OF_NO_TYPE.get(str(error.instance).lower(), hint)
    return f"must be {' or '.join(wanted)}, not {_shown(error.instance)}{hint}"


def _near(word: str, known: Iterable[str]) -> str:
    """What was meant; nothing where that is not nearly one of many."""
    names = list(known)
    alike = next((name for name in names if name.lower() == word.lower()), None)
    if alike is not None:
        return f"did you mean {quoted(alike)}?"
    near = nearest(word, names)
    return near if near.startswith("did") or len(names) <= _MOST_NAMED else "no word of OpenAPI 3.0 is near it"


def _unknown(error: ValidationError, path: list[Any]) -> Iterator[tuple[list[Any], str]]:
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
    patterns = list(error.schema.get("patternProperties", {})) if isinstance(error.schema, Mapping) else []
    if error.validator == "unevaluatedProperties":
        told = re.findall(r"'([^']*)'", error.message)
        names = [name for name in error.instance if name in told]
    else:
        names = [name for name in error.instance if name not in known and not any(re.search(pattern, str(name)) for pattern in patterns)]
    known += [name for pattern in patterns if (listed := re.fullmatch(r"\^\(([\w|]+)\)\$", pattern)) for name in listed[1].split("|")]
    for name in names or [None]:
        if name == "$ref" and isinstance(error.instance[name], str):
            put = ": put it below `schema`" if "schema" in known else ": write out what it refers to"
            yield [*path, name], f"`$ref` may not stand in {_name(path)}{put}"
            continue
        if name == "$ref":
            yield [*path, name], f"`$ref` must be text such as '#/components/schemas/Name', not {_shown(error.instance[name])}"
            continue
        what = f"`{name}` may not stand" if name is not None else "there is a word that may not stand"
        yield ([*path, name] if name is not None else path), f"{what} in {_name(path)}{_instead(name, path, known, patterns)}"


def _instead(name: Any, path: list[Any], known: list[str], patterns: list[str]) -> str:
    """What would be right there."""
    if name is None:
        return ""
    if path[-1:] == ["paths"]:
        return f": a path begins with a slash, as in `/{name}`"
    if path[-1:] == ["responses"]:
        return ": an answer is called by its status, such as '200'"
    if "nullable" in known and name in _OF_ANOTHER_VERSION:
        return f": {_OF_ANOTHER_VERSION[name]}"
    if known:
        return f"; {_near(str(name), known)}"
    return f"; names have the form {' or '.join(patterns)}" if patterns else ""


def _not(error: ValidationError) -> str:
    """Of a schema that forbids words to stand together."""
    refused = error.validator_value if isinstance(error.validator_value, Mapping) else {}
    forms = [refused, *(one for one in refused.get("anyOf", ()) if isinstance(one, Mapping))]
    for names in (form.get("required", ()) for form in forms):
        if names and isinstance(error.instance, Mapping) and all(name in error.instance for name in names):
            return f"holds {' and '.join(f'`{name}`' for name in names)}, which may not stand together: keep one of them"
    return "may not say this here"


def _otherwise(error: ValidationError) -> str:
    limit = _LIMITS.get(str(error.validator))
    if error.validator == "minimum" and isinstance(error.schema, Mapping) and error.schema.get("exclusiveMinimum"):
        return f"must be above {_shown(error.validator_value)}, not {_shown(error.instance)}"
    if limit is None:
        return "is not what OpenAPI allows here"
    hint = ": leave it out where nothing is required" if error.validator == "minItems" and list(error.absolute_path)[-1:] == ["required"] else ""
    return limit.format(_shown(error.validator_value)) + hint


def _dependencies(error: ValidationError) -> str:
    """Of a word that means something beside another one alone."""
    needs = error.validator_value if isinstance(error.validator_value, Mapping) else {}
    for word, others in needs.items():
        lacking = [one for one in others if one not in error.instance] if word in error.instance else []
        if lacking:
            return f"holds `{word}`, which says nothing without `{lacking[0]}`: write both, or neither"
    return "is not what OpenAPI allows here"


_SAY: Mapping[str, Callable[[ValidationError], str]] = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": lambda error: f"must be {_shown(error.validator_value)}, not {_shown(error.instance)}",
    "pattern": lambda error: f"must have the form {error.validator_value}, which {_shown(error.instance)} has not",
    "format": lambda error: (
        f"is no regular expression: check the brackets and backslashes of {_shown(error.instance)}"
        if error.validator_value == "regex"
        else f"must be of the form {error.validator_value}, and {_shown(error.instance)} is not"
    ),
    "not": _not,
    "dependencies": _dependencies,
    "uniqueItems": lambda error: "holds something twice: keep one of the two",
    "oneOf": lambda error: "can be read in more than one way: keep the words of one of them",
}
