"""The requests that are measured: made from a seed before the clock runs, so that every server and every round gets the same."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field

KEY = "sbx_test_administrator"
OPERATIONS = ("GET one", "list 20", "list search", "POST create")
PER_PAGE = 20

_READS = 5000
_PAGES = 1000
_TERMS = 200
_CREATES = 2000
_MOST_MATCHES = 20
_SEED = 7


@dataclass(frozen=True)
class Request:
    """One request: its target begins with a slash, and an empty body is none."""

    method: str
    target: str
    body: bytes = b""


@dataclass(frozen=True)
class Dialect:
    """How one server spells the operations: what stands behind its collection's path. None: it has no such operation."""

    collection: str = "/api/v2/customers"
    page: str = "?page={page}&limit=20"
    search: str | None = "?search={term}&limit=20"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {KEY}"})

    def head(self, address: str) -> dict[str, str]:
        """The headers of every request, with or without a body."""
        return {"Host": address.removeprefix("http://"), "Accept": "application/json", **self.headers}


OURS = Dialect()


@dataclass(frozen=True)
class World:
    """The customers that every server holds (ids from 1 upwards), and what is asked about them, in the order of asking."""

    customers: tuple[Mapping[str, str], ...]
    ids: tuple[int, ...]
    pages: tuple[int, ...]
    terms: tuple[str, ...]
    more: tuple[Mapping[str, str], ...]

    def requests(self, dialect: Dialect) -> dict[str, tuple[Request, ...]]:
        """For each operation that the server has, the requests to send in a circle."""
        plain = dialect.collection
        made = {
            "GET one": tuple(Request("GET", f"{plain}/{one}") for one in self.ids),
            "list 20": tuple(Request("GET", plain + dialect.page.format(page=one)) for one in self.pages),
            "POST create": tuple(Request("POST", plain, encoded(one)) for one in self.more),
        }
        if dialect.search is not None:
            made["list search"] = tuple(Request("GET", plain + dialect.search.format(term=one)) for one in self.terms)
        return {name: made[name] for name in OPERATIONS if name in made}


def world(count: int) -> World:
    """A world of so many customers, the same one on every call."""
    dice = random.Random(_SEED)
    customers = tuple(_customer(dice) for _ in range(count))
    return World(
        customers,
        tuple(dice.randint(1, count) for _ in range(_READS)),
        tuple(dice.randint(1, -(-count // PER_PAGE)) for _ in range(_PAGES)),
        _terms(dice, customers),
        tuple(_customer(dice) for _ in range(_CREATES)),
    )


def encoded(value: object) -> bytes:
    """JSON without blanks, as clients send it."""
    return json.dumps(value, separators=(",", ":")).encode()


def _customer(dice: random.Random) -> dict[str, str]:
    first, last = _word(dice), _word(dice)
    return {
        "account": f"{first.title()} {last.title()}",
        "email": f"{first}.{last}@example.com",
        "phone": "".join(dice.choices(string.digits, k=10)),
        "address": f"{dice.randint(1, 999)} Business St",
        "city": "New York",
        "state": "NY",
        "zip": "".join(dice.choices(string.digits, k=5)),
        "country": "US",
    }


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(string.ascii_lowercase, k=dice.randint(5, 9)))


def _terms(dice: random.Random, customers: tuple[Mapping[str, str], ...]) -> tuple[str, ...]:
    """Terms of three letters that match some customers, but no more than a page of them."""
    texts = [f"{one['account']}\n{one['email']}".lower() for one in customers]
    terms: list[str] = []
    while len(terms) < _TERMS:
        name = dice.choice(customers)["account"].lower()
        start = dice.randrange(3)  # a first name has five letters at least
        term = name[start : start + 3]
        if sum(term in text for text in texts) <= _MOST_MATCHES or len(customers) <= _MOST_MATCHES:
            terms.append(term)
    return tuple(terms)
