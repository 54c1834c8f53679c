"""Makes request bodies that fit the contract: by recipe, and where a spec author tightened a field, by its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema_rs import Draft4Validator

from openapi.contract import Contract
from openapi.schemas import Direction, Schema, json_schema
from sandbox.errors import StartError
from sandbox.seeding.recipes import Recipes
from sandbox.seeding.schema_values import Setting, fitting_value
from sandbox.state.values import Document

_Place = tuple[str | int, ...]


class Bodies:
    """Request bodies for the collections of a contract."""

    def __init__(self, contract: Contract, recipes: Recipes) -> None:
        self._contract, self._recipes = contract, recipes
        self._validators: dict[str, Draft4Validator] = {}

    def make(self, collection: str, given: Mapping[str, Any], setting: Setting) -> Document:
        """A body that fits, with `given` in it as far as the contract has it and allows it.

        Raises StartError, with field and schema, where nothing fits.
        """
        schema = self._contract.resources[collection].input
        made = self._recipes.body(collection, schema, given, setting)
        private = {name: made.pop(name) for name in tuple(made) if name.startswith("_")}
        validator = self._validator(collection, frozenset(private))
        for place in [tuple(fault.instance_path) for fault in validator.iter_errors(made)]:
            _put_right(made, schema, place, collection, setting)
        for fault in validator.iter_errors(made):
            where = ".".join(map(str, (collection, *fault.instance_path)))
            raise StartError(f"{self._contract.file}: no seeded value fits {where}: {fault.message}; its schema is {_part(schema, fault.instance_path)}")
        return made | private

    def _validator(self, collection: str, private: frozenset[str]) -> Draft4Validator:
        """A collection's private fields are the same for all its bodies, so that one validator does."""
        if collection not in self._validators:
            schema = json_schema(self._contract.resources[collection].input, Direction.REQUEST)
            required = [name for name in schema.pop("required", []) if f"_{name}" not in private]
            self._validators[collection] = Draft4Validator(schema | ({"required": required} if required else {}), validate_formats=True)
        return self._validators[collection]


def _put_right(made: Document, schema: Schema, place: _Place, name: str, setting: Setting) -> None:
    """Puts a value made from the schema where the one of a recipe does not fit."""
    if not place:
        made |= {field: value for field, value in fitting_value(schema, name, setting).items() if f"_{field}" not in made}
        return
    holder: Any = made
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = fitting_value(_part(schema, place), f"{name}.{'.'.join(map(str, place))}", setting)


def _part(schema: Schema, place: Any) -> Schema:
    for step in place:
        schema = schema["items"] if isinstance(step, int) else schema["properties"][step]
    return schema
