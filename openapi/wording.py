"""How names, values, counts and lists are written in messages: never in Python syntax."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

LONGEST = 200
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "indices": "index", "taxes": "tax",
    "movies": "movie", "analyses": "analysis", "quizzes": "quiz",
}  # fmt: skip
_OR = " | "
_TYPES = {
    "int": "a whole number", "float": "a number", "str": "a text", "bool": "true or false", "null": "null", "array": "a list", "object": "an object",
}  # fmt: skip
_NO_PLURALS = ("ss", "us", "news", "series", "species")
_NEEDS_ES = ("s", "x", "z", "ch", "sh")
_IES = re.compile(r"[^aeiou]ies$")
_Y = re.compile(r"[^aeiou]y$")


def quoted(name: object, most: int = LONGEST) -> str:
    """A name, or a text that somebody wrote, between single quotes; what is no text as JSON writes it."""
    return f"'{printable(name, most)}'" if isinstance(name, str) else shown(name, most)


def printable(text: str, most: int = LONGEST) -> str:
    """A text on one line; cut where it is long, and with what cannot be seen as an escape."""
    return _printable(_cut(text, most))


def shown(value: Any, most: int = LONGEST) -> str:
    """A value as JSON writes it, so `true`, `null` and `"text"`; cut where it is long."""
    return _printable(_cut(_json(value), most))


def terminal_safe(value: object) -> str:
    """What a terminal shows and does not obey, as long as it was: a label may hold anything. None is empty."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def counted(number: int, noun: str) -> str:
    """`1 request`, `2 requests`, `0 entries`; the noun is given in the singular."""
    return f"{number} {noun if number == 1 else plural(noun)}"


def was_or_were(number: int) -> str:
    """The verb behind a count in the past."""
    return "was" if number == 1 else "were"


def of_a_collection(number: int, collection: str) -> str:
    """`one invoice`, `2 invoices`; a collection whose name is no plural has `one object of staff`."""
    name = collection.replace("_", " ")
    if number != 1:
        return f"{number} {name}" if singular(name) else f"{number} objects of {name}"
    return f"one {singular(name) or f'object of {name}'}"


def plural(noun: str) -> str:
    """Of a singular, such as `entry`; of several words the last is changed."""
    known = next((many for many, one in _IRREGULAR.items() if one == noun), None)
    if known is not None:
        return known
    if _Y.search(noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(_NEEDS_ES) else f"{noun}s"


def singular(noun: str) -> str | None:
    """Of a plural, such as `entries`; None where it does not look like one."""
    *before, last = re.split(r"(?<=[ _-])", noun)
    found = _IRREGULAR.get(last)
    if found is None and len(last) > 2 and last.endswith("s") and not last.endswith(_NO_PLURALS):
        if _IES.search(last) and len(last) > 4:
            found = f"{last[:-3]}y"
        elif last.endswith(("sses", "xes", "zzes", "ches", "shes", "tuses", "buses")):
            found = last[:-2]
        else:
            found = last[:-1]
    return None if found is None else "".join((*before, found))


def listed(words: Iterable[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *most, end = (*words,) or ("nothing",)
    return f"{', '.join(most)} {last} {end}" if most else end


def in_json_words(message: str) -> str:
    """What msgspec says, with its types of Python in words: `Expected a text, got a whole number`."""
    told = re.sub(r"(Expected|got) `([a-z | ]+)`", lambda found: f"{found[1]} {listed(_TYPES.get(one, one) for one in found[2].split(_OR))}", message)
    return re.sub(r" - at `(?:\$\.?)?([^`]*)`$", lambda found: f" at {found[1]}" if found[1] else "", told).replace("`", "'")


def _json(value: Any) -> str:
    """A mapping's names may be anything, and what JSON has no form for comes as near as it can."""
    match value:
        case Mapping():
            return f"{{{', '.join(f'{_json(str(name))}: {_json(part)}' for name, part in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_json, value))}]"
        case set() | frozenset():
            return _json(sorted(value, key=str))
        case _:
            return _json_of_one(value)


def _json_of_one(value: Any) -> str:
    if isinstance(value, Enum):
        return _json_of_one(value.value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float | Decimal):
        # Python's own words for what is no number, in the form that JavaScript has for it.
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(str(value), str(value))
    if isinstance(value, datetime):
        return f'"{value.isoformat().replace("+00:00", "Z")}"'
    return json.dumps(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value), ensure_ascii=False)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0]):04x}"), text)
