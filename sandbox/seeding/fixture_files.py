"""Reads the fixtures: the test keys, the scenarios and the recipes, which are data and stand outside the code.

In a checkout the folder lies beside the package. A wheel ships it inside, since the import name `fixtures` belongs to
another package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from openapi.document import DocumentError, read_document
from openapi.vocabulary import ROLES, nearest
from openapi.wording import quoted
from sandbox.errors import StartError
from sandbox.seeding.fixture_values import FixtureValue

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Credential:
    """A test key: what it may do, and in which workspace."""

    key: str
    label: str
    role: str
    workspace: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The objects of one collection in a scenario: how many, made when, what the first ones say and what becomes of some."""

    count: int
    starts: datetime
    ends: datetime
    first: tuple[Mapping[str, Any], ...]
    becomes: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Payments:
    """How many invoices get paid in full and in part, after how many days, into which accounts."""

    in_full: int
    in_part: int
    days: tuple[int, int]
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story that leads up to `date`; a collection of the contract that it does not name gets `others` objects."""

    name: str
    date: datetime
    others: int
    collections: Mapping[str, Group]
    payments: Payments | None

    @property
    def size(self) -> int:
        """About how many objects its world will have, payments counted, `others` not."""
        paid = 0 if self.payments is None else self.payments.in_full + self.payments.in_part
        return sum(group.count for group in self.collections.values()) + paid


@cache
def folder() -> Path:
    """Where the fixtures are. Raises StartError where there are none."""
    for place in (_PACKAGE / "fixtures", _PACKAGE.parent / "fixtures"):
        if (place / "credentials.yaml").is_file():
            return place
    raise StartError(f"The fixtures are neither in {_PACKAGE} nor beside it; install the package again")


def credentials() -> tuple[Credential, ...]:
    """The test keys, in the order of the file."""
    whole = _read("credentials.yaml")
    whole.only("credentials")
    return tuple(map(_credential, whole.at("credentials").items()))


def scenario_names() -> tuple[str, ...]:
    """The names that `scenario` knows."""
    return tuple(sorted(path.stem for path in (folder() / "scenarios").glob("*.yaml")))


def must_be_known(name: str) -> None:
    """Raises StartError, with the nearest name, where there is no such scenario."""
    known = scenario_names()
    if name not in known:
        raise StartError(f"There is no scenario {quoted(name)}; {nearest(name, known)}")


def scenario(name: str) -> Scenario:
    """One scenario. Raises StartError for a name that is not known, and for a file that says what nobody understands."""
    must_be_known(name)
    whole = _read(f"scenarios/{name}.yaml")
    whole.only("date", "others", "collections", "payments")
    date = _moment(whole.at("date"))
    return Scenario(
        name=name,
        date=date,
        others=whole.at("others").whole_number(),
        collections={one: _group(group, date) for one, group in whole.at("collections", {}).parts().items()},
        payments=_payments(whole.at("payments")) if "payments" in whole.mapping() else None,
    )


@cache
def recipes() -> FixtureValue:
    """The recipes, as they are written; `recipes.py` understands them."""
    return _read("recipes.yaml")


def _read(name: str) -> FixtureValue:
    label = f"fixtures/{name}"
    try:
        return FixtureValue(read_document(folder() / name, label), label)
    except DocumentError as error:
        raise StartError(str(error)) from error


def _credential(entry: FixtureValue) -> Credential:
    entry.only("key", "label", "role", "workspace", "revoked")
    role = entry.at("role").text()
    if role not in ROLES:
        raise entry.at("role").fault(f"{quoted(role)} is no role; {nearest(role, ROLES)}")
    return Credential(
        key=entry.at("key").text(),
        label=entry.at("label").text(),
        role=role,
        workspace=entry.at("workspace").text(),
        revoked=entry.at("revoked").flag(),
    )


def _group(group: FixtureValue, date: datetime) -> Group:
    group.only("count", "from", "to", "first", "becomes")
    count = group.at("count").whole_number()
    starts, ends = _moment(group.at("from")), _moment(group.at("to"))
    if not starts <= ends <= date:
        raise group.at("to").fault("must lie between `from` and the date of the scenario")
    fates = {field: _fates(values, count) for field, values in group.at("becomes", {}).parts().items()}
    return Group(count, starts, ends, tuple(one.mapping() for one in group.at("first", []).items()), fates)


def _fates(values: FixtureValue, count: int) -> Mapping[str, int]:
    fates = {value: times.whole_number() for value, times in values.parts().items()}
    if sum(fates.values()) > count:
        raise values.fault(f"adds up to more than the {count} objects of the collection")
    return fates


def _payments(payments: FixtureValue) -> Payments:
    payments.only("in_full", "in_part", "days", "accounts")
    fewest, most = (one.whole_number() for one in payments.at("days").two())
    if fewest > most:
        raise payments.at("days").fault("must be the fewest and the most days, in this order")
    accounts = tuple(one.whole_number() for one in payments.at("accounts").items())
    if not accounts:
        raise payments.at("accounts").fault("must name at least one account")
    return Payments(payments.at("in_full").whole_number(), payments.at("in_part").whole_number(), (fewest, most), accounts)


def _moment(value: FixtureValue) -> datetime:
    try:
        moment = datetime.fromisoformat(value.text())
    except ValueError:
        raise value.fault(f"{quoted(value.text())} is not a moment such as 2025-06-30T12:00:00Z") from None
    if moment.tzinfo is None:
        raise value.fault(f"{value.text()} needs its zone, such as {value.text()}Z")
    return moment.astimezone(UTC)
