"""The fields with decimals of a contract: their bounds, values within and beyond these, and which objects have an amount that is a sum."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contract_tests.errors import Unable
from contract_tests.judging.registry import Case
from openapi.contract import Contract, Operation, Resource
from openapi.schemas import Schema

CENT, _BETWEEN = Decimal("0.01"), Decimal("4.35")


@dataclass(frozen=True, slots=True)
class DecimalField:
    """A field with decimals that a client sends; `line` says whether it stands in each line of `items`."""

    resource: Resource
    name: str
    schema: Schema
    line: bool

    @property
    def step(self) -> Decimal:
        """The smallest difference between two values."""
        return exact(self.schema.get("multipleOf", CENT))

    @property
    def low(self) -> Decimal | None:
        """The least value that is allowed, None where the contract has no bound."""
        least = exact(self.schema.get("minimum"))
        return None if least.is_nan() else least + (self.step if self.schema.get("exclusiveMinimum") else 0)

    @property
    def high(self) -> Decimal | None:
        """The greatest, likewise."""
        greatest = exact(self.schema.get("maximum"))
        return None if greatest.is_nan() else greatest - (self.step if self.schema.get("exclusiveMaximum") else 0)

    @property
    def accepted(self) -> list[Decimal]:
        """Both ends as far as there are any, and a value between that has no exact binary form."""
        fits = (self.low is None or self.low < _BETWEEN) and (self.high is None or self.high > _BETWEEN) and _BETWEEN % self.step == 0
        return [one for one in (self.low, _BETWEEN if fits else None, self.high) if one is not None]

    @property
    def refused(self) -> list[Decimal]:
        """Values just outside of the bounds, and one with a digit too many, as far as the contract forbids them."""
        beyond = [*([self.low - self.step] if self.low is not None else []), *([self.high + self.step] if self.high is not None else [])]
        return [*beyond, *([(self.low or 0) + self.step * Decimal("29.5")] if "multipleOf" in self.schema else [])]


def exact(value: Any) -> Decimal:
    """A JSON number as it is written; NaN where it is none, which equals nothing."""
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else Decimal("NaN")


def is_summed(resource: Resource) -> bool:
    """Whether its objects have lines, and an amount that the server works out of them."""
    line = resource.input.get("properties", {}).get("items", {}).get("items", {}).get("properties", {})
    return {"amount", "qty"} <= line.keys() and bool(resource.schema.get("properties", {}).get("amount", {}).get("readOnly"))


def creates(contract: Contract) -> Iterator[tuple[Resource, Operation]]:
    """Every resource that can be created, with the operation that does it."""
    for resource in contract.resources.values():
        for operation in resource.operations.values():
            if operation.action == "create":
                yield resource, operation


def each_summed(contract: Contract) -> Iterable[Case]:
    """A case for each resource with lines and an amount."""
    return (Case(resource.name, operation.id, resource) for resource, operation in creates(contract) if is_summed(resource))


def each_number(where: Callable[[DecimalField], bool] = lambda number: True) -> Callable[[Contract], Iterable[Case]]:
    """A case for each field with decimals that a create takes."""

    def cases(contract: Contract) -> Iterator[Case]:
        for resource, operation in creates(contract):
            for number in numbers_of(resource):
                if where(number):
                    yield Case(f"{resource.name}.{'items.' if number.line else ''}{number.name}", operation.id, number)

    return cases


def numbers_of(resource: Resource) -> Iterator[DecimalField]:
    properties = resource.input.get("properties", {})
    for name, schema in properties.items():
        if schema.get("type") == "number" and not schema.get("readOnly"):
            yield DecimalField(resource, name, schema, line=False)
    for name, schema in properties.get("items", {}).get("items", {}).get("properties", {}).items():
        if schema.get("type") == "number" and is_summed(resource):
            yield DecimalField(resource, name, schema, line=True)


def bounds_of(number: DecimalField) -> tuple[Decimal, Decimal]:
    if number.low is None or number.high is None:
        raise Unable(f"the contract has no bounds of {number.name}")
    return number.low, number.high
