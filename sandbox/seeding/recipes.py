"""Generates request bodies: each field by its recipe, or else from its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from openapi.schemas import Schema
from sandbox.seeding.fixture_values import FixtureValue
from sandbox.seeding.generators import Deck, Generator, Generators, referred_field
from sandbox.seeding.schema_values import NOTHING, USUALLY, GenerationContext, fitting_value
from sandbox.state.documents import Document


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field is made: by a generator, else from its schema; `share` is how often, where it may be left out."""

    name: str
    schema: Schema
    required: bool
    share: float
    generator: Generator | None

    def takes(self, given: Any, context: GenerationContext) -> bool:
        """Whether a given value stands: a reference must name something that exists."""
        return "x-ref" not in self.schema or given in context.ids(self.schema["x-ref"])


@dataclass(frozen=True, slots=True)
class _Plan:
    """How an object is made: what is kept from the start, its fields in the order in which they can be made, and in that of the schema."""

    private: Document
    fields: tuple[_Field, ...]
    order: tuple[str, ...]

    def make(self, given: Mapping[str, Any], context: GenerationContext, name: str) -> Document:
        """An object with its fields in the order of the schema."""
        made, chance = dict(self.private), context.rng.random
        for field in self.fields:
            key = field.name
            if not (field.required or key in given or chance() < field.share):
                continue
            value: Any = NOTHING
            if key in given and field.takes(given[key], context):
                value = given[key]
            elif field.generator is not None:
                value = field.generator(made, context)
            if value is NOTHING:
                value = fitting_value(field.schema, f"{name}.{key}", context)
            if value is not NOTHING:
                made[key] = value
        return {key: made[key] for key in self.order if key in made}


@dataclass(frozen=True, slots=True)
class _Group:
    """The recipes of a kind of object: those of the record whose turn it is go before the others."""

    plans: tuple[_Plan, ...]
    turns: Deck[int] | None

    def make(self, given: Mapping[str, Any], context: GenerationContext, name: str) -> Document:
        plan = self.plans[0 if self.turns is None else self.turns.deal(context.rng)]
        return plan.make(given, context, name)


class Recipes:
    """The recipes of one world. What takes turns does so by collection, so that none of them disturbs another."""

    def __init__(self, read: Callable[[], FixtureValue]) -> None:
        self._read = read
        self._generators = Generators(lambda: self._book, self._objects)
        self._collections: dict[str, tuple[Schema, _Group]] = {}

    @cached_property
    def _book(self) -> FixtureValue:
        book = self._read()
        book.only("locale", "providers", "collections")
        return book

    def body(self, collection: str, schema: Schema, given: Mapping[str, Any], context: GenerationContext) -> Document:
        """The fields of a new object; `given` goes before every recipe."""
        known = self._collections.get(collection)
        if known is None or known[0] is not schema:
            known = schema, self._group(self._book.at("collections").at(collection, {}), schema)
            self._collections[collection] = known
        return known[1].make(given, context, collection)

    def _objects(self, group: FixtureValue, schema: Schema, name: str) -> Callable[[GenerationContext], Document]:
        read = self._group(group, schema)
        return lambda context: read.make({}, context, name)

    def _group(self, group: FixtureValue, schema: Schema) -> _Group:
        group.only("records", "fields")
        fields, records = group.at("fields", {}).parts(), group.at("records", [])
        if not records.value:
            return _Group((self._plan(fields, schema),), None)
        plans = tuple(self._plan({**fields, **record.parts()}, schema) for record in records.items())
        return _Group(plans, self._generators.deck(records, lambda record: int(record.where[-1])))

    def _plan(self, recipes: Mapping[str, FixtureValue], schema: Schema) -> _Plan:
        """A plan for objects of a schema; fields that wait for others come after these."""
        properties = {name: part for name, part in schema.get("properties", {}).items() if not part.get("readOnly")}
        private = {f"_{name}": recipes[f"_{name}"].value for name in properties if f"_{name}" in recipes}
        read = partial(self._field, recipes, schema.get("required", ()))
        waiting = {name for name, recipe in recipes.items() if _waits(recipe)}
        return _Plan(
            private,
            tuple(read(name, properties[name]) for name in sorted(properties, key=waiting.__contains__) if f"_{name}" not in private),
            tuple(key for name in properties for key in (name, f"_{name}")),
        )

    def _field(self, recipes: Mapping[str, FixtureValue], required: tuple[str, ...], name: str, schema: Schema) -> _Field:
        recipe = recipes.get(name)
        if "x-ref" in schema:
            generator: Generator | None = _one_of_those_in(schema["x-ref"])
        else:
            generator = None if recipe is None else self._generators.generator(recipe, schema)
        return _Field(name, schema, name in required, _share(recipe), generator)


def _one_of_those_in(collection: str) -> Generator:
    def names(so_far: Document, context: GenerationContext) -> Any:
        ids = context.ids(collection)
        return context.rng.choice(ids) if ids else NOTHING

    return names


def _waits(recipe: FixtureValue) -> bool:
    """Whether a recipe needs other fields to be made first."""
    if not isinstance(recipe.value, dict):
        return False
    return "address_of" in recipe.value or any(map(referred_field, recipe.at("with", {}).mapping().values()))


def _share(recipe: FixtureValue | None) -> float:
    """How often an optional field is there: as its recipe says, always where it says nothing."""
    if recipe is None:
        return USUALLY
    return recipe.at("usually", 1).number() if isinstance(recipe.value, dict) else 1
