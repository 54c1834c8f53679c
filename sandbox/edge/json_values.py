"""How many values a text in JSON has, told before it is decoded: what has too many would hold up everybody until it is refused."""

from __future__ import annotations

import re
from itertools import islice

MOST_VALUES = 20_000
_TEXT_OR_COMMA = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|,', re.DOTALL)


def has_too_many_values(raw: bytes) -> bool:
    """Whether so many commas stand outside of its texts. What is no JSON may be told either way."""
    if raw.count(b",") < MOST_VALUES:
        return False
    commas = (token for token in _TEXT_OR_COMMA.finditer(raw) if token.end() == token.start() + 1)
    return next(islice(commas, MOST_VALUES - 1, None), None) is not None
