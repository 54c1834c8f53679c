"""Search: a term is searched literally, in exactly the fields that the contract names."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import ids, listed, lists, newest, total, with_action
from contract_tests.judging.probe import CreatedObject, Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Needs, promise, reading
from openapi.contract import Operation, Parameter
from openapi.schemas import Schema
from openapi.wording import quoted

_WRITES = Needs(writes=True)


def _searched(operation: Operation) -> bool:
    return any(one.search for one in operation.parameters)


@dataclass(frozen=True)
class Hidden:
    """An object whose texts nobody else uses, and the parameter by which they are looked up."""

    made: CreatedObject
    parameter: Parameter

    def part(self, field: str, reading: str) -> str:
        """A part of a field's text that should find it: from its middle, or from its beginning where only that is looked at."""
        text = str(self.made.document.get(field, self.made.sent.get(field)))
        return text[:8] if reading == "prefix" else text[2:10]


@reading("search", family="filters", needs=_WRITES, weight=8)
def what_search_matches(probe: Probe) -> str:
    """A term is found anywhere in a field."""
    heard: list[Heard] = []
    for operation in filter(_searched, with_action(probe.contract, "list")):
        one = _hidden(probe, operation)
        for field in one.parameter.search:
            code: str | None = None
            for code in ("substring", "prefix"):
                found, page = _found(probe, operation, one, one.part(field, code))
                if found:
                    break
            heard.append((code if found else None, page))
    return overall_reading(probe, "search", heard)


@promise("search-fields", family="filters", documented="List All Customers: search", cases=lists(_searched), needs=_WRITES, weight=7)
def a_term_is_found_in_each_field_and_no_other(probe: Probe, operation: Operation) -> None:
    """Search finds an object by each of the fields that are searched, by no other field, and nothing that lacks the term."""
    one, code = _hidden(probe, operation), probe.reading("search")
    for field in one.parameter.search:
        term = one.part(field, code)
        found, page = _found(probe, operation, one, term)
        probe.check(found, page, f"the object {one.made.id}, whose {field} holds {quoted(term)}", before=(one.made.exchange,))
        _only(probe, one, page, term)
    others = [name for name in _texts(probe, operation) if name not in one.parameter.search]
    if others:
        term = str(one.made.sent[others[-1]])[:8]
        found, page = _found(probe, operation, one, term)
        probe.check(
            not found, page, f"nothing, since neither {' nor '.join(others)} is searched", f"the object {one.made.id}", before=(one.made.exchange,)
        )


@promise("search-case", family="filters", inferred="search", cases=lists(_searched), needs=_WRITES, weight=6)
def a_term_is_found_in_any_case(probe: Probe, operation: Operation) -> None:
    """Upper and lower case make no difference to a search."""
    one, code = _hidden(probe, operation), probe.reading("search")
    for place, field in enumerate(one.parameter.search):
        term = one.part(field, code)
        other = term.swapcase() if place % 2 else term.upper()
        found, page = _found(probe, operation, one, other)
        probe.check(found, page, f"the object {one.made.id}, whose {field} holds {quoted(term)}", before=(one.made.exchange,))


@promise("search-literal", family="filters", inferred="search", cases=lists(_searched), needs=_WRITES, weight=5)
def a_term_means_nothing_but_itself(probe: Probe, operation: Operation) -> None:
    """The signs of a term are looked up as they stand; a term that is nowhere finds nothing."""
    one = _hidden(probe, operation)
    field = one.parameter.search[0]
    whole = str(one.made.sent[field])
    nowhere = "".join(probe.random.choices(string.ascii_lowercase, k=14))
    joined = "".join(str(one.made.sent[name]) for name in one.parameter.search[:2])[len(whole) - 4 : len(whole) + 4]
    for term in ("%", "_", f"{whole[:6]} {nowhere}", joined):
        _only(probe, one, listed(probe, operation, {one.parameter.name: term}), term)
    page = listed(probe, operation, {one.parameter.name: nowhere})
    meta = page.got.envelope.get("meta")
    none = not page.got.rows and total(page) == 0 and (not isinstance(meta, dict) or meta.get("total_pages") == 0)
    probe.check(none, page, "nothing: an empty data, 0 records, 0 pages", f"{len(page.got.rows)} rows, {quoted(meta)}")
    found, page = _found(probe, operation, one, whole)
    probe.check(found and total(page) == len(page.got.rows), page, f"the object {one.made.id} by its whole {field}", before=(one.made.exchange,))


@promise("search-empty", family="filters", inferred="search", cases=lists(_searched), weight=4)
def an_empty_term_gives_the_whole_list(probe: Probe, operation: Operation) -> None:
    """An empty search gives the whole list."""
    parameter = next(one for one in operation.parameters if one.search)
    whole, empty = listed(probe, operation, {}), listed(probe, operation, {parameter.name: ""})
    seen = (ids(empty.got.rows), total(empty))
    probe.check(seen == (ids(whole.got.rows), total(whole)), empty, f"all {total(whole)} objects", f"{total(empty)} objects", before=(whole,))


def _hidden(probe: Probe, operation: Operation) -> Hidden:
    """Made once for a run: its texts are of letters that occur nowhere else, the same in all fields that are not searched."""
    occasion = f"searched by {operation.id}"
    if occasion not in probe.context.unchanged:
        texts = _texts(probe, operation)
        given: dict[str, Any] = {name: _own_text(probe, schema) for name, schema in texts.items()}
        searched = next(one.search for one in operation.parameters if one.search)
        elsewhere = next((given[name] for name in given if name not in searched), "")
        given |= {name: elsewhere[: schema.get("maxLength", 40)] for name, schema in texts.items() if name not in searched}
        probe.context.unchanged[occasion] = [probe.make(operation.resource, **given)]
    return Hidden(probe.context.unchanged[occasion][0], next(one for one in operation.parameters if one.search))


def _texts(probe: Probe, operation: Operation) -> dict[str, Schema]:
    properties = probe.resource(operation.resource).input.get("properties", {})
    searched = next(one.search for one in operation.parameters if one.search)
    return {
        name: schema
        for name, schema in properties.items()
        if schema.get("type") == "string" and not schema.get("readOnly") and "enum" not in schema and (name in searched or "format" not in schema)
    }


def _own_text(probe: Probe, schema: Schema) -> str:
    first, second = ("".join(probe.random.choices(string.ascii_lowercase, k=10)) for _ in range(2))
    if schema.get("format") == "email":
        return f"{first}.{second}@contract-tests.example"
    return f"{first.capitalize()} {second}"[: schema.get("maxLength", 40)]


def _found(probe: Probe, operation: Operation, one: Hidden, term: str) -> tuple[bool, Exchange]:
    rows, page = newest(probe, operation, {one.parameter.name: term})
    return one.made.id in ids(rows), page


def _only(probe: Probe, one: Hidden, page: Exchange, term: str) -> None:
    """Every row holds the term in a field that is searched, at its beginning where only that is looked at."""
    wanted, prefix = term.casefold(), probe.reading("search") == "prefix"
    for row in page.got.rows:
        texts: Sequence[str] = [str(row.get(field, "")).casefold() for field in one.parameter.search] if isinstance(row, dict) else []
        fit = any(text.startswith(wanted) if prefix else wanted in text for text in texts)
        probe.check(fit, page, f"only objects with {quoted(term)} in {', '.join(one.parameter.search)}", quoted(row))
