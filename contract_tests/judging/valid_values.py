"""Valid bodies from the contract's schemas, as a typical client would send them; reproducible for a seed."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from openapi.contract import Resource
from openapi.schemas import Schema

Where = tuple[str, ...]
Points = Mapping[Where, str]
"""By the path of a field, the collection that it points into."""
Reference = Callable[[str], int]
"""Gives the id of an object of a collection to point to."""
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "juniper", "kestrel", "linden", "maple", "nectar")
_FIRST_DAY = date(2031, 1, 1)


class Bodies:
    """Makes bodies; a field that must be unique gets a number that rises with each."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def make(self, resource: Resource, reference: Reference, *, optional: bool = True, **given: Any) -> dict[str, Any]:
        """A body that a create takes: required fields, with `optional` all others too, `given` ones as given (None: left out)."""
        points = {path.path: path.collection for path in resource.references}
        body = self._object(resource.input, points, reference, optional, ())
        body.update(given)
        body = {name: value for name, value in body.items() if value is not None}
        if {"date", "due_date"} <= body.keys() and body["due_date"] < body["date"]:
            body["date" if "due_date" in given else "due_date"] = body["due_date" if "due_date" in given else "date"]
        return body

    def text(self, longest: int = 24) -> str:
        """A harmless text that hardly anybody else uses."""
        word = f"{self._random.choice(_WORDS)} {''.join(self._random.choices(string.ascii_lowercase, k=8))}"
        return word[:longest]

    def amount(self, low: str = "1.00", high: str = "900.00") -> float:
        """A sum with two decimals."""
        cents = self._random.randint(int(Decimal(low) * 100), int(Decimal(high) * 100))
        return cents / 100

    def day(self) -> str:
        """A day far from today, as a full-date of RFC 3339."""
        return (_FIRST_DAY + timedelta(days=self._random.randrange(365 * 8))).isoformat()

    def _object(self, schema: Schema, points: Points, reference: Reference, optional: bool, where: Where) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        made: dict[str, Any] = {}
        for name, part in schema.get("properties", {}).items():
            if not part.get("readOnly") and (optional or name in required):
                made[name] = self._value(name, part, points, reference, optional, (*where, name))
        return made

    def _value(self, name: str, schema: Schema, points: Points, reference: Reference, optional: bool, where: Where) -> Any:
        if where in points:
            return reference(points[where])
        if schema.get("type") == "object":
            return self._object(schema, points, reference, optional, where)
        if schema.get("type") == "array":
            size = max(1, schema.get("minItems", 1))
            items = [self._value(name, schema.get("items", {}), points, reference, optional, (*where, "*")) for _ in range(size)]
            return _distinct(items, schema) if schema.get("uniqueItems") else items
        return self._scalar(name, schema)

    def _scalar(self, name: str, schema: Schema) -> Any:
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "integer":
                low = int(schema.get("minimum", 1))
                return self._random.randint(low, min(int(schema.get("maximum", low + 8)), low + 8))
            case "number":
                return self._number(schema)
            case "boolean":
                return True
        return self._string(name, schema)

    def _number(self, schema: Schema) -> float:
        low = Decimal(str(schema.get("minimum", 1)))
        high = Decimal(str(schema.get("maximum", 900)))
        return self.amount(str(max(low, Decimal(1)) if high >= 1 else low), str(min(high, Decimal(900))))

    def _string(self, name: str, schema: Schema) -> str:
        form = "uri" if "url" in name and "format" not in schema else schema.get("format", "")
        if form in ("date", "date-time"):
            return self.day() + ("T09:00:00Z" if form == "date-time" else "")
        if form == "email":
            return f"{self.text(40).replace(' ', '.')}@contract-tests.example"
        if form in ("uri", "url"):
            return f"https://contract-tests.example/{self.text(30).replace(' ', '-')}"
        if form == "uuid":
            return f"{self._random.getrandbits(128):032x}"
        longest: int = schema.get("maxLength", 40)
        return self.text(min(40, longest)).ljust(schema.get("minLength", 0), "x")


def _distinct(items: list[Any], schema: Schema) -> list[Any]:
    options = schema.get("items", {}).get("enum")
    return list(options[: len(items)]) if options else items
