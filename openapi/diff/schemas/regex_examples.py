"""Texts that a regular expression may match: enough to show that two expressions differ, with no claim to be complete.

A small reader of the usual forms; what it makes is tried against the expression itself before anyone relies on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from openapi.diff.schemas.normalized_schema import matches

TRIVIAL = frozenset({"", ".*", "^.*$", "^.*", ".*$", "^", "$", "(.*)", "^(.*)$", r"^[\s\S]*$", r"[\s\S]*"})
"""Expressions that every text matches, or every one of a single line."""
_CLASSES = {"d": "0519", "w": "aZ_9", "s": " ", "D": "a-", "W": "- ", "S": "a0", "n": "\n", "t": "\t"}
_POOL = (
    "",
    "a",
    "A",
    "0",
    "abc",
    "ABC",
    "a b",
    "a-b",
    "a_b",
    "a.b",
    "123",
    "1234567890",
    "a1",
    "é",
    "-",
    " ",
    "2024-02-29",
    "user@example.com",
    "x" * 64,
)
_MOST = 40


def examples_of(patterns: set[str]) -> list[str]:
    """Texts that match them all, in a fixed order."""
    made = [_Reader(pattern, variant).text() for pattern in sorted(patterns) for variant in range(8)]
    return [text for text in dict.fromkeys([*made, *_POOL]) if all(matches(pattern, text) for pattern in patterns)]


def distinguishing(inner: set[str], outer: set[str]) -> str | None:
    """A text that matches all of the first, but not all of the second."""
    return next((text for text in examples_of(inner) if not all(matches(pattern, text) for pattern in outer)), None)


def readable(pattern: str) -> bool:
    """Whether Python can read it, so that what matches can be tried."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def narrower(inner: str, outer: str) -> bool:
    """Whether all that matches the first surely matches the second: rows of classes with counts, place by place."""
    one, other = _row(inner), _row(outer)
    if one is None or other is None or len(one) != len(other):
        return False
    return all(a.letters <= b.letters and a.least >= b.least and a.most <= b.most for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class _Place:
    letters: frozenset[str]
    least: int
    most: float


_ATOM = re.compile(r"(\[[^\]\\^][^\]\\]*\]|\\[dw]|[A-Za-z0-9_ @:/-])(\*|\+|\?|\{\d+(?:,\d*)?\})?")


def _row(pattern: str) -> list[_Place] | None:
    """The expression as a row of classes; None where it is anything else."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return None
    rest, places = pattern[1:-1], list[_Place]()
    while rest:
        found = _ATOM.match(rest)
        if found is None:
            return None
        least, most = _counts(found[2] or "")
        places.append(_Place(_letters(found[1]), least, most))
        rest = rest[found.end() :]
    return places


def _counts(mark: str) -> tuple[int, float]:
    plain = {"": (1, 1.0), "*": (0, float("inf")), "+": (1, float("inf")), "?": (0, 1.0)}
    if mark in plain:
        return plain[mark]
    least, comma, most = mark[1:-1].partition(",")
    return int(least), float(most) if most else float("inf") if comma else float(least)


def _letters(atom: str) -> frozenset[str]:
    if atom == r"\d":
        return frozenset("0123456789")
    if atom == r"\w":
        return frozenset(chr(code) for code in range(128) if chr(code).isalnum() or code == 95)
    if not atom.startswith("["):
        return frozenset(atom)
    body, letters, place = atom[1:-1], set[str](), 0
    while place < len(body):
        if place + 2 < len(body) and body[place + 1] == "-":
            letters |= {chr(code) for code in range(ord(body[place]), min(ord(body[place + 2]), 0x2FF) + 1)}
            place += 3
        else:
            letters.add(body[place])
            place += 1
    return frozenset(letters)


class _Reader:
    """Makes one text of an expression; the variant says which letter, which branch and how many times."""

    def __init__(self, pattern: str, variant: int) -> None:
        self._pattern, self._variant, self._at = pattern, variant, 0

    def text(self) -> str:
        try:
            return self._branches()[:1000]
        except (IndexError, ValueError, RecursionError):
            return ""

    def _branches(self) -> str:
        found = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            found.append(self._sequence())
        return found[self._variant % len(found)]

    def _peek(self) -> str:
        return self._pattern[self._at] if self._at < len(self._pattern) else ""

    def _sequence(self) -> str:
        made = ""
        while self._peek() not in ("", "|", ")"):
            made += self._times(self._atom())
        return made

    def _atom(self) -> str:
        letter = self._peek()
        self._at += 1
        if letter in "^$":
            return ""
        if letter == "(":
            if self._pattern.startswith("?", self._at):
                self._at = self._pattern.index(":", self._at) + 1 if self._pattern.startswith("?:", self._at) else self._pattern.index(")", self._at)
            inner = self._branches()
            self._at += 1
            return inner
        if letter == "[":
            return self._class()
        if letter == "\\":
            letter = self._peek()
            self._at += 1
            return "" if letter in "bBAZz" else self._pick(_CLASSES.get(letter, letter))
        return self._pick("aZ0-") if letter == "." else letter

    def _class(self) -> str:
        end = self._pattern.index("]", self._at + 1)
        body, self._at = self._pattern[self._at : end], end + 1
        if body.startswith("^"):
            return self._pick([letter for letter in "aZ0- _!" if letter not in body] or ["~"])
        for name, letters in _CLASSES.items():
            body = body.replace("\\" + name, letters)
        body = body.replace("\\", "")
        return self._pick([letter for place, letter in enumerate(body) if letter != "-" or place in (0, len(body) - 1)])

    def _pick(self, letters: str | list[str]) -> str:
        return letters[(self._variant // 2) % len(letters)]

    def _times(self, made: str) -> str:
        found = re.compile(r"[*+?]|\{\d+(?:,\d*)?\}").match(self._pattern, self._at)
        if found is None:
            return made
        self._at = found.end()
        if self._peek() in ("?", "+"):
            self._at += 1
        least, most = _counts(found[0])
        return made * (least if self._variant % 2 == 0 else int(min(most, least + 3 if most == float("inf") else most, _MOST)))
