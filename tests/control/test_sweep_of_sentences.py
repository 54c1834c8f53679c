"""Hundreds of bad requests, made from our own documents: no answer to any of them shows how the server is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from openapi.contract import Contract, Operation, Parameter
from openapi.reader import load_contract
from sandbox.control.application import FILE
from tests.asgi import BASE, Reply
from tests.control.plane import CONTROL, Plane

OURS = {BASE: load_contract(), CONTROL: load_contract(FILE)}
LONG, DEEP = "x" * 20_000, [[[[None]]]]
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e300, 2**70, "", " ", "x", "None", LONG, "2024-02-30", "\x00", "\n", "\ud7ff", "not/a url", [], [None], [1, 1],
    ["x", "x"], DEEP, {}, {"a": None}, {"True": True},
)  # fmt: skip
TEXTS = ("", "x", "0", "-1", "1.5", "1e400", "None", "True", "%FF", "%00", "unpaid", "x" * 300, "2024-13-01", "99999999999999999999")
NAMES = ("per_page", "Page", "customerId", "None", "__class__", "", "a.b", "x" * 300, "%0A", "items[0]")
RAW = (
    b"", b"{", b"[]", b"null", b"None", b"True", b"'x'", b"1", b'"x"', b'{"a": None}', b'{"a": NaN}', b'{"a": 1e400}', b"a=b", b"\xff",
    b"\xef\xbb\xbf{}",    b"<x/>", b'{"a": 1,}', b"[" * 1_000, b'{"a": 1, "a": 2}', b"{} {}",
)  # fmt: skip
OF_PYTHON = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|Decimal|<class|\bdict\b|\btuple\b|\bstr\b|\bint\b|\bfloat\b|\binf\b|\bnan\b|Error\b|Traceback|0x[0-9a-f]{6}"
    r"|\{'|\['|\('|\(\d+,\)"
)
OF_A_PATTERN = re.compile(r"\^\[|\[\^|\\[dwsS]|\(\?|\]\{|\]\+|\]\*|\^\\|\+\$")
OF_ONE = re.compile(r"\b1 (?!less)[a-z]+s\b|\b(?:[02-9]|\d\d+) (?:character|item|field|byte|second|request|time|object)\b|\bone [a-z]+s (?!or )")
NOT_ECHOED = ("None", "True", "False", "inf", "nan")


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    plane = Plane(scenario="demo", rate_limit=(1_000_000, 3600))
    yield plane
    plane.close()


def said(reply: Reply) -> dict[str, str]:
    """Every sentence of an answer, by its place."""
    told = reply.json
    return {**told.get("errors", {}), "message": told["message"]} if not told.get("success", False) else {}


def bad(base: str, operation: Operation) -> Iterator[dict[str, Any]]:
    path = re.sub(r"\{[^}]*\}", "1", operation.path)
    good = _example(OURS[base], operation)
    for name, value in _parameters(operation.parameters):
        yield {"target": f"{path}?{name}={value}"}
    yield {"target": re.sub(r"\{[^}]*\}", "None", operation.path)}
    if operation.body is None:
        return
    for raw in RAW:
        yield {"target": path, "body": raw, "headers": {"content-type": "application/json"}}
    for value in VALUES:
        for body in _with(good, value):
            yield {"target": path, "body": json.dumps(body).encode(), "headers": {"content-type": "application/json"}}


def _parameters(known: Iterable[Parameter]) -> Iterator[tuple[str, str]]:
    yield from ((one.name, value) for one in known if one.place == "query" for value in TEXTS)
    yield from ((name, "1") for name in NAMES)
    yield from ((one.name, f"1&{one.name}=1") for one in known if one.place == "query")


def _example(contract: Contract, operation: Operation) -> Any:
    """What the document gives as a request, or one of its own fields."""
    media = contract.document["paths"][operation.path][operation.method.lower()].get("requestBody", {}).get("content", {})
    node = media.get("application/json", {})
    examples = [one["value"] for one in node.get("examples", {}).values() if "value" in one]
    return node.get("example") or next(iter(examples), None) or dict.fromkeys((operation.body or {}).get("properties", {}), 1)


def _with(good: Any, value: Any) -> Iterator[Any]:
    """The value in the place of each part of a good body, beside them, and of the whole."""
    yield value
    if isinstance(good, Mapping):
        yield {**good, "nme": value}
        for name, part in good.items():
            yield {key: kept for key, kept in good.items() if key != name}
            yield from ({**good, name: one} for one in _with(part, value))
    elif isinstance(good, list) and good:
        yield from ([one, *good[1:]] for one in _with(good[0], value))
        yield [*good, value]


CASES = [(base, operation) for base, contract in OURS.items() for operation in contract.operations.values() if operation.id != "uploadSnapshot"]


@pytest.mark.parametrize(("base", "operation"), CASES, ids=[operation.id for _, operation in CASES])
def test_no_answer_shows_how_the_server_is_written(plane: Plane, base: str, operation: Operation) -> None:
    refused = 0
    for request in bad(base, operation):
        plane.base = base
        reply = plane.send(operation.method, key="sbx_test_administrator", **request)
        assert reply.status < 500, request
        if reply.status < 400:
            continue
        refused += 1
        for place, sentence in said(reply).items():
            shown = _without_what_was_sent(sentence, request)
            assert not OF_PYTHON.search(shown), (request, place, sentence)
            assert not OF_A_PATTERN.search(sentence), (request, place, sentence)
            assert not OF_ONE.search(shown), (request, place, sentence)
            assert len(sentence) < 500, (request, place)
    assert refused >= len(NAMES)


def _without_what_was_sent(sentence: str, request: Mapping[str, Any]) -> str:
    """A name that the client itself gave is shown, and a Python word in it is the client's own."""
    for name in NOT_ECHOED:
        if name in request["target"] or name.encode() in request.get("body", b""):
            sentence = re.sub(rf"'?\b{name}\b'?(?= is not a | is no |; |, |$)|(?<=[ /']){name}\b", "…", sentence)
    return sentence


def test_the_sweep_is_wide() -> None:
    counted = [sum(1 for _ in bad(base, operation)) for base, operation in CASES]
    assert sum(counted) > 5_000
    assert len(counted) > 40


def test_the_sweep_finds_what_it_looks_for() -> None:
    for sentence in ("Amount must be None", "It is ['a', 'b']", "Port: Expected int", "Decimal('1')", "<class 'str'>", "inf is too much", "(1,)"):
        assert OF_PYTHON.search(sentence), sentence
    for sentence in ("Url must match ^[Hh][Tt]+", r"Date must match ^\d{4}$", "Name must match [A-Z]{3}", "[^x]"):
        assert OF_A_PATTERN.search(sentence), sentence
    for sentence in ("at most 1 items", "1 of invoices refer, 1 bytes", "2 second", "one invoices refer"):
        assert OF_ONE.search(sentence), sentence
