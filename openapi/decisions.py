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

import yaml

FILE = Path(__file__).with_name("decisions.yaml")
_FORM = re.compile(r"[a-z0-9][a-z0-9-]*")
# The parser in C is several times as fast, which the server's start feels, but not every build of PyYAML has it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DecisionsError(ValueError):
    """The file of decisions cannot be used; the message says which file, where in it, and what would be right."""


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

    Raises DecisionsError on the first fault, with file and JSON path.
    """
    return _ours() if path is None else _load(path, str(path))


@cache
def _ours() -> Mapping[str, Decision]:
    return _load(FILE, f"{FILE.parent.name}/{FILE.name}")


def _load(path: Path, label: str) -> Mapping[str, Decision]:
    try:
        content = _parse(path.read_text(encoding="utf-8"))
        named = _mapping(content, "$", "one key for each decision")
        return MappingProxyType({name: _decision(name, value) for name, value in named.items()})
    except (OSError, UnicodeDecodeError) as error:
        raise DecisionsError(f"{label}: cannot be read: {error}") from error
    except RecursionError:
        raise DecisionsError(f"{label}: nests too deep, or holds itself") from None
    except yaml.YAMLError as error:
        raise DecisionsError(f"{label}: is not YAML: {' '.join(str(error).split())}") from error
    except _Fault as fault:
        raise DecisionsError(f"{label}: {fault}") from None


class _Fault(Exception):
    """What is wrong at one JSON path; the file's name is added by the one who knows it."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


def _parse(text: str) -> Any:
    loader: Any = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_what_yaml_would_hide(node, "$")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_what_yaml_would_hide(node: yaml.Node, where: str) -> None:
    """Of a key written twice YAML keeps the last and says nothing, so the nodes are looked at, not the values."""
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            _refuse_what_yaml_would_hide(item, f"{where}[{place}]")
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in lines:
                raise _Fault(f"{where}.{name}", f"is written twice, on lines {lines[name]} and {line}")
            lines[name] = line
            _refuse_what_yaml_would_hide(value, f"{where}.{name}")


def _decision(name: str, value: Any) -> Decision:
    where = f"$.{name}"
    if not _FORM.fullmatch(name):
        raise _Fault(where, f"the name {name!r} does not match {_FORM.pattern}")
    fields = _fields(value, where, ("silence", "reading", "others"))
    others = fields["others"]
    if not isinstance(others, list):
        raise _Fault(f"{where}.others", f"must be a list of readings, [] where there is none, not {_kind(others)}")
    decision = Decision(
        name=name,
        silence=_sentence(fields["silence"], f"{where}.silence"),
        reading=_reading(fields["reading"], f"{where}.reading"),
        others=tuple(_reading(other, f"{where}.others[{place}]") for place, other in enumerate(others)),
    )
    _refuse_a_code_used_twice(decision, where)
    return decision


def _refuse_a_code_used_twice(decision: Decision, where: str) -> None:
    taken = {decision.reading.code: f"{where}.reading"}
    for place, other in enumerate(decision.others):
        here = f"{where}.others[{place}]"
        if other.code in taken:
            raise _Fault(f"{here}.code", f"{other.code!r} is already the code of {taken[other.code]}")
        taken[other.code] = here


def _reading(value: Any, where: str) -> Reading:
    fields = _fields(value, where, ("code", "sentence"))
    code = fields["code"]
    if not isinstance(code, str):
        raise _Fault(f"{where}.code", f"must be a string, not {_kind(code)}: put it in quotes")
    if not _FORM.fullmatch(code):
        raise _Fault(f"{where}.code", f"{code!r} does not match {_FORM.pattern}")
    return Reading(code, _sentence(fields["sentence"], f"{where}.sentence"))


def _sentence(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _Fault(where, f"must be a sentence, not {_kind(value)}")
    if not value.strip():
        raise _Fault(where, "must be a sentence, and is empty")
    return value.strip()


def _fields(value: Any, where: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The mapping at a place that has exactly these keys."""
    wanted = ", ".join(names)
    fields = _mapping(value, where, f"the keys {wanted}")
    for name in fields:
        if name not in names:
            raise _Fault(f"{where}.{name}", f"is an unknown key; the keys here are {wanted}")
    for name in names:
        if name not in fields:
            raise _Fault(f"{where}.{name}", f"is missing; the keys here are {wanted}")
    return fields


def _mapping(value: Any, where: str, wanted: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise _Fault(where, f"must be a mapping with {wanted}, not {_kind(value)}")
    for key in value:
        if not isinstance(key, str):
            raise _Fault(f"{where}.{key}", f"a key must be a string, not {_kind(key)}: put it in quotes")
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
            return f"the string {value!r}"
        case _:
            return f"the {type(value).__name__} {value}"
