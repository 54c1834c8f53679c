"""Who is calling, and whether they may (decisions `auth-place` and `roles`)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from connexion.lifecycle import ConnexionRequest
from connexion.security import AbstractSecurityHandler

from openapi.contract import KeyPlaces
from sandbox.edge.exchange import Exchange
from sandbox.errors import Forbidden, Unauthenticated


@dataclass(frozen=True, slots=True)
class Actor:
    """The holder of a key: its label, its role, and the one workspace that it belongs to; `id` tells keys apart."""

    id: str
    label: str
    role: str
    workspace: str


class Keyring:
    """The keys that are known, by digest: the keys themselves are not kept."""

    def __init__(self, actors: Mapping[str, Actor]) -> None:
        self._actors = {digest: (digest.encode(), actor) for digest, actor in actors.items()}

    def find(self, key: str) -> Actor | None:
        """The holder of a key. A look-up by digest tells a guesser nothing, and the last comparison takes constant time."""
        digest = digest_of(key)
        known, actor = self._actors.get(digest, (b"", None))
        return actor if hmac.compare_digest(known, digest.encode()) else None


def digest_of(key: str) -> str:
    """Under which a key is stored. Keys are long and random, so that a fast digest is a safe one."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def authenticate(exchange: Exchange, keyring: Keyring, places: KeyPlaces) -> Actor | None:
    """The holder of the key that was sent where the contract takes one, or None; two different keys are none."""
    sent: set[str | None] = {value for name, value in exchange.query if name in places.query}
    authorization = exchange.header(b"authorization")
    if authorization is not None and places.header:
        scheme, _, token = authorization.partition(" ")
        sent.add(token.strip() if scheme.lower() == "bearer" else None)
    if len(sent) != 1:
        return None
    key = sent.pop()
    return keyring.find(key) if key else None


def authorize(exchange: Exchange) -> None:
    """Raises Unauthenticated without a valid key, Forbidden where its role may not call the operation."""
    operation = exchange.called
    if not operation.secured:
        return
    actor: Actor | None = exchange.actor
    if actor is None:
        raise Unauthenticated
    if actor.role not in operation.roles:
        allowed = " or ".join(sorted(operation.roles))
        raise Forbidden(f"{operation.id} needs a key with the role {allowed}; yours has the role {actor.role}")


class _ContractSecurity(AbstractSecurityHandler):
    """Connexion asks one handler for each scheme; ours answers for all of them, since the exchange knows the key."""

    def get_fn(self, security_scheme: dict[str, Any], required_scopes: Iterable[str]) -> Callable[[ConnexionRequest], dict[str, str]]:
        def check(request: ConnexionRequest) -> dict[str, str]:
            exchange = Exchange.of(request.scope)
            authorize(exchange)
            return {"sub": exchange.actor.label}

        return check


SECURITY_MAP = {"bearer": _ContractSecurity, "apiKey": _ContractSecurity}
