"""Stand-ins for modules that a library imports and we never use: nothing is missing, it only comes later."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sandbox.lazy_imports import loaded_when_used

HEAVY = """
VALUE = {"inside": 5}
class Thing:
    size = 3
    def __init__(self, name, extra=None):
        self.name, self.extra = name, extra
def double(number):
    return 2 * number
"""
LIGHT = """
import heavy
import heavy.below
from heavy import VALUE, Thing, double
inside, size, ten = VALUE["inside"], Thing.size, double(double(VALUE["inside"]))
class Fault(heavy.Wrong):
    pass
"""


class Wrong(Exception):
    """What an `except` can name."""


@pytest.fixture
def light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "heavy").mkdir()
    (tmp_path / "heavy" / "__init__.py").write_text(HEAVY)
    (tmp_path / "heavy" / "below.py").write_text("DEEP = 1\ndef deep():\n    return DEEP\n")
    (tmp_path / "light.py").write_text(LIGHT)
    monkeypatch.syspath_prepend(tmp_path)
    with loaded_when_used("heavy", "heavy.below", given={"heavy.Wrong": Wrong}):
        library = import_module("light")
    yield library
    for name in ("light", "heavy", "heavy.below"):
        sys.modules.pop(name, None)


def test_a_module_is_loaded_when_something_of_it_is_first_used(light: Any) -> None:
    assert "heavy" not in sys.modules
    thing = light.Thing("a", extra=1)
    assert (thing.name, thing.extra) == ("a", 1)
    assert "heavy" in sys.modules
    assert light.heavy.double(2) == 4
    assert light.heavy.below.deep() == 1


def test_what_was_made_of_it_while_it_was_imported_is_worked_out_later(light: Any) -> None:
    assert "heavy" not in sys.modules
    assert light.inside.bit_length() == 3
    assert light.size.bit_length() == 2
    assert light.ten.bit_length() == 5


def test_it_can_be_subclassed_and_asked_for_its_instances(light: Any) -> None:
    class Small(light.Thing):  # type: ignore[misc]
        pass

    heavy = import_module("heavy")
    assert issubclass(Small, heavy.Thing)
    assert issubclass(Small, light.Thing)
    assert isinstance(Small("b"), light.Thing)
    assert not isinstance("b", light.Thing)


def test_what_is_given_is_what_it_is(light: Any) -> None:
    assert "heavy" not in sys.modules
    assert issubclass(light.Fault, Wrong)


@pytest.mark.usefixtures("light")
def test_a_later_import_gets_the_module_itself() -> None:
    heavy = import_module("heavy")
    assert heavy.VALUE == {"inside": 5}
    with pytest.raises(AttributeError):
        heavy.nothing  # noqa: B018


def test_what_has_been_loaded_already_stays() -> None:
    with loaded_when_used("json"):
        import json
    assert json.loads("[1]") == [1]
    assert sys.modules["json"] is json
