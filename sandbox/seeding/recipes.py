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

    def __init__(self, book: Shape) -> None:
        book.only("locale", "providers", "collections")
        self._book = book
        self._groups = book.at("collections")
        self._decks: dict[tuple[str | int, ...], list[Any]] = {}
        self._kinds: Mapping[str, tuple[Callable[[Shape, Document, Schema, Setting], Any], frozenset[str]]] = {
            "faker": (self._faker_says, frozenset({"with"})),
            "one_of": (self._one_of, frozenset()),
            "between": (_between, frozenset({"step"})),
            "days_later": (self._days_later, frozenset()),
            "address_of": (self._address_of, frozenset({"at"})),
            "list_of": (self._list_of, frozenset({"of"})),
        }

    def body(self, collection: str, schema: Schema, given: Mapping[str, Any], setting: Setting) -> Document:
        """The fields of a new object; `given` goes before every recipe."""
        group = self._groups.at(collection, {})
        return self._object(group, schema, given, setting, collection)

    def _object(self, group: Shape, schema: Schema, given: Mapping[str, Any], setting: Setting, name: str) -> Document:
        group.only("records", "fields")
        recipes = {key: group.at("fields", {}).at(key) for key in group.at("fields", {}).keys()}
        if group.at("records", []).value:
            record = self._turn(group.at("records"), setting.rng)
            recipes |= {key: record.at(key) for key in record.keys()}
        made: Document = {}
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        for field in sorted(properties, key=lambda one: _waits(recipes.get(one))):
            part, recipe = properties[field], recipes.get(field)
            if part.get("readOnly"):
                continue
            if f"_{field}" in recipes:
                made[f"_{field}"] = recipes[f"_{field}"].value
            elif field in given:
                made[field] = _an_id_that_exists(given[field], part, setting)
            elif field in required or setting.chance(_share(recipe)):
                value = NOTHING if recipe is None or "x-ref" in part else self._cooked(recipe, made, part, setting)
                made[field] = fitting_value(part, f"{name}.{field}", setting) if value is NOTHING else value
        places = list(properties)
        return {field: made[field] for field in sorted(made, key=lambda one: places.index(one.removeprefix("_"))) if made[field] is not NOTHING}

    def _cooked(self, recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> Any:
        """The value that a recipe makes, or NOTHING where it needs a field that is not there."""
        if not isinstance(recipe.value, dict):
            return recipe.value
        kind = next((key for key in recipe.keys() if key in self._kinds), None)
        if kind is None:
            key = next(iter(recipe.keys()), "")
            raise recipe.fault(f"{key!r} is no kind of recipe; {nearest(key, self._kinds)}")
        cook, beside = self._kinds[kind]
        recipe.only(kind, "usually", *beside)
        return cook(recipe, so_far, schema, setting)

    def _turn(self, choices: Shape, rng: Random) -> Shape:
        """Each of the choices once before one of them comes again."""
        deck = self._decks.setdefault(choices.where, [])
        if not deck:
            deck += choices.items()
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
            module = import_module(f"faker.providers.{provider.text()}.{self._book.at('locale').text()}")
            generator.add_provider(module.Provider)
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
        fewest, most = (one.whole_number() for one in recipe.at("of").items())
        fewest = max(fewest, schema.get("minItems", 0))
        most = max(fewest, min(most, schema.get("maxItems", most)))
        each = recipe.at("list_of")
        return [self._object(each, schema.get("items", {}), {}, setting, str(recipe.where[-1])) for _ in range(setting.rng.randint(fewest, most))]


def _between(recipe: Shape, so_far: Document, schema: Schema, setting: Setting) -> float:
    bounds: Sequence[float] = [one.number() for one in recipe.at("between").items()]
    step = recipe.at("step", 1).number()
    low, high, stride = (Decimal(str(number)) for number in (*bounds, step))
    value = low + stride * setting.rng.randint(0, int((high - low) / stride))
    return int(value) if all(isinstance(number, int) for number in (*bounds, step)) else float(value)


def _waits(recipe: Shape | None) -> bool:
    """Whether a recipe needs other fields to be made first."""
    if recipe is None or not isinstance(recipe.value, dict):
        return False
    arguments = recipe.value.get("with", {}).values()
    return "address_of" in recipe.value or any(isinstance(value, str) and value.startswith("$") for value in arguments)


def _share(recipe: Shape | None) -> float:
    """How often an optional field is there: as its recipe says, always where it says nothing."""
    if recipe is None:
        return USUALLY
    return recipe.at("usually", 1).number() if isinstance(recipe.value, dict) else 1


def _an_id_that_exists(value: Any, schema: Schema, setting: Setting) -> Any:
    if "x-ref" not in schema or value in setting.ids(schema["x-ref"]):
        return value
    return fitting_value(schema, schema["x-ref"], setting)
