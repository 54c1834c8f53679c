"""Who is calling, and whether they may (decisions `auth-place` and `roles`)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from typing import Any

from connexion.lifecycle import ConnexionRequest
from connexion.security import AbstractSecurityHandler

from openapi.contract import KeyPlaces
from sandbox.edge.exchange import Exchange
from sandbox.errors import Forbidden, Unauthenticated
from sandbox.state.registry import Key, Registry, digest_of


class Keyring:
    """Knows keys by their digest: the keys themselves are kept nowhere."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def find(self, key: str) -> Key | None:
        """The key, where it is valid. A look-up by digest tells a guesser nothing, and the last comparison takes constant time."""
        digest = digest_of(key)
        found = self._registry.find(digest)
        return found if found is not None and hmac.compare_digest(found.digest.encode(), digest.encode()) else None

    def confirm(self, key: Key) -> None:
        """Raises Unauthenticated where the key was revoked, maybe with its workspace, while its request was being read."""
        if self._registry.find(key.digest) is None:
            raise Unauthenticated


def authenticate(exchange: Exchange, keyring: Keyring, places: KeyPlaces) -> Key | None:
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
    actor: Key | None = exchange.actor
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
