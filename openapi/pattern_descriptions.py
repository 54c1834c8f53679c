"""Says in words what a `pattern` asks for: nobody reads regular expressions in an error message.

The patterns of our own documents stand here as sentences; of others, what is a row of characters and classes is taken
apart. What is beyond that has no words, and whoever tells of it needs an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from openapi.wording import listed

_KNOWN = {
    r"^[^\u0000]*$": "must not hold a NUL character",
    "^[^\x00]*$": "must not hold a NUL character",
    r"^[Hh][Tt][Tt][Pp][Ss]?://[^\u0000]+$": "must be an http or https URL, such as https://your-domain.com/webhook",
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$": "must be a moment in UTC, such as 2024-01-15T10:00:00Z",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": (
        "must be a name of 1 to 64 letters, digits, dots, hyphens and underscores that begins with a letter or a digit, such as before-the-import"
    ),
    r"^evt_[0-9]+_[0-9a-f]{16}$": "must be the id of an event, such as evt_12_9f86d081884c7d65",
    r"^whsec_[A-Za-z0-9+/]+=*$": "must be a signing secret, which begins with whsec_ and goes on in Base64",
    r"^v[0-9a-z]+,\S+( v[0-9a-z]+,\S+)*$": "must be one signature or several with spaces between them, each with its version before it, such as v1,…",
}
_CLASSES = {
    "A-Z": "capital letters", "a-z": "small letters", "A-Za-z": "letters", "0-9": "digits", "a-f": "letters from a to f",
    "A-F": "letters from A to F", "_": "underscores", "-": "hyphens", ".": "dots", " ": "spaces", "+": "plus signs", "/": "slashes",
    ":": "colons", ",": "commas", "@": "at signs", "#": "hash signs", "'": "apostrophes", "=": "equals signs", "&": "ampersands",
}  # fmt: skip
_ESCAPED = {r"\d": ("0-9",), r"\w": ("A-Z", "a-z", "0-9", "_"), r"\s": (" ",)}
_TOKEN = re.compile(r"(?P<set>\[[^\]^\\](?:[^\]\\]|\\.)*\]|\[\\.(?:[^\]\\]|\\.)*\]|\\[dws])|(?P<sign>\\[^a-zA-Z0-9]|[A-Za-z0-9 _:/@#,=&'~%<>!;\"-])")
_TIMES = re.compile(r"\{(\d+)(,?)(\d*)\}|([+*?])|")
_MEMBER = re.compile(r"\\[dws]|A-Z|a-z|0-9|A-F|a-f|\\?.")
_MOST_PARTS = 7


def described(pattern: str) -> str | None:
    """What a text must be, such as `must be 3 capital letters`; None where there are no words for it."""
    if pattern in _KNOWN:
        return _KNOWN[pattern]
    if not pattern.startswith("^") or not pattern.endswith("$") or pattern.endswith(r"\$"):
        return None
    parts = _parts(pattern[1:-1])
    if not parts or len(parts) > _MOST_PARTS:
        return None
    if len(parts) == 1 and parts[0].startswith("any number of "):
        return f"must hold only {parts[0].removeprefix('any number of ')}"
    return f"must be {parts[0]}" if len(parts) == 1 else f"must be {', '.join(parts[:-1])}, then {parts[-1]}"


def _parts(text: str) -> list[str]:
    """A phrase for each class and each row of single characters; none where something else stands there."""
    parts: list[str] = []
    literal = ""
    for token, sign, times in _tokens(text):
        if token is None:
            return []
        if sign and not times:
            literal += token[-1]
            continue
        members = token[-1] if sign else _members(token)
        phrase = members and _phrase(members, times)
        if not phrase:
            return []
        if literal:
            parts.append(f"'{literal}'")
            literal = ""
        parts.append(phrase)
    return [*parts, f"'{literal}'"] if literal else parts


def _tokens(text: str) -> Iterator[tuple[str | None, bool, str]]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            yield None, False, ""
            return
        times = _TIMES.match(text, found.end())
        assert times is not None  # it may be empty
        yield found[0], found["sign"] is not None, times[0]
        place = times.end()


def _members(token: str) -> str:
    """What a class holds, in words; empty where it holds what has none."""
    inner = token[1:-1] if token.startswith("[") else token
    found: list[str] = []
    for one in _MEMBER.findall(inner):
        found += _ESCAPED.get(one, (one.removeprefix("\\"),))
    if {"A-Z", "a-z"} <= set(found):
        found = ["A-Za-z", *(one for one in found if one not in ("A-Z", "a-z"))]
    names = [_CLASSES.get(one, "") for one in dict.fromkeys(found)]
    return listed(names, "or") if all(names) else ""


def _phrase(members: str, times: str) -> str:
    least, most = _bounds(times)
    what = f"of the sign '{members}'" if len(members) == 1 else members
    one = f"'{members}'" if len(members) == 1 else f"one {_one(members)}"
    if most == 1:
        return one if least == 1 else f"at most {one}"
    if most is not None:
        return f"{least} {what}" if least == most else f"up to {most} {what}" if least == 0 else f"{least} to {most} {what}"
    if least == 0:
        return f"any number {'' if len(members) == 1 else 'of '}{what}"
    return f"one or more {what}" if least == 1 else f"at least {least} {what}"


def _one(members: str) -> str:
    return re.sub(r"(letter|digit|sign|dot|space|slash|colon|comma|hyphen|underscore|apostrophe|ampersand)(?:e?s)\b", r"\1", members)


def _bounds(times: str) -> tuple[int, int | None]:
    if not times:
        return 1, 1
    if times in "+*?":
        return (1, None) if times == "+" else (0, None) if times == "*" else (0, 1)
    least, comma, most = times[1:-1].partition(",")
    return int(least), int(most) if most else (None if comma else int(least))
