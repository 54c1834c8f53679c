"""Mutations of what a body holds: its numbers in every spelling of JSON, and fields with the names of the server's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from tests.fuzzing.requests import Request

INTEGERS = (0, 1, 2, 7, 20, 100, 1000, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**39)
SPELLED = ("7e0", "70e-1", "7.0", "7.000", "0.7E+1", "700E-2",
           "-0", "-0.0", "0e0", "1E+2", "1e3", "1E-0", "1e400", "-1e400", "1e-400", "1e308", "1e309",
           "-1e-99999999", "1e99999999", "1" + "0" * 39, "1234567890" * 4, "0." + "1234567890" * 4, "0.1" + "0" * 400 + "1", "0.10000000000000001",
           "9007199254740993.0", "9.223372036854775807e18", "9223372036854775808.0", "18446744073709551616e0", "1.7976931348623157e308")  # fmt: skip
PRIVATE = ("_paid", "_secret", "_disabled", "_password", "_old_secret", "_old_until", "_anything", "_", "__proto__", "__class__", "_id")
HELD: tuple[Any, ...] = (0, 5, 1e6, -1, "x", "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw", None, True, [], {}, {"at": "now", "reason": "gone"})
_NUMBER = re.compile(rb"(?<=[:\[,] )-?\d[\d.]*")


def spelled_anew(dice: Random, request: Request) -> Request:
    """Every number of the body keeps its value, and loses its spelling."""
    return replace(request, body=_NUMBER.sub(lambda found: _spelling(dice, found[0].decode()).encode(), request.body))


def another_number(dice: Random, request: Request) -> Request:
    """One number of the body is another, in some spelling."""
    found = list(_NUMBER.finditer(request.body))
    if not found:
        return request
    place = dice.choice(found)
    number = dice.choice(SPELLED) if dice.random() < 0.6 else _spelling(dice, str(dice.choice((1, -1)) * dice.choice(INTEGERS)))
    return replace(request, body=request.body[: place.start()] + number.encode() + request.body[place.end() :])


def a_private_field(dice: Random, request: Request) -> Request:
    """Somewhere in the body stands a field that is the server's."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return request
    holders = list(_objects(body))
    if not holders:
        return request
    dice.choice(holders)[dice.choice(PRIVATE)] = dice.choice(HELD)
    return replace(request, body=json.dumps(body).encode())


def _spelling(dice: Random, number: str) -> str:
    """The same number, written otherwise."""
    shift = dice.choice((0, 1, 2, 5))
    sign, digits = ("-", number[1:]) if number.startswith("-") else ("", number)
    whole, _, rest = digits.partition(".")
    mark = dice.choice("eE")
    match dice.randrange(5):
        case 0 if not rest:
            return f"{number}.{'0' * dice.choice((1, 3, 40))}"
        case 1:
            return f"{number}{mark}{dice.choice(('', '+', '-'))}{'0' * dice.choice((1, 2))}"
        case 2 if not rest and number != "0":
            return f"{number}{'0' * shift}{mark}-{shift}"
        case 3 if len(whole) > 1:
            return f"{sign}{whole[0]}.{whole[1:]}{rest}{mark}+{len(whole) - 1}"
        case 4 if whole != "0":
            return f"{sign}0.{'0' * shift}{whole}{rest}{mark}{len(whole) + shift}"
        case _:
            return number


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _objects(part)


OF_SPELLINGS = (spelled_anew, *(another_number,) * 2, a_private_field)
