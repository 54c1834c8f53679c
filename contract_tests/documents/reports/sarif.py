"""SARIF 2.1.0, which code hosts and editors read: each result has a rule and a line of a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from contract_tests.documents.reports.levels import SARIF

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of thing that is found; its sentence says what, in general."""

    id: str
    sentence: str
    level: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands: a file as it was named, a JSON pointer, line and, where it is known, column from 1."""

    file: str
    pointer: str
    line: int
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was found. `names` say where in the API, in words, such as `GET /customers, answer 200`."""

    id: str
    level: str
    text: str
    spot: Spot | None
    related: Spot | None = None
    names: tuple[str, ...] = ()


def sarif(command: str, rules: Iterable[Rule], results: Sequence[Result]) -> str:
    """The file for a command, `diff` or `lint`. Only rules of which something was found are listed."""
    used = {one.id for one in results}
    listed = [one for one in rules if one.id in used]
    places = {one.id: place for place, one in enumerate(listed)}
    run = {
        "tool": {"driver": {"name": f"contract-tests {command}", **_version(), "rules": [_rule(one) for one in listed]}},
        "automationDetails": {"id": f"contract-tests-{command}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, places) for one in results],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _version() -> dict[str, str]:
    try:
        return {"version": version("business-suite-sandbox")}
    except PackageNotFoundError:
        return {}  # run from a checkout that nobody installed


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": rule.sentence},
        "defaultConfiguration": {"level": SARIF[rule.level]},
    }


def _result(result: Result, places: dict[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {"ruleId": result.id, "level": SARIF[result.level], "message": {"text": result.text}}
    if result.id in places:
        made["ruleIndex"] = places[result.id]
    if result.spot is not None:
        made["locations"] = [_location(result.spot, result.names)]
    if result.related is not None:
        made["relatedLocations"] = [{"id": 1, **_location(result.related), "message": {"text": "where it stood before"}}]
    # The same thing found again is known by this, also when lines above it came or went.
    what = (result.id, *result.names, result.spot.pointer if result.spot else "", result.text)
    made["partialFingerprints"] = {"contractTests/v1": hashlib.sha256("\0".join(what).encode("utf-8", "replace")).hexdigest()}
    return made


def _location(spot: Spot, names: tuple[str, ...] = ()) -> dict[str, Any]:
    region = {"startLine": spot.line} if spot.column is None else {"startLine": spot.line, "startColumn": spot.column}
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri(spot.file)}, "region": region},
        "logicalLocations": [{"fullyQualifiedName": name} for name in (*names, spot.pointer or "/")],
    }


def _uri(file: str) -> str:
    """A relative file as a relative address; `REVISION:PATH` as the path alone, since its line is of that revision."""
    _, colon, path = file.partition(":")
    if "://" in file:
        return file
    plain = PurePosixPath(file).as_posix()
    if colon and not PurePosixPath(file).is_absolute():
        plain = path
    address = quote(plain, errors="surrogateescape")
    return f"file://{address}" if plain.startswith("/") else address
