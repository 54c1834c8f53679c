"""Texts: a text is returned exactly as it was sent, in any script, with any digits and of any length."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from contract_tests.errors import Unable
from contract_tests.judging.lists import as_sent, creations, remember_unchanged
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import Needs, promise
from openapi.contract import Operation
from openapi.schemas import Schema

_WRITES = Needs(writes=True)
_SIGNS = " Zoë 🧾 שלום e\u0301 \"<b>'&amp;\\ 100% ;--\t\n. "
_DIGITS = "0050100"
Writer = Callable[[Schema, int], str]
"""Makes a text for a field; the number counts the fields of its object."""


def _takes_text(operation: Operation) -> bool:
    return _any_text(operation.body or {})


def _any_text(schema: Schema) -> bool:
    parts = [part for part in schema.get("properties", {}).values() if not part.keys() & {"readOnly", "writeOnly"}]
    return any(_is_text(part) or _any_text(part.get("items", part)) for part in parts)


def _is_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and not schema.keys() & {"format", "enum"}


@promise("texts-signs", family="state", documented="Core Resources: create", cases=creations(_takes_text), needs=_WRITES, weight=7)
def texts_of_any_script_come_back(probe: Probe, operation: Operation) -> None:
    """Texts come back sign for sign: any script, emoji, quotes, spaces at both ends, capitals in an e-mail."""
    _comes_back(probe, operation, lambda schema, place: _SIGNS)


@promise("texts-digits", family="state", documented="Core Resources: create", cases=creations(_takes_text), needs=_WRITES, weight=7)
def texts_of_digits_stay_texts(probe: Probe, operation: Operation) -> None:
    """A text of digits, such as a postal code, keeps its zeros; an empty text stays an empty text."""
    _comes_back(probe, operation, lambda schema, place: "" if place % 3 == 1 and not schema.get("minLength") else _DIGITS)


@promise("texts-long", family="state", inferred="bounds", cases=creations(_takes_text), needs=_WRITES, weight=3)
def texts_of_the_greatest_length_come_back(probe: Probe, operation: Operation) -> None:
    """A text may be as long as the contract allows, and comes back whole."""
    _comes_back(probe, operation, lambda schema, place: "é" * (schema.get("maxLength", 200) - 1) + "z")


def _comes_back(probe: Probe, operation: Operation, text: Writer) -> None:
    body = probe.body(operation.resource)
    schema = probe.resource(operation.resource).input
    if not _write(body, schema, text, probe.unlike(operation.resource)):
        raise Unable("no field of it takes any text")
    exchange = probe.call(operation, json=body)
    probe.require(exchange.status == 201, exchange, "201, since the contract allows these texts")
    made = remember_unchanged(probe, probe.created(operation.resource, body, exchange))
    as_sent(probe, operation, made)


def _write(value: Any, schema: Schema, text: Writer, spared: tuple[str, ...]) -> int:
    """Puts a text into every field that takes one, in the lists too; returns how many."""
    written = 0
    if isinstance(value, list):
        return sum(_write(item, schema.get("items", {}), text, ()) for item in value)
    for name, part in schema.get("properties", {}).items() if isinstance(value, dict) else ():
        if name not in value or name in spared or part.get("writeOnly") or part.get("readOnly"):
            continue
        if part.get("type") in ("array", "object"):
            written += _write(value[name], part, text, ())
        elif part.get("format") == "email":
            value[name] = value[name].partition("@")[0].title() + "@" + value[name].partition("@")[2]
        elif _is_text(part):
            new = text(part, written)
            if part.get("minLength", 0) <= len(new) <= part.get("maxLength", len(new)) and re.search(part.get("pattern", ""), new):
                value[name] = new
                written += 1
    return written
