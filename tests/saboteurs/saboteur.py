"""A saboteur is one single defect in front of a conforming server, and the families of promises that ought to find it.

It works in one of four ways: it intercepts requests and answers on their way, it has the server obey an edited
contract while the suite reads the true one, it puts another function in the place of one of the server's own, or it
delivers webhooks wrongly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.registry import FAMILIES
from tests.saboteurs.webhook_delivery import Deliverer

Forward = Callable[[Request, str | None], Answer]
"""Sends a request with a key to the server behind."""
Interceptor = Callable[[Request, str | None, Forward], Answer]
"""Stands between the suite and the server."""
Spec = dict[str, Any]
Put = Callable[[Any, str, Any], None]
"""Puts a value in the place of an object's attribute until the run is over."""


@dataclass(frozen=True, slots=True)
class Saboteur:
    """One defect. `fits` are the families, or ids of promises, that name it rightly; the first is its own family.

    Exactly one of `interceptor` (which makes one for each run), `edit`, `patch` and `deliverer` is there. `raw`: what it does
    to the headers of caching and to HEAD is meant, and not put in order behind it.
    """

    id: str
    fits: tuple[str, ...]
    interceptor: Callable[[], Interceptor] | None = None
    edit: Callable[[Spec], None] | None = None
    patch: Callable[[Put], None] | None = None
    deliverer: Callable[[], Deliverer] | None = None
    raw: bool = False
    derived: bool = False

    @property
    def family(self) -> str:
        """What the kill matrix counts it under."""
        return self.fits[0]

    @property
    def sentence(self) -> str:
        return self.id.replace("-", " ")


BY_HAND: dict[str, Saboteur] = {}
"""Those written by hand, by id, as far as their modules are imported."""


def intercepting(*fits: str, raw: bool = False) -> Callable[[Callable[[], Interceptor]], Callable[[], Interceptor]]:
    """Registers a function that makes an interceptor; its name is what the saboteur does."""

    def register(make: Callable[[], Interceptor]) -> Callable[[], Interceptor]:
        _register(Saboteur(_id(make), fits, interceptor=make, raw=raw))
        return make

    return register


def editing(*fits: str) -> Callable[[Callable[[Spec], None]], Callable[[Spec], None]]:
    """Registers a function that edits the document which the server obeys."""

    def register(edit: Callable[[Spec], None]) -> Callable[[Spec], None]:
        _register(Saboteur(_id(edit), fits, edit=edit))
        return edit

    return register


def patching(*fits: str) -> Callable[[Callable[[Put], None]], Callable[[Put], None]]:
    """Registers a function that replaces parts of the server."""

    def register(patch: Callable[[Put], None]) -> Callable[[Put], None]:
        _register(Saboteur(_id(patch), fits, patch=patch))
        return patch

    return register


def delivering(*fits: str) -> Callable[[Callable[[], Deliverer]], Callable[[], Deliverer]]:
    """Registers a function that makes a deliverer of webhooks."""

    def register(make: Callable[[], Deliverer]) -> Callable[[], Deliverer]:
        _register(Saboteur(_id(make), fits, deliverer=make))
        return make

    return register


def _id(function: Callable[..., Any]) -> str:
    return function.__name__.strip("_").replace("_", "-")


def _register(saboteur: Saboteur) -> None:
    if saboteur.id in BY_HAND or saboteur.family not in FAMILIES:
        raise ValueError(f"the saboteur {saboteur.id!r} is registered twice, or its family is none")
    BY_HAND[saboteur.id] = saboteur
