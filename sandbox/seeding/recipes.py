"""Makes request bodies: each field by its recipe, else from its schema. Faker is known here alone.

Faker is loaded when the first recipe asks for it, since its import takes 0.2 s and an empty world needs none of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from importlib import import_module
from random import Random
from typing import Any

from openapi.schemas import Schema
from openapi.vocabulary import nearest
from sandbox.seeding.schema_values import NOTHING, USUALLY, Setting, fitting_value
from sandbox.seeding.shape import Shape
from sandbox.state.values import Document

_NOT_IN_ADDRESSES = re.compile(r"[^a-z0-9]+")


class Recipes:
    """The recipes of one world. What takes turns does so by collection, so that none of them disturbs another."""

    def __init__(self, read: Callable[[], Shape]) -> None:
        self._read = read
        self._known: dict[tuple[Any, ...], tuple[Mapping[str, Shape], frozenset[str]]] = {}
        self._decks: dict[tuple[str | int, ...], list[Any]] = {}
        self._kinds: Mapping[str, tuple[Callable[[Shape, Document, Schema, Setting], Any], frozenset[str]]] = {
            "faker": (self._faker_says, frozenset({"with"})),
            "one_of": (self._one_of, frozenset()),
            "between": (_between, frozenset({"step"})),
            "days_later": (self._days_later, frozenset()),
            "address_of": (self._address_of, frozenset({"at"})),
            "list_of": (self._list_of, frozenset({"of"})),
        }

    @cached_property
    def _book(self) -> Shape:
        book = self._read()
        book.only("locale", "providers", "collections")
        return book

    def body(self, collection: str, schema: Schema, given: Mapping[str, Any], setting: Setting) -> Document:
        """The fields of a new object; `given` goes before every recipe."""
        return self._object(self._book.at("collections").at(collection, {}), schema, given, setting, collection)

    def _object(self, group: Shape, schema: Schema, given: Mapping[str, Any], setting: Setting, name: str) -> Document:
        recipes, waiting = self._recipes_of(group, setting.rng)
        properties, required = schema.get("properties", {}), schema.get("required", ())
        made: Document = {}
        for field in sorted(properties, key=waiting.__contains__):
            part, recipe = properties[field], recipes.get(field)
            if part.get("readOnly"):
                continue
            if f"_{field}" in recipes:
                made[f"_{field}"] = recipes[f"_{field}"].value
            elif field in given or field in required or setting.chance(_share(recipe)):
                value = self._field(recipe, given.get(field, NOTHING), made, part, setting)
                if value is NOTHING:
                    value = fitting_value(part, f"{name}.{field}", setting)
                if value is not NOTHING:
                    made[field] = value
        return {key: made[key] for field in properties for key in (field, f"_{field}") if key in made}

    def _field(self, recipe: Shape | None, given: Any, so_far: Document, schema: Schema, setting: Setting) -> Any:
        """What is given, else what the recipe makes, else NOTHING; a reference names something that exists."""
        if "x-ref" in schema:
            ids = setting.ids(schema["x-ref"])
            return given if given in ids else setting.rng.choice(ids) if ids else NOTHING
        return given if given is not NOTHING or recipe is None else self._cooked(recipe, so_far, schema, setting)

    def _recipes_of(self, group: Shape, rng: Random) -> tuple[Mapping[str, Shape], frozenset[str]]:
        """A group's recipes by field, those of the record whose turn it is before the others, and which ones wait."""
        records = group.at("records", [])
        card = self._turn(records, rng) if records.value else None
        key = (group.where, card and card.where)
        if key not in self._known:
            group.only("records", "fields")
            recipes = {**group.at("fields", {}).parts(), **(card.parts() if card else {})}
            self._known[key] = recipes, frozenset(name for name, recipe in recipes.items() if _waits(recipe))
        return self._known[key]

    def _cooked(self, recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> Any:
        """The value that a recipe makes, or NOTHING where it needs a field that is not there."""
        if not isinstance(recipe.value, dict):
            return recipe.value
        kind = next((key for key in recipe.mapping() if key in self._kinds), None)
        if kind is None:
            key = next(iter(recipe.mapping()), "")
            raise recipe.fault(f"{key!r} is no kind of recipe; {nearest(key, self._kinds)}")
        cook, beside = self._kinds[kind]
        recipe.only(kind, "usually", *beside)
        return cook(recipe, so_far, schema, setting)

    def _turn(self, choices: Shape, rng: Random) -> Shape:
        """Each of the choices once before one of them comes again."""
        deck = self._decks.setdefault(choices.where, [])
        if not deck:
            deck += choices.items()
            if not deck:
                raise choices.fault("must hold at least one")
            rng.shuffle(deck)
        card: Shape = deck.pop()
        return card

    # The kinds of recipes, as recipes.yaml explains them.

    def _faker_says(self, recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> Any:
        arguments = dict(recipe.at("with", {}).mapping())
        for key, value in arguments.items():
            if isinstance(value, str) and value.startswith("$"):
                if value[1:] not in so_far:
                    return NOTHING
                arguments[key] = so_far[value[1:]]
        generator = self._generator
        generator.random = setting.rng
        method = recipe.at("faker").text()
        if not hasattr(generator, method):
            known = (name for name in dir(generator) if not name.startswith("_"))
            raise recipe.at("faker").fault(f"Faker has no {method!r}; {nearest(method, known)}")
        return getattr(generator, method)(**arguments)

    @cached_property
    def _generator(self) -> Any:
        """Faker with the providers that are asked for and no others, which is ten times as fast to make as all of them."""
        from faker.generator import Generator

        generator = Generator()
        for provider in self._book.at("providers").items():
            name = f"faker.providers.{provider.text()}.{self._book.at('locale').text()}"
            try:
                generator.add_provider(import_module(name).Provider)
            except ImportError:
                raise provider.fault(f"Faker has no {name}") from None
        return generator

    def _one_of(self, recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> Any:
        return self._turn(recipe.at("one_of"), setting.rng).value

    def _days_later(self, recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> str:
        days = self._turn(recipe.at("days_later"), setting.rng).whole_number()
        return (setting.now.date() + timedelta(days=days)).isoformat()

    def _address_of(self, recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> Any:
        names = [one.text() for one in recipe.at("address_of").items()]
        if not all(name in so_far for name in names):
            return NOTHING
        plain = unicodedata.normalize("NFKD", ".".join(str(so_far[name]) for name in names)).encode("ascii", "ignore").decode()
        mailbox = _NOT_IN_ADDRESSES.sub(".", plain.lower()).strip(".")[:60].strip(".")
        return f"{mailbox}@{self._turn(recipe.at('at'), setting.rng).text()}" if mailbox else NOTHING

    def _list_of(self, recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> list[Document]:
        fewest, most = (one.whole_number() for one in recipe.at("of").two())
        fewest = max(fewest, schema.get("minItems", 0))
        most = max(fewest, min(most, schema.get("maxItems", most)))
        each = recipe.at("list_of")
        return [self._object(each, schema.get("items", {}), {}, setting, str(recipe.where[-1])) for _ in range(setting.rng.randint(fewest, most))]


def _between(recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> float:
    bounds: Sequence[float] = [one.number() for one in recipe.at("between").two()]
    step = recipe.at("step", 1).number()
    low, high, stride = (Decimal(str(number)) for number in (*bounds, step))
    value = low + stride * setting.rng.randint(0, int((high - low) / stride))
    return int(value) if all(isinstance(number, int) for number in (*bounds, step)) else float(value)


def _waits(recipe: Shape) -> bool:
    """Whether a recipe needs other fields to be made first."""
    if not isinstance(recipe.value, dict):
        return False
    arguments = recipe.at("with", {}).mapping().values()
    return "address_of" in recipe.value or any(isinstance(value, str) and value.startswith("$") for value in arguments)


def _share(recipe: Shape | None) -> float:
    """How often an optional field is there: as its recipe says, always where it says nothing."""
    if recipe is None:
        return USUALLY
    return recipe.at("usually", 1).number() if isinstance(recipe.value, dict) else 1
