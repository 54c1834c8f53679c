"""Mutations of a body: of the value that it is, and of the bytes that it is written in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from tests.fuzzing.requests import Request
from tests.fuzzing.spellings import OF_SPELLINGS

TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\U0001f600", "\u202e", "\u0130", "e\u0301", "\ufeff", "\u2028", "\x7f", "\n", "'; --", "<script>",
    "../../etc/passwd",
    "${7*7}", "{{7*7}}", "%s%n", "null", "NaN", "-1", "0", "1e400", "true", "2024-02-30", "2024-13-01", "0000-00-00", "9999-12-31", "2024-1-1",
    "2024-01-15T10:00:00Z", "a@b", "@", "a@b.c", "A@EXAMPLE.COM", "http://", "https://[::1", "https://host:0/", "https://a b/", "ftp://host/",
    "javascript:1",
    "https://user:pw@host:65536/", "income", "Income ", "PAID", "_password", "__proto__",
)  # fmt: skip
LENGTHS = (254, 255, 256, 257, 1000, 9999, 10_000, 10_001, 70_000)
NUMBERS = ("0", "-0", "-0.0", "-1", "1", "1.0", "1.5", "0.001", "0.01", "99.995", "100", "100.01", "999999999.99", "999999999.995", "1000000000",
           "1000000",
           "1000001", "2147483648", "9007199254740991", "9007199254740992", "9007199254740993", "18446744073709551616", "1e2", "1E+2", "1e-2",
           "1e308", "1e309",
           "1e400", "-1e400", "1e-400", "1e999999999", "9" * 400, "0." + "0" * 400 + "1", "NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.",
           "0x10", "1_0",
           "--1", "true", "null", '"1"', "\u0661")  # fmt: skip
VALUES: tuple[Any, ...] = (None, True, False, 0, 1, -1, 1.5, "", "x", [], {}, [None], [[]], [{}], {"a": 1}, {"": None}, [1] * 101, {"id": 1})
NAMES = ("id", "created_at", "updated_at", "status", "amount", "invoice_number", "_paid", "_password", "_secret", "secret", "password", "", "a.b",
         "0", "items",
         "customers", "account", "email", "x" * 300, "\u6771", "\x00", "__class__", "customer_id", "role")  # fmt: skip
_NUMBER = re.compile(rb"(?<=[:\[,] )-?\d[\d.]*")
_HUGE = 1024 * 1024 + 1
Place = tuple[Any, Any]


def _mutated_value(dice: Random, request: Request) -> Request:
    """One place of the body, wherever in it, holds something else, stands elsewhere, or is not there."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return request
    places = list(_places(body))
    if not places:
        return replace(request, body=json.dumps(dice.choice(VALUES)).encode())
    holder, name = dice.choice(places)
    _CHANGES[dice.randrange(len(_CHANGES))](dice, holder, name)
    return replace(request, body=json.dumps(body, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass"))


def _places(value: Any) -> Iterator[Place]:
    """Every list or object within, with each of its keys."""
    if isinstance(value, dict | list):
        for name in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, name
            yield from _places(value[name])


def _other_value(dice: Random, holder: Any, name: Any) -> None:
    holder[name] = dice.choice(VALUES)


def _other_text(dice: Random, holder: Any, name: Any) -> None:
    holder[name] = dice.choice(TEXTS)


def _affixed(dice: Random, holder: Any, name: Any) -> None:
    if isinstance(holder[name], str):
        holder[name] = dice.choice((holder[name] + dice.choice(TEXTS), dice.choice(TEXTS) + holder[name], holder[name].upper(), holder[name][:-1]))


def _long_text(dice: Random, holder: Any, name: Any) -> None:
    holder[name] = dice.choice(("x", "\u6771", "\U0001f600", " ")) * dice.choice(LENGTHS)


def _missing(dice: Random, holder: Any, name: Any) -> None:
    del holder[name]


def _repeated(dice: Random, holder: Any, name: Any) -> None:
    if isinstance(holder, list):
        holder.extend([holder[name]] * dice.choice((1, 3, 99, 100, 120)))
    elif isinstance(holder[name], list):
        holder[name] = dice.choice(([], holder[name] * 2, holder[name] * 101))


def _extra_field(dice: Random, holder: Any, name: Any) -> None:
    if isinstance(holder, dict):
        holder[dice.choice(NAMES)] = dice.choice(VALUES)


def _renamed_field(dice: Random, holder: Any, name: Any) -> None:
    if isinstance(holder, dict):
        holder[dice.choice((name.upper(), name + " ", name[:-1], name + "\u200b", dice.choice(NAMES)))] = holder.pop(name)


def _wrapped(dice: Random, holder: Any, name: Any) -> None:
    holder[name] = dice.choice(([holder[name]], {"value": holder[name]}, json.dumps(holder[name])))


def _odd_reference(dice: Random, holder: Any, name: Any) -> None:
    holder[name] = dice.choice((0, -1, 10**6, 2**53 - 1, 2**53, 2**64, 1.0, "1"))


def _many_strangers(dice: Random, holder: Any, name: Any) -> None:
    if isinstance(holder, dict):
        holder.update({f"stranger{number}": number for number in range(dice.choice((2, 150)))})


_CHANGES = (
    _other_value,
    _other_text,
    _affixed,
    _long_text,
    _missing,
    _repeated,
    _extra_field,
    _renamed_field,
    _wrapped,
    _odd_reference,
    _many_strangers,
)


def _odd_number(dice: Random, request: Request) -> Request:
    found = list(_NUMBER.finditer(request.body))
    if not found:
        return request
    number = dice.choice(found)
    return replace(request, body=request.body[: number.start()] + dice.choice(NUMBERS).encode() + request.body[number.end() :])


def _flipped_bits(dice: Random, request: Request) -> Request:
    body = bytearray(request.body)
    for _ in range(dice.randint(1, 3) if body else 0):
        body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
    return replace(request, body=bytes(body))


def _spliced(dice: Random, request: Request) -> Request:
    body, odd = (
        request.body,
        (b"\x00", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"', b"\\", b"{", b"}", b"[", b",", b"\\ud800", b"\n", b"//", b"1"),
    )
    place = dice.randint(0, len(body))
    return replace(request, body=body[:place] + dice.choice(odd) * dice.choice((1, 1, 1, 1000)) + body[place + dice.randint(0, 2) :])


def _cut_short(dice: Random, request: Request) -> Request:
    return replace(request, body=request.body[: dice.randint(0, len(request.body))])


def _doubled(dice: Random, request: Request) -> Request:
    inner = request.body.strip(b"{} ")
    return replace(request, body=dice.choice((request.body * 2, b"{%b, %b}" % (inner, inner), b"[%b]" % request.body, request.body + b" x")))


def _deep(dice: Random, request: Request) -> Request:
    depth = dice.choice((50, 199, 200, 201, 5000))
    begin, end = dice.choice(((b"[", b"]"), (b'{"a":', b"}")))
    nest = begin * depth + b"1" + end * dice.choice((depth, depth - 1))
    return replace(request, body=dice.choice((nest, b'{"account": %b}' % nest, b'{"account": "A", "id": %b}' % nest)))


def _recoded(dice: Random, request: Request) -> Request:
    text = request.body.decode("utf-8", "replace")
    return replace(request, body=text.encode(dice.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7")), "replace"))


def _other_body(dice: Random, request: Request) -> Request:
    bodies = (b"", b" ", b"null", b"[]", b"{}", b"1", b'"x"', b"\x00", b"account=Jane", b"<a/>", dice.randbytes(40))
    return replace(request, body=dice.choice(bodies))


def _huge(dice: Random, request: Request) -> Request:
    # A megabyte takes its time, so that most are short of it by far.
    size = dice.choices((20_000, _HUGE - len(request.body) - 1, _HUGE), (20, 1, 1))[0]
    return replace(request, body=request.body + b" " * size)


def _in_pieces(dice: Random, request: Request) -> Request:
    return replace(request, cuts=tuple(dice.randint(0, len(request.body)) for _ in range(dice.choice((1, 2, 9)))))


def _left_behind(dice: Random, request: Request) -> Request:
    return replace(request, body=request.body[: dice.randint(0, len(request.body))], leaves=True)


OF_BODIES = (
    *(_mutated_value,) * 8, *(_odd_number,) * 2, _flipped_bits, _spliced, _cut_short, _doubled, _deep, _recoded, _other_body, _huge, _in_pieces,
    _left_behind, *OF_SPELLINGS,
)  # fmt: skip
