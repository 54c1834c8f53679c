"""What the reference leaves open, read from `decisions.yaml`: each decision's name, its silence and its readings.

The file is checked as strictly as the contract, since dialects, promises and documentation all repeat what it says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from openapi.document import DocumentError, Where, json_path, read_document
from openapi.wording import quoted

FILE = Path(__file__).with_name("decisions.yaml")
_FORM = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to fill a silence: the code that a dialect reports, and what it means."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A silence of the reference, our reading of it, and the other readings that an implementation may speak."""

    name: str
    silence: str
    reading: Reading
    others: tuple[Reading, ...]


def load_decisions(path: Path | None = None) -> Mapping[str, Decision]:
    """All decisions by name, in the file's order; without a path those of the project, which are read once.

    Raises DocumentError on the first fault, with file and JSON path.
    """
    return _ours() if path is None else _load(path, str(path))


@cache
def _ours() -> Mapping[str, Decision]:
    return _load(FILE, f"{FILE.parent.name}/{FILE.name}")


def _load(path: Path, label: str) -> Mapping[str, Decision]:
    content = read_document(path, label)
    try:
        named = _mapping(content, (), "one key for each decision")
        return MappingProxyType({name: _decision(name, value) for name, value in named.items()})
    except _Fault as fault:
        raise DocumentError(label, json_path(fault.where), fault.what) from None


class _Fault(Exception):
    """What is wrong at one place; the file's name is added by the one who knows it."""

    def __init__(self, where: Where, what: str) -> None:
        super().__init__(where, what)
        self.where, self.what = where, what


def _decision(name: str, value: Any) -> Decision:
    where: Where = (name,)
    if not _FORM.fullmatch(name):
        raise _Fault(where, f"the name {quoted(name)} does not match {_FORM.pattern}")
    fields = _fields(value, where, ("silence", "reading", "others"))
    others = fields["others"]
    if not isinstance(others, list):
        raise _Fault((*where, "others"), f"must be a list of readings, [] where there is none, not {_kind(others)}")
    decision = Decision(
        name=name,
        silence=_sentence(fields["silence"], (*where, "silence")),
        reading=_reading(fields["reading"], (*where, "reading")),
        others=tuple(_reading(other, (*where, "others", place)) for place, other in enumerate(others)),
    )
    _refuse_a_code_used_twice(decision, where)
    return decision


def _refuse_a_code_used_twice(decision: Decision, where: Where) -> None:
    taken = {decision.reading.code: (*where, "reading")}
    for place, other in enumerate(decision.others):
        here = (*where, "others", place)
        if other.code in taken:
            raise _Fault((*here, "code"), f"{quoted(other.code)} is already the code of {json_path(taken[other.code])}")
        taken[other.code] = here


def _reading(value: Any, where: Where) -> Reading:
    fields = _fields(value, where, ("code", "sentence"))
    code = fields["code"]
    if not isinstance(code, str):
        raise _Fault((*where, "code"), f"must be a string, not {_kind(code)}: put it in quotes")
    if not _FORM.fullmatch(code):
        raise _Fault((*where, "code"), f"{quoted(code)} does not match {_FORM.pattern}")
    return Reading(code, _sentence(fields["sentence"], (*where, "sentence")))


def _sentence(value: Any, where: Where) -> str:
    if not isinstance(value, str):
        raise _Fault(where, f"must be a sentence, not {_kind(value)}")
    if not value.strip():
        raise _Fault(where, "must be a sentence, and is empty")
    return value.strip()


def _fields(value: Any, where: Where, names: tuple[str, ...]) -> dict[str, Any]:
    """The mapping at a place that has exactly these keys."""
    wanted = ", ".join(names)
    fields = _mapping(value, where, f"the keys {wanted}")
    for name in fields:
        if name not in names:
            raise _Fault((*where, name), f"is an unknown key; the keys here are {wanted}")
    for name in names:
        if name not in fields:
            raise _Fault((*where, name), f"is missing; the keys here are {wanted}")
    return fields


def _mapping(value: Any, where: Where, wanted: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise _Fault(where, f"must be a mapping with {wanted}, not {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    """A value's kind in the words of YAML; a scalar is shown too, since YAML may read it otherwise than was meant."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list():
            return "a list"
        case str():
            return f"the string {quoted(value)}"
        case _:
            return quoted(value)
