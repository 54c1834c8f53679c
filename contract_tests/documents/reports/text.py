"""A sheet of text for people: wrapped to a width, coloured only where that is seen.

What stands in a document may come from anybody, so nothing of it steers the terminal.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import TextWrapper

_WIDEST = 100
_USUAL = 80
_STYLES: Mapping[str, str] = {"bold": "1", "soft": "2", "red": "1;31", "yellow": "1;33", "blue": "1;34", "green": "1;32"}
_SPACES = re.compile(r"[ \t\n\v\f\r]+")
_JOINT = "\u00a0"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def tame(text: str) -> str:
    """The text on one line, without signs that are not seen but do something: those of a terminal, and those that turn the direction."""
    spaced = _SPACES.sub(" ", text).strip(" ")
    return "".join(f"\\u{ord(sign):04x}" if unicodedata.category(sign) in _UNSEEN else sign for sign in spaced)


def kept_together(text: str) -> str:
    """The text with spaces at which no line is broken."""
    return text.replace(" ", _JOINT)


@dataclass
class Sheet:
    """Takes lines one after the other."""

    width: int = _USUAL
    color: bool = False
    lines: list[str] = field(default_factory=list)

    @classmethod
    def of_terminal(cls) -> Sheet:
        """As wide as the terminal within reason, and in colour where somebody sees it and NO_COLOR does not forbid it."""
        if not sys.stdout.isatty():
            return cls()
        wide = min(shutil.get_terminal_size((_USUAL, 24)).columns, _WIDEST)
        return cls(max(wide, 40), not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")

    def styled(self, text: str, style: str) -> str:
        """In a style where there is colour."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.color and style else text

    def write(self, text: str, indent: int = 0, style: str = "", hang: int = 0) -> None:
        """A paragraph; its lines after the first one stand `hang` further in. What is too long for a line is not broken."""
        wrapper = TextWrapper(
            self.width, initial_indent=" " * indent, subsequent_indent=" " * (indent + hang), break_long_words=False, break_on_hyphens=False
        )
        self.lines += [self.styled(line.replace(_JOINT, " "), style) for line in wrapper.wrap(tame(text))]

    def pair(self, left: str, right: str, indent: int = 0, style: str = "") -> None:
        """Two texts at the ends of one line, the right one softer; below each other where they do not fit."""
        left, right = tame(left), tame(right)
        gap = self.width - indent - len(left) - len(right)
        if gap < 2:
            self.write(left, indent, style, hang=2)
            self.write(right, indent + 2, "soft")
        else:
            self.lines.append(" " * indent + self.styled(left, style) + " " * gap + self.styled(right, "soft"))

    def space(self) -> None:
        """One empty line, never two."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def text(self) -> str:
        """All of it, with a line's end."""
        return "\n".join(self.lines).rstrip("\n") + "\n"
