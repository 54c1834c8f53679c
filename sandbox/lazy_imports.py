"""Keeps a library from loading, when it is imported, what it needs for uses that this server never makes of it.

Connexion alone imports a test client, a template engine, two HTTP clients, a validator and a server for development: half
of a server's start. Python 3.11 has no lazy imports, and a library that says `from x import y` cannot be made to wait.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


@contextmanager
def loaded_when_used(*names: str, given: Mapping[str, Any] | None = None) -> Iterator[None]:
    """While the block runs, whoever imports one of these modules gets a stand-in, unless it has been loaded already.

    What is taken from a stand-in, and what is made of that while the block runs, is worked out when it is used after the
    block: so nothing is missing, it only comes later. One thing it can never be: what an `except` names. `given` are values
    by their full name, such as a class for that, which are what they are from the beginning. Another thread that imports one of
    the modules meanwhile gets a stand-in too.
    """
    absent = [name for name in names if name not in sys.modules]
    block, known = _Block(), dict(given or {})
    placeholder_paths = {name: _StandIn(name, block, known) for name in absent}
    known.update(placeholder_paths)
    sys.modules.update(placeholder_paths)
    try:
        yield
    finally:
        block.runs = False
        for name, stand_in in placeholder_paths.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


class _Block:
    runs = True


class _StandIn(ModuleType):
    """A module that has whatever it is asked for."""

    def __init__(self, name: str, block: _Block, known: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # it may have modules below it, which are stand-ins too
        self._block, self._known = block, known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python's own questions
            raise AttributeError(name)
        whole = f"{self.__name__}.{name}"
        if whole in self._known:
            return self._known[whole]
        return _Later(self._block, lambda: getattr(import_module(self.__name__), name))


class _Later:
    """What is worked out when it is first used."""

    def __init__(self, block: _Block, work: Callable[[], Any]) -> None:
        self._block = block
        self._work: Callable[[], Any] | None = work
        self._value: Any = None

    def _use(self, use: Callable[[Any], Any]) -> Any:
        """Uses it, or tells later what came of that."""
        if self._block.runs:
            return _Later(self._block, lambda: use(self._real()))
        return use(self._real())

    def _real(self) -> Any:
        """Worked out once, so that an object that was made keeps what is done to it."""
        if self._work is not None:
            self._value, self._work = _worked_out(self._work()), None
        return self._value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._use(lambda real: real(*map(_worked_out, args), **kwargs))

    def __getitem__(self, key: Any) -> Any:
        return self._use(lambda real: real[key])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._use(lambda real: getattr(real, name))

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._real(),)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self._real())

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self._real())


def _worked_out(value: Any) -> Any:
    return value._real() if isinstance(value, _Later) else value
