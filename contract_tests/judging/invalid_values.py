"""Values that break a schema, each in one way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from contract_tests.judging.bounds import UPPER
from openapi.schemas import Schema

LEFT_OUT: Any = object()
STATED, USELESS = "stated", "useless"
_STRANGE = "contract-tests"
_FORMS = {"date": "2031-02-30", "date-time": "2031-02-30T09:00:00", "email": "nobody.example", "uri": "no address", "uuid": "0"}
"""For a format a text that has another; the dates are of no calendar."""
_LONGEST_LABEL = 60


class Wrong(NamedTuple):
    """A value that breaks a schema: what is wrong, and which bound it breaks, as in `InvalidValue`."""

    what: str
    value: Any
    bound: str | None = None


def wrong_values(schema: Schema, sample: Any, *, odd: bool) -> Iterator[Wrong]:
    """Values that break the schema, and what each breaks. Neighbours differ in the type that is sent instead of theirs."""
    match schema.get("type"):
        case "string":
            yield Wrong("null", None) if odd else Wrong("a number", 7)
            yield from wrong_texts(schema, sample if isinstance(sample, str) else _STRANGE)
        case "integer" | "number":
            yield Wrong("a text", "1")
            yield from wrong_numbers(schema, sample if isinstance(sample, int | float) else 1)
        case "boolean":
            yield Wrong("a text", "yes")
        case "array":
            yield Wrong("an object", {})
            yield from _wrong_lists(schema, sample if isinstance(sample, list) and sample else [None])
        case "object":
            yield Wrong("a list", [])


def wrong_texts(schema: Schema, sample: str) -> Iterator[Wrong]:
    form = schema.get("format", "")
    if "enum" in schema:
        yield Wrong("none of the values", _STRANGE)
        if sample.swapcase() not in schema["enum"]:
            yield Wrong("a value in the wrong case", sample.swapcase())
        return
    if form in _FORMS:
        yield Wrong(f"no {form}", _FORMS[form])
    if least := schema.get("minLength", 0):
        yield Wrong(f"shorter than {least}", "x" * (least - 1), STATED)
    if "maxLength" in schema:
        yield Wrong(f"longer than {schema['maxLength']}", _longer(form, sample, schema["maxLength"]), USELESS if form == "email" else "long")
    if "pattern" in schema:
        known = re.compile(schema["pattern"])
        strange = ("ftp://contract-tests.example/x", f"{sample}\0", "!", "x")
        if value := next((text for text in strange if not known.search(text)), None):
            yield Wrong(f"not of the pattern {schema['pattern']}", value, STATED)


def _longer(form: str, sample: str, longest: int) -> str:
    """A text of one character too many that is else of its form."""
    if form == "email" and longest > 200:
        labels = "x" * (longest + 1 - len("local@.example"))
        parts = [labels[start : start + _LONGEST_LABEL] for start in range(0, len(labels), _LONGEST_LABEL + 1)]
        domain = ".".join(parts)
        return f"local@{domain}.example".rjust(longest + 1, "x")
    if form in ("uri", "url") or "://" in sample:
        return sample.ljust(longest + 1, "x")
    return "x" * (longest + 1)


def wrong_numbers(schema: Schema, sample: float) -> Iterator[Wrong]:
    whole = schema.get("type") == "integer"
    step = Decimal(str(schema.get("multipleOf", 1 if whole else "0.01")))
    for word, exclusive, beyond, sentence in (
        ("minimum", "exclusiveMinimum", -step, "below"),
        ("maximum", "exclusiveMaximum", step, "above"),
    ):
        if word in schema:
            bound = Decimal(str(schema[word]))
            value = bound if schema.get(exclusive) else bound + beyond
            what = f"{sentence} {'or at ' if schema.get(exclusive) else ''}{schema[word]}"
            yield Wrong(what, int(value) if whole else float(value), _bound_of(schema, word, bool(schema.get(exclusive))))
    if "multipleOf" in schema and not whole:
        yield Wrong(f"no multiple of {schema['multipleOf']}", float(Decimal(str(sample)) + step / 2), STATED)


def _bound_of(schema: Schema, word: str, exclusive: bool) -> str | None:
    """That an amount is greater than 0 is documented."""
    if word == "minimum":
        return None if exclusive else STATED
    return USELESS if "x-ref" in schema else UPPER[word]


def _wrong_lists(schema: Schema, sample: list[Any]) -> Iterator[Wrong]:
    if schema.get("minItems"):
        yield Wrong("with too few items", [*sample[: schema["minItems"] - 1]], STATED)
    if schema.get("uniqueItems"):
        yield Wrong("with one item twice", [sample[0], sample[0]], UPPER["uniqueItems"])
    elif "maxItems" in schema:
        yield Wrong(f"with more than {schema['maxItems']} items", [_brief(schema, sample[0])] * (schema["maxItems"] + 1), UPPER["maxItems"])


def _brief(schema: Schema, item: Any) -> Any:
    """The item with no more than it must have."""
    required = schema.get("items", {}).get("required", ())
    return {name: item[name] for name in required if name in item} if isinstance(item, dict) else item
