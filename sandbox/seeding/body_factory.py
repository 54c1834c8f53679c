"""Generates request bodies that fit the contract: by recipe, or by the schema where the contract became stricter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema_rs import Draft4Validator

from openapi.contract import Contract
from openapi.number_normalization import StoredNumbers
from openapi.schemas import Direction, Schema, json_schema
from openapi.wording import shown
from sandbox.engine.private_fields import PrivateFields, is_private
from sandbox.errors import StartError
from sandbox.seeding.recipes import Recipes
from sandbox.seeding.schema_values import GenerationContext, fitting_value
from sandbox.state.documents import Document, copied

_Place = tuple[str | int, ...]
_PASSES = 3  # what puts one fault right may be another, so that it is looked at again


class BodyFactory:
    """Request bodies for the collections of a contract."""

    def __init__(self, contract: Contract, recipes: Recipes) -> None:
        self._contract, self._recipes = contract, recipes
        self._validators: dict[str, Draft4Validator] = {}
        self._readers: dict[str, tuple[StoredNumbers, PrivateFields]] = {}

    def make(self, collection: str, given: Mapping[str, Any], context: GenerationContext) -> Document:
        """A body that fits, with `given` in it as far as the contract has it and allows it.

        Raises StartError, with field and schema, where nothing fits.
        """
        schema = self._contract.resources[collection].input
        made = self._recipes.body(collection, schema, given, context)
        private = {name: made.pop(name) for name in tuple(made) if is_private(name)}
        validator = self._validator(collection, frozenset(private))
        for _ in range(_PASSES):
            made = self._read(collection, made)
            if validator.is_valid(made):
                return made | private if private else made
            faults = list(validator.iter_errors(made))
            for place in _outermost(_known_place(schema, fault.instance_path) for fault in faults):
                _put_right(made, schema, place, collection, context)
            made = {name: value for name, value in made.items() if f"_{name}" not in private}
        where = ".".join(map(str, (collection, *faults[0].instance_path)))
        part = json_schema(_part(schema, _known_place(schema, faults[0].instance_path)), Direction.REQUEST)
        raise StartError(f"{self._contract.file}: no seeded value fits {where}: {faults[0].message}; its schema is {shown(part, 2_000)}")

    def _read(self, collection: str, made: Document) -> Document:
        """The body as a client's is read: its numbers are those that are stored, and it holds nothing private."""
        if collection not in self._readers:
            schema = self._contract.resources[collection].input
            self._readers[collection] = StoredNumbers(schema), PrivateFields(schema)
        numbers, private_fields = self._readers[collection]
        body, lost = numbers.read(copied(made))
        for place, what in (*((place, f"a number {why}") for place, why in lost), *private_fields.faults(body)):
            raise StartError(f"{self._contract.file}: no seeded value fits {collection}.{place}: {what}")
        read: Document = body
        return read

    def _validator(self, collection: str, private: frozenset[str]) -> Draft4Validator:
        """A collection's private fields are the same for all its bodies, so that one validator does."""
        if collection not in self._validators:
            schema = json_schema(self._contract.resources[collection].input, Direction.REQUEST)
            required = [name for name in schema.pop("required", []) if f"_{name}" not in private]
            self._validators[collection] = Draft4Validator(schema | ({"required": required} if required else {}), validate_formats=True)
        return self._validators[collection]


def _outermost(places: Iterable[_Place]) -> list[_Place]:
    """The places that lie in no other: what is made anew is made anew as a whole."""
    found: list[_Place] = []
    for place in sorted(places, key=len):
        if not any(place[: len(outer)] == outer for outer in found):
            found.append(place)
    return found


def _put_right(made: Document, schema: Schema, place: _Place, name: str, context: GenerationContext) -> None:
    """Puts a value made from the schema where the one of a recipe does not fit."""
    if not place:
        made.clear()
        made |= fitting_value(schema, name, context)
        return
    holder: Any = made
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = fitting_value(_part(schema, place), f"{name}.{'.'.join(map(str, place))}", context)


def _known_place(schema: Schema, place: Iterable[str | int]) -> _Place:
    """A place as deep as the schema's own properties and items lead to it; what a composite says lies beyond."""
    known: list[str | int] = []
    for step in place:
        below = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        if not below:
            break
        known.append(step)
        schema = below
    return tuple(known)


def _part(schema: Schema, place: _Place) -> Schema:
    for step in place:
        schema = schema["items"] if isinstance(step, int) else schema["properties"][step]
    return schema
