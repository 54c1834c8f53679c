"""Why a connection could not be made, in plain words instead of those of the library."""

from __future__ import annotations

import re

_TLS = "[SSL"
_NO_WORDS = re.compile(r"^\[[^\]]*\] ?| \(_ssl\.c:\d+\)$")


def in_brackets(error: Exception) -> str:
    """What it says of itself, as " (…)"; nothing where that is only that it failed."""
    text = _NO_WORDS.sub("", str(error))
    return "" if not text or "attempts failed" in text else f" ({text})"


def is_distrust(error: Exception) -> bool:
    """Whether somebody answered, whose certificate is not to be trusted."""
    return str(error).startswith(_TLS)
