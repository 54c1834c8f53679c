"""The registry of rules, and all that a domain file may know of the machine: the `Transaction` that it is handed.

A rule declares the fields that it needs. On the project's own contract a field that is missing stops the start; on a
contract given with `--spec` the rule is switched off with a warning, so that an author can try a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from math import isinf
from typing import Any, Protocol, TypeVar

Document = dict[str, Any]
SMALLEST_AMOUNT, LARGEST_AMOUNT = Decimal("0.01"), Decimal("999999999.99")
_CENT = Decimal("0.01")
_OF_ANY_SIZE = Context(prec=1000)  # the largest number has 309 digits, and an item is the product of two
_MOST_WRITTEN_OUT = 10**15


class Transaction(Protocol):
    """One unit of work on one workspace; leaving it without an exception stores everything, an exception nothing."""

    @property
    def role(self) -> str | None:
        """The role of the key by which it is done; None where no client asked for it, or one without a key."""

    @property
    def now(self) -> datetime:
        """The workspace's time, the same all through the transaction."""

    @property
    def today(self) -> date:
        """The day of `now`, in UTC."""

    def get(self, collection: str, id: int) -> Document | None:
        """One stored document, which must not be changed in place."""

    def existing(self, collection: str, id: int) -> Document:
        """The same; raises Missing where there is none."""

    def documents(self, collection: str) -> Iterator[Document]:
        """All stored documents of a collection by ascending id, none of which may be changed in place."""

    def next_number(self, counter: str) -> int:
        """The next number of a named counter, from 1; a number whose transaction is refused is given again."""

    def entropy(self, size: int) -> bytes:
        """Random bytes that nobody can guess; in a seeded world, the same for the same seed."""

    def create(self, collection: str, body: Document) -> Document:
        """A new document by that collection's own rules, as if it had been sent."""

    def amend(self, collection: str, id: int, fields: Mapping[str, Any]) -> Document:
        """Changes fields that only the server sets, and settles what follows from them."""


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """What a named action is given: the parameters by name (defaults filled in) and the body, both already valid."""

    tx: Transaction
    params: Mapping[str, Any]
    body: Document


Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Rule:
    """One registered function: its kind, the resource, the fields that it needs, and `target`, which the kind explains."""

    kind: str
    resource: str
    function: Callable[..., Any]
    needs: tuple[str, ...]
    target: str = ""


class Rules:
    """The rules of one resource, or of several that have them in common."""

    def __init__(self, *resources: str) -> None:
        self.resources = resources
        self.registered: list[Rule] = []

    def _register(self, kind: str, needs: tuple[str, ...], target: str = "") -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            self.registered += (Rule(kind, resource, function, needs, target) for resource in self.resources)
            return function

        return register

    def must(self, field: str, *needs: str) -> Callable[[Function], Function]:
        """`(document, tx) -> str | None`: what is wrong with `field`, in a sentence. All such rules are reported at once."""
        return self._register("must", (field, *needs), field)

    def before_save(self, *needs: str) -> Callable[[Function], Function]:
        """`(document, tx) -> None`: sets fields of the new document; runs when nothing is wrong, at every write."""
        return self._register("before_save", needs)

    def before_transaction(self, *needs: str) -> Callable[[Function], Function]:
        """`(body, entropy) -> None`: slow work on what was sent; runs in a thread, since no transaction may wait."""
        return self._register("before_transaction", needs)

    def shown_once(self, field: str) -> Callable[[Function], Function]:
        """`(document) -> value`: a field that only the answer to the creation shows."""
        return self._register("shown_once", (field,), field)

    def secret(self, field: str) -> Callable[[Function], Function]:
        """`(document, entropy) -> value`: a private field that leaves in no file, and gets this value where one comes in."""
        return self._register("secret", (), field)

    def action(self, name: str, *needs: str) -> Callable[[Function], Function]:
        """`(ActionRequest) -> data`: a named action, for an operation with this `x-action` or for the control plane.

        It may need fields of other collections too: `transactions.amount`.
        """
        return self._register("action", needs, name)


def exact(number: float) -> Decimal:
    """The number as it was written, without the noise of binary fractions."""
    return Decimal(str(number))


def money(amount: Decimal) -> float:
    """An exact amount as the JSON number with at most two decimals. Raises OverflowError where no number is so large."""
    number = float(amount.quantize(_CENT, ROUND_HALF_UP, _OF_ANY_SIZE))
    if isinf(number):
        raise OverflowError("an amount is larger than any number")
    return number


def in_words(amount: Decimal) -> str:
    """An amount as sentences write it."""
    return f"{amount:,.2f}" if abs(amount) < _MOST_WRITTEN_OUT else f"{amount:.3e}"
