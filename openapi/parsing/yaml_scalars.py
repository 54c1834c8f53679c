"""Scalars of YAML without quotes, as YAML 1.2 reads them: `no` and dates are text."""

from __future__ import annotations

import re
from typing import Any

_WORDS = {"": None, "~": None, "true": True, "false": False, "null": None}
_CONSTANTS = {form: value for word, value in _WORDS.items() for form in (word, word.capitalize(), word.upper())}
_NOT_TEXT = frozenset("+-.0123456789~nNtTfF")
_WHOLE = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_LONGEST_NUMBER = 300


def number(text: str) -> int | float | str:
    """A number that JSON could carry too; one that is beyond all bounds stays the text that it is."""
    if len(text) > _LONGEST_NUMBER:
        return text
    if _WHOLE.match(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    value = float(text)
    return text if value in (float("inf"), float("-inf")) else value


def plain_scalar(text: str) -> Any:
    """The value of a scalar without quotes."""
    if text and text[0] not in _NOT_TEXT:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return number(text) if _WHOLE.match(text) or _FRACTION.match(text) else text
