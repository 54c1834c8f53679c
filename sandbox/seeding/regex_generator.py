"""Makes a text that a regular expression matches, for the everyday part of the language: classes, groups, repetitions.

What it does not know (look-arounds, back-references) makes no text; a field with such a pattern needs an `example`.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random

_Maker = Callable[[Random], str]
_PRINTABLE = string.ascii_letters + string.digits + " -_.,:;/+#@!?()[]{}<>=*&%$'\"\\|~^`"
_SETS = {"d": string.digits, "w": string.ascii_letters + string.digits + "_", "s": " "}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_LONGEST = 10_000
_MORE = 3  # how often at most something is repeated beyond what must be, where there is no limit


class _UnknownSyntaxError(ValueError):
    """The pattern says something that this reader does not know."""


def text_matching(pattern: str, rng: Random) -> str | None:
    """A text that the pattern describes, or None where the pattern is beyond this module."""
    try:
        return _Reader(pattern).whole()(rng)
    except (ValueError, IndexError):
        return None


class _Reader:
    """Reads a pattern once, from left to right, into a function that makes texts."""

    def __init__(self, pattern: str) -> None:
        self._pattern, self._place = pattern, 0

    def whole(self) -> _Maker:
        maker = self._alternatives()
        if self._peek():
            raise _UnknownSyntaxError("a bracket is closed that was never opened")
        return maker

    def _peek(self) -> str:
        return self._pattern[self._place : self._place + 1]

    def _take(self, expected: str) -> bool:
        if not self._pattern.startswith(expected, self._place):
            return False
        self._place += len(expected)
        return True

    def _next(self) -> str:
        self._place += 1
        return self._pattern[self._place - 1]

    def _alternatives(self) -> _Maker:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        return lambda rng: rng.choice(branches)(rng)

    def _sequence(self) -> _Maker:
        parts: list[_Maker] = []
        while self._peek() not in ("", "|", ")"):
            atom = self._atom()
            parts.append(self._repeated(atom))
        return lambda rng: "".join(part(rng) for part in parts)

    def _atom(self) -> _Maker:
        sign = self._next()
        if sign in "^$":
            return lambda rng: ""
        if sign == "(":
            return self._group()
        if sign in "[.\\":
            one_of = {"[": self._class, ".": lambda: _PRINTABLE, "\\": self._escape}[sign]()
            return lambda rng: rng.choice(one_of)
        if sign in "*+?{":
            raise _UnknownSyntaxError("nothing to repeat")
        return lambda rng: sign

    def _group(self) -> _Maker:
        if not self._take("?:") and self._peek() == "?":
            raise _UnknownSyntaxError("a group that looks around, or has a name")
        maker = self._alternatives()
        self._next()  # the closing bracket; a group without one has come to the end of the pattern, which raises
        return maker

    def _escape(self) -> str:
        sign = self._next()
        if sign in _SETS:
            return _SETS[sign]
        if sign.lower() in _SETS:
            return _all_but(_SETS[sign.lower()])
        if sign in "ux":
            width = 4 if sign == "u" else 2
            self._place += width
            return chr(int(self._pattern[self._place - width : self._place], 16))
        if sign.isalnum() and sign not in _CONTROLS:
            raise _UnknownSyntaxError(f"\\{sign}")
        return _CONTROLS.get(sign, sign)

    def _class(self) -> str:
        negated = self._take("^")
        signs = ""
        while not self._take("]"):
            first = self._escape() if self._take("\\") else self._next()
            if len(first) == 1 and self._peek() == "-" and self._pattern[self._place + 1] != "]":
                self._place += 1
                last = self._escape() if self._take("\\") else self._next()
                signs += "".join(map(chr, range(ord(first), ord(last) + 1)))
            else:
                signs += first
        return _all_but(signs) if negated else signs

    def _repeated(self, atom: _Maker) -> _Maker:
        least, most = self._repetition()
        self._take("?")
        return lambda rng: "".join(atom(rng) for _ in range(rng.randint(least, most)))

    def _repetition(self) -> tuple[int, int]:
        for sign, bounds in (("*", (0, _MORE)), ("+", (1, 1 + _MORE)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        if not self._take("{"):
            return 1, 1
        end = self._pattern.index("}", self._place)
        least, comma, most = self._pattern[self._place : end].partition(",")
        self._place = end + 1
        if not least.isdigit() or not (most or "0").isdigit():
            raise _UnknownSyntaxError("a repetition without a number")
        if int(least) > _LONGEST:
            raise _UnknownSyntaxError("a repetition longer than any field")
        return int(least), min(int(most), _LONGEST) if most else int(least) + (_MORE if comma else 0)


def _all_but(signs: str) -> str:
    return "".join(sign for sign in _PRINTABLE if sign not in signs)
