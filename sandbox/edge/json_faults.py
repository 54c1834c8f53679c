"""Names what is wrong with a body that is no JSON, and where, in the words of whoever wrote it.

The parser (jiter, or msgspec for what is large) tells a place and what it expected there; what stands there tells what
was meant.
"""

from __future__ import annotations

import re

from openapi.wording import quoted
from sandbox.edge.json_syntax import Fault, named

_PLACE = re.compile(r" at line (\d+) column (\d+)$")
_BYTE = re.compile(r"\(byte (\d+)\)$")
_OF_MSGSPEC = {
    "trailing comma": "trailing comma", "object keys": "key must be a string", "expected ':'": "expected `:`", "or '}'": "expected `,` or `}`",
    "or ']'": "expected `,` or `]`", "trailing characters": "trailing characters", "escape": "escape", "invalid number": "invalid number",
}  # fmt: skip
_DUPLICATE = re.compile(r'duplicate key "(.*)"', re.DOTALL)
_MARKS = (
    (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe\x00\x00", "UTF-32"), (b"\xfe\xff", "UTF-16"), (b"\xff\xfe", "UTF-16"),
)  # fmt: skip
_KINDS = (
    (re.compile(rb"<(?!!--)"), "looks like XML or HTML"),
    (re.compile(rb"--[^\r\n]+\r?\nContent-", re.IGNORECASE), "is a multipart form"),
    (re.compile(rb"[\w.%+\-\[\]]+="), "is form-encoded (name=value)"),
    (re.compile(rb"---\s|[A-Za-z_][\w-]*:(\s|$)|- "), "looks like YAML"),
)
_EXAMPLE = 'such as {"name": "value"}'
_UNCLOSED = {
    "an object": "an object is not closed",
    "a list": "a list is not closed",
    "a string": "a text is not closed",
    "a value": "a value is missing",
}


def json_fault(raw: bytes, error: Exception) -> str:
    """What is wrong, to be set behind `Body is not JSON: `; `error` is the parser's."""
    if isinstance(error, RecursionError):
        return "it nests too deep"
    return _with_the_whole(raw) or _with_a_place(raw, str(error))


def _with_the_whole(raw: bytes) -> str | None:
    if raw.startswith(b"\xef\xbb\xbf"):
        return "it begins with a byte order mark (BOM); send it as UTF-8 without one"
    if encoding := _encoding(raw):
        return f"it is in {encoding}; send it in UTF-8"
    if raw.startswith(b"\x1f\x8b"):
        return "it is compressed by gzip; send it as it is"
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 {_place(raw, error.start)}; send it in UTF-8"
    return _of_another_kind(raw.lstrip()[:4096])


def _encoding(raw: bytes) -> str | None:
    """By its mark, or by where the NULs are, since JSON begins with two characters of ASCII (RFC 4627)."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    nuls = [byte == 0 for byte in raw[:4]]
    if nuls in ([True, True, True, False], [False, True, True, True]):
        return "UTF-32"
    return "UTF-16" if nuls in ([True, False, True, False], [False, True, False, True]) else None


def _of_another_kind(begin: bytes) -> str | None:
    if begin.startswith(b"[object "):
        return "it is what JavaScript makes of an object as a text; send what JSON.stringify makes of it"
    if begin[:3].lower() in (b"%7b", b"%5b"):
        return "it is percent-encoded; send it as it is"
    kind = next((kind for pattern, kind in _KINDS if pattern.match(begin)), None)
    return kind and f"it {kind}; send JSON, {_EXAMPLE}"


def _with_a_place(raw: bytes, problem: str) -> str:
    if "Internal error" in problem:
        return "a number is out of range"  # for which jiter has no words
    if "EOF" in problem or "truncated" in problem:
        what = next((what for part, what in _UNCLOSED.items() if problem.startswith(f"EOF while parsing {part}")), "it is cut off")
        return f"it ends too early {_place(raw, len(raw))}: {what}"
    fault = _located(raw, problem)
    if (twice := _DUPLICATE.search(problem)) is not None:
        return _a_name_twice(fault, twice[1])
    what, advice, offset = named(fault)
    return f"{what} {_place(raw, offset)}" + (f"; {advice}" if advice else "")


def _located(raw: bytes, problem: str) -> Fault:
    if (found := _PLACE.search(problem)) is not None:
        return Fault(raw, problem, _offset(raw, int(found[1]), int(found[2])))
    found = _BYTE.search(problem)
    offset = int(found[1]) if found else 0
    told = next((ours for theirs, ours in _OF_MSGSPEC.items() if theirs in problem), "expected value")
    in_a_text = raw[offset : offset + 1] < b" " and told == "expected value"
    return Fault(raw, "control character" if in_a_text else told, offset)


def _a_name_twice(fault: Fault, name: str) -> str:
    begin = fault.raw.rfind(b'"%b"' % name.encode("utf-8", "replace"), 0, fault.offset)
    return f"the name {quoted(name)} stands twice in one object, {_place(fault.raw, begin if begin >= 0 else fault.offset)}; keep one of the two"


def _offset(raw: bytes, line: int, column: int) -> int:
    behind = raw.split(b"\n", line - 1)[-1]
    return min(max(0, len(raw) - len(behind) + column - 1), len(raw))


def _place(raw: bytes, offset: int) -> str:
    """For people, who count characters and from 1."""
    begin = raw.rfind(b"\n", 0, offset) + 1
    line, column = raw.count(b"\n", 0, offset) + 1, len(raw[begin:offset].decode("utf-8", "replace")) + 1
    return f"at line {line}, column {column}"
