"""How many values a text in JSON has, told before it is decoded: what has too many would hold up everybody until it is refused."""

from __future__ import annotations

import re

MOST_VALUES = 20_000
_TEXTS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def has_too_many_values(raw: bytes) -> bool:
    """Whether so many commas stand outside of its texts. What is no JSON may be told either way."""
    return raw.count(b",") >= MOST_VALUES and _TEXTS.sub(b"", raw).count(b",") >= MOST_VALUES
