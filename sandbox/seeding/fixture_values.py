"""A value of a fixture together with its location, so that every error message names both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openapi.document import json_path
from openapi.number_normalization import as_stored
from openapi.vocabulary import nearest
from openapi.wording import quoted
from sandbox.errors import StartError

_REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class FixtureValue:
    """A part of a fixture. What is asked of it and is not so raises StartError: file, JSON path, what would be right."""

    value: Any
    file: str
    where: tuple[str | int, ...] = ()

    def fault(self, what: str) -> StartError:
        """The error that names this place."""
        return StartError(f"{self.file}: {json_path(self.where)}: {what}")

    def only(self, *known: str) -> None:
        """Nothing else may be written here."""
        for key in self.mapping():
            if key not in known:
                raise self.fault(f"unknown key {quoted(key)}; {nearest(str(key), known)}")

    def at(self, key: str, otherwise: Any = _REQUIRED) -> FixtureValue:
        """What stands under a key; without `otherwise` it must be there."""
        value = self.mapping().get(key, otherwise)
        if value is _REQUIRED:
            raise self.fault(f"needs {key}")
        return FixtureValue(value, self.file, (*self.where, key))

    def parts(self) -> dict[str, FixtureValue]:
        """What a mapping holds by its keys, in the order of the file."""
        return {key: self.at(key) for key in self.mapping()}

    def items(self) -> Iterator[FixtureValue]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self.fault(f"must be a list, not {quoted(self.value)}")
        for place, item in enumerate(self.value):
            yield FixtureValue(item, self.file, (*self.where, place))

    def two(self) -> tuple[FixtureValue, FixtureValue]:
        """The entries of a list that must have two."""
        entries = tuple(self.items())
        if len(entries) != 2:
            raise self.fault(f"must be a list of two, such as [3, 45], not {quoted(self.value)}")
        return entries[0], entries[1]

    def mapping(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise self.fault(f"must be a mapping, not {quoted(self.value)}")
        return self.value

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            raise self.fault(f"must be text, not {quoted(self.value)}")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.fault(f"must be true or false, not {quoted(self.value)}")
        return self.value

    def whole_number(self) -> int:
        """Zero or more, however it is spelled (decision `integers`)."""
        number = as_stored(self.value)
        if type(number) is not int or number < 0:
            raise self.fault(f"must be a whole number of at least 0, not {quoted(self.value)}")
        return number

    def number(self) -> float:
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            raise self.fault(f"must be a number, not {quoted(self.value)}")
        return self.value
