"""Authentication and authorization (decisions `auth-place` and `roles`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from connexion.lifecycle import ConnexionRequest
from connexion.security import AbstractSecurityHandler

from openapi.contract import KeyPlaces
from openapi.wording import listed
from sandbox.edge.exchange import Exchange
from sandbox.errors import Forbidden, Unauthenticated
from sandbox.state.api_keys import Key, digest_of
from sandbox.state.registry import Registry


class Keyring:
    """Knows keys by their digest: the keys themselves are kept nowhere."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def find(self, key: str) -> Key | None:
        """The key, where it is valid. How long a look-up by digest takes tells a guesser nothing."""
        return self.by_digest(digest_of(key))

    def by_digest(self, digest: str) -> Key | None:
        """The same by its digest."""
        return self._registry.find(digest)

    def confirm(self, key: Key) -> None:
        """Raises Unauthenticated where the key was revoked, maybe with its workspace, while its request was being read."""
        if self._registry.find(key.digest) is None:
            raise Unauthenticated


def authenticate(exchange: Exchange, keyring: Keyring, places: KeyPlaces) -> Key | None:
    """The holder of the key that was sent where the contract takes one, or None; two different keys are none."""
    in_header = exchange.block.bearer if places.header else None
    exchange.key_sent = in_header is not None
    query = exchange.query_string
    exchange.keyless_query = not query or not _may_hold_a_key(query, places)
    if exchange.keyless_query:
        return keyring.by_digest(in_header) if in_header else None
    sent = {digest_of(value) if value else "" for name, value in exchange.query if name in places.query}
    if in_header is not None:
        sent.add(in_header)
    exchange.key_sent = bool(sent)
    return keyring.by_digest(sent.pop()) if len(sent) == 1 else None


def _may_hold_a_key(query: bytes, places: KeyPlaces) -> bool:
    """Whether a query could name a place of a key, as it stands or encoded; most do not, and need not be taken apart for it."""
    if b"%" in query or b"+" in query:
        return bool(places.query)
    return any(name.encode() in query for name in places.query)


def let_anyone_in(exchange: Exchange) -> None:
    """Without a valid key: raises Unauthenticated where the operation looks at keys, and one was sent."""
    if exchange.called.takes_key and exchange.key_sent:
        raise Unauthenticated


def authorize(exchange: Exchange) -> None:
    """Raises Unauthenticated without a valid key, Forbidden where its role may not call the operation."""
    operation = exchange.called
    if not operation.secured:  # whoever may call without a key may call with any
        return
    actor: Key | None = exchange.actor
    if actor is None:
        raise Unauthenticated
    if actor.role not in operation.roles:
        raise Forbidden(f"{operation.id} needs a key with the role {listed(sorted(operation.roles))}; yours has the role {actor.role}")


class _ContractSecurity(AbstractSecurityHandler):
    """Connexion asks one handler for each scheme; ours answers for all of them, since the exchange knows the key."""

    def get_fn(self, security_scheme: dict[str, Any], required_scopes: Iterable[str]) -> Callable[[ConnexionRequest], dict[str, str]]:
        def check(request: ConnexionRequest) -> dict[str, str]:
            exchange = Exchange.of(request.scope)
            authorize(exchange)
            return {"sub": exchange.actor.label}

        return check


SECURITY_MAP = {"bearer": _ContractSecurity, "apiKey": _ContractSecurity}
