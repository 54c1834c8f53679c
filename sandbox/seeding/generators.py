"""Reads each recipe once into a generator, which is a function that makes values. Faker is known here alone.

Faker is loaded when the first recipe asks for it, since its import takes 0.2 s and an empty world needs none of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from importlib import import_module
from random import Random
from typing import Any, Generic, TypeVar

from openapi.schemas import Schema
from openapi.vocabulary import nearest
from openapi.wording import quoted
from sandbox.seeding.fixture_values import FixtureValue
from sandbox.seeding.schema_values import NOTHING, GenerationContext
from sandbox.state.documents import Document

Generator = Callable[[Document, GenerationContext], Any]
"""Makes a field's value out of the fields so far; NOTHING where it needs one that is not there."""
ListGenerator = Callable[[FixtureValue, Schema, str], Callable[[GenerationContext], Document]]
"""Reads a group of recipes, for a schema and under a name, into what makes an object."""
_Card = TypeVar("_Card")
_NOT_IN_ADDRESSES = re.compile(r"[^a-z0-9]+")
_LONGEST_MAILBOX = 60


class Deck(Generic[_Card]):
    """Deals each of its cards once before one of them comes again."""

    def __init__(self, cards: Iterable[_Card]) -> None:
        self._cards = tuple(cards)
        self._left: list[_Card] = []

    def deal(self, rng: Random) -> _Card:
        if not self._left:
            self._left = list(self._cards)
            rng.shuffle(self._left)
        return self._left.pop()


class Generators:
    """The generators of one world, by what recipes.yaml calls the kinds of recipes."""

    def __init__(self, book: Callable[[], FixtureValue], objects: ListGenerator) -> None:
        self._book, self._objects = book, objects
        self._decks: dict[tuple[str | int, ...], Deck[Any]] = {}
        self._kinds: Mapping[str, tuple[Callable[[FixtureValue, Schema], Generator], frozenset[str]]] = {
            "faker": (self._faker, frozenset({"with"})),
            "one_of": (self._one_of, frozenset()),
            "between": (_between, frozenset({"step"})),
            "days_later": (self._days_later, frozenset()),
            "address_of": (self._address_of, frozenset({"at"})),
            "list_of": (self._list_of, frozenset({"of"})),
        }

    def generator(self, recipe: FixtureValue, schema: Schema) -> Generator:
        """The generator of a recipe, for a field of that schema. Raises StartError where it is none."""
        if not isinstance(recipe.value, dict):
            value = recipe.value
            return lambda so_far, context: value
        kind = next((key for key in recipe.mapping() if key in self._kinds), None)
        if kind is None:
            key = next(iter(recipe.mapping()), "")
            raise recipe.fault(f"{quoted(key)} is no kind of recipe; {nearest(key, self._kinds)}")
        read, beside = self._kinds[kind]
        recipe.only(kind, "usually", *beside)
        return read(recipe, schema)

    def deck(self, choices: FixtureValue, card: Callable[[FixtureValue], _Card]) -> Deck[_Card]:
        """The deck of a list, the same whoever asks: what takes turns does so by its place in the book."""
        if choices.where not in self._decks:
            cards = [card(one) for one in choices.items()]
            if not cards:
                raise choices.fault("must hold at least one")
            self._decks[choices.where] = Deck(cards)
        return self._decks[choices.where]

    def _faker(self, recipe: FixtureValue, schema: Schema) -> Generator:
        generator, name = self._generator, recipe.at("faker").text()
        if not hasattr(generator, name):
            known = (one for one in dir(generator) if not one.startswith("_"))
            raise recipe.at("faker").fault(f"Faker has no {quoted(name)}; {nearest(name, known)}")
        method, arguments = getattr(generator, name), recipe.at("with", {}).mapping()
        fields = {key: field for key, value in arguments.items() if (field := referred_field(value))}

        def says(so_far: Document, context: GenerationContext) -> Any:
            generator.random = context.rng
            if not fields:
                return method(**arguments)
            if not all(field in so_far for field in fields.values()):
                return NOTHING
            try:
                return method(**{**arguments, **{key: so_far[field] for key, field in fields.items()}})
            except Exception:  # Faker's own, for a value that it has never heard of: as good as none
                return NOTHING

        return says

    @cached_property
    def _generator(self) -> Any:
        """Faker with the providers that are asked for and no others, which is ten times as fast to make as all of them."""
        from faker.generator import Generator

        generator, book = Generator(), self._book()
        for provider in book.at("providers").items():
            name = f"faker.providers.{provider.text()}.{book.at('locale').text()}"
            try:
                generator.add_provider(import_module(name).Provider)
            except ImportError:
                raise provider.fault(f"Faker has no {name}") from None
        return generator

    def _one_of(self, recipe: FixtureValue, schema: Schema) -> Generator:
        deck = self.deck(recipe.at("one_of"), lambda one: one.value)
        return lambda so_far, context: deck.deal(context.rng)

    def _days_later(self, recipe: FixtureValue, schema: Schema) -> Generator:
        deck = self.deck(recipe.at("days_later"), lambda one: timedelta(days=one.whole_number()))
        return lambda so_far, context: (context.now.date() + deck.deal(context.rng)).isoformat()

    def _address_of(self, recipe: FixtureValue, schema: Schema) -> Generator:
        names = [one.text() for one in recipe.at("address_of").items()]
        hosts = self.deck(recipe.at("at"), FixtureValue.text)

        def addresses(so_far: Document, context: GenerationContext) -> Any:
            if not all(name in so_far for name in names):
                return NOTHING
            mailbox = _mailbox(".".join(str(so_far[name]) for name in names))
            return f"{mailbox}@{hosts.deal(context.rng)}" if mailbox else NOTHING

        return addresses

    def _list_of(self, recipe: FixtureValue, schema: Schema) -> Generator:
        fewest, most = (one.whole_number() for one in recipe.at("of").two())
        fewest = max(fewest, schema.get("minItems", 0))
        most = max(fewest, min(most, schema.get("maxItems", most)))
        one_more = self._objects(recipe.at("list_of"), schema.get("items", {}), str(recipe.where[-1]))
        return lambda so_far, context: [one_more(context) for _ in range(context.rng.randint(fewest, most))]


def referred_field(argument: Any) -> str:
    """The field that an argument of Faker's is taken from, such as `$state`; empty where it stands for itself."""
    return argument[1:] if isinstance(argument, str) and argument.startswith("$") else ""


def _between(recipe: FixtureValue, schema: Schema) -> Generator:
    numbers = (*(one.number() for one in recipe.at("between").two()), recipe.at("step", 1).number())
    low, high, stride = (Decimal(str(number)) for number in numbers)
    steps, number = int((high - low) / stride), int if all(isinstance(one, int) for one in numbers) else float
    return lambda so_far, context: number(low + stride * context.rng.randint(0, steps))


def _mailbox(name: str) -> str:
    plain = name if name.isascii() else unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _NOT_IN_ADDRESSES.sub(".", plain.lower()).strip(".")[:_LONGEST_MAILBOX].strip(".")
