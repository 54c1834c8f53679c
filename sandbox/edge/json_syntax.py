"""What stands at the place at which a parser of JSON gave up, and what would be right there."""

from __future__ import annotations

import re
from typing import NamedTuple

_WORD = re.compile(rb"[A-Za-z_$][\w$.]*")
_NUMBER = re.compile(rb"[-+.0-9][-+.\w]*")
_COMMENTS = (b"//", b"/*", b"#", b"<!--")
_NO_NUMBERS = (b"nan", b"infinity", b"inf")
_CURLY = ("“", "”", "„", "‘", "’", "«", "»")


class Fault(NamedTuple):
    """The body, what the parser says, and the place of what it could not read."""

    raw: bytes
    problem: str
    offset: int

    @property
    def there(self) -> bytes:
        """What stands at the place; a little of it is enough."""
        return self.raw[self.offset : self.offset + 64]


def named(fault: Fault) -> tuple[str, str, int]:
    """What it is, what would be right, and where it begins."""
    problem, offset, there = fault.problem, fault.offset, fault.there
    if "control character" in problem:
        return *_a_raw_sign(there), offset
    if there.startswith(_COMMENTS):
        return "a comment", "JSON has none, so leave it out", offset
    if problem.startswith("trailing comma"):
        return "a trailing comma", "leave it out", fault.raw.rfind(b",", 0, offset + 1)
    if problem.startswith("trailing characters"):
        second = there[:1] in b'{["'
        return ("a second document", "send one alone", offset) if second else ("something after its end", "leave it out", offset)
    if "escape" in problem or "surrogate" in problem or "unicode code point" in problem:
        return "an escape that stands for no character", r"escapes are such as \n, \" and \u00e9", fault.raw.rfind(b"\\", 0, offset + 1)
    return ("lists and objects that nest too deep", "", offset) if problem.startswith("recursion limit") else _unexpected(fault)


def _a_raw_sign(there: bytes) -> tuple[str, str]:
    if there[:1] in (b"\r", b"\n"):
        return "a line break inside a text", "write it as \\n"
    return (
        ("a tab inside a text", "write it as \\t")
        if there[:1] == b"\t"
        else ("a control character inside a text", "write it as an escape such as \\u0000")
    )


def _unexpected(fault: Fault) -> tuple[str, str, int]:
    """Something where a name, a value, a comma or a colon must stand."""
    problem, offset, there = fault.problem, fault.offset, fault.there
    text = there.decode("utf-8", "ignore")
    if there.startswith((b"'", b"`")):
        return "single quotes" if there[:1] == b"'" else "backticks", "names and texts stand in double quotes", offset
    if text.startswith(_CURLY):
        return "typographic quotes", 'names and texts stand in plain double quotes, "', offset
    if problem.startswith("key must be a string"):
        return _a_name_that_is_none(there, offset)
    if problem.startswith("expected `:`"):
        return "a colon is missing", "it stands between a name and its value", offset
    if problem.startswith("expected `,`"):
        return _a_comma_missing(fault)
    return _a_value_that_is_none(fault)


def _a_name_that_is_none(there: bytes, offset: int) -> tuple[str, str, int]:
    if there.startswith(b","):
        return "a comma too many", "leave it out", offset
    if _WORD.match(there) or _NUMBER.match(there):
        return "a name without quotes", "names stand in double quotes", offset
    return "no name where one must stand", 'names stand in double quotes, such as "name": "value"', offset


def _a_comma_missing(fault: Fault) -> tuple[str, str, int]:
    there, closing = fault.there, fault.problem[len("expected `,` or `")]
    if there[:1] in b"]}":
        return f"'{there[:1].decode()}' where '{closing}' must stand", "", fault.offset
    if (there.startswith(b".") or _WORD.match(there)) and fault.raw[fault.offset - 1 : fault.offset].isdigit():
        return _a_number_that_is_none(fault.raw, fault.offset)
    return "a comma is missing", f"a comma or '{closing}' must stand there", fault.offset


def _a_value_that_is_none(fault: Fault) -> tuple[str, str, int]:
    raw, offset, there = fault.raw, fault.offset, fault.there
    if fault.problem.startswith("expected ident"):
        while offset and raw[offset - 1 : offset].isalpha():
            offset -= 1
        there = raw[offset : offset + 64]
    sign = raw[offset - 1 : offset] == b"-"
    word = _WORD.match(there)
    if word is not None and word[0].lower() in _NO_NUMBERS:
        name = "NaN" if word[0].lower() == b"nan" else "-Infinity" if sign else "Infinity"
        return name, "JSON has no such number, so send another one", offset - sign
    if word is not None and not sign:
        return "a word that JSON does not know", "it knows true, false and null, and texts stand in double quotes", offset
    if fault.problem.startswith("invalid number") or _NUMBER.match(there):
        return _a_number_that_is_none(raw, offset)
    return "no value where one must stand", "values are texts, numbers, true, false, null, lists and objects", offset


def _a_number_that_is_none(raw: bytes, offset: int) -> tuple[str, str, int]:
    begin = offset
    while begin and (raw[begin - 1 : begin].isalnum() or raw[begin - 1 : begin] in (b".", b"-", b"+")):
        begin -= 1
    number = raw[begin : begin + 64]
    if number[:1] == b"+":
        return "a number with a plus sign", "leave the sign out", begin
    if number.lstrip(b"-")[:2].lower() in (b"0x", b"0b", b"0o"):
        return "a number that is not decimal", "write it with the digits from 0 to 9", begin
    if number.lstrip(b"-")[:1] == b"0" and number.lstrip(b"-")[1:2].isdigit():
        return "a number with a leading 0", "leave the 0 out, or send a text in double quotes", begin
    return "a number that JSON does not know", "write it such as 7, 0.5 or 1e3", begin
