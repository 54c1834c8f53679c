"""Where a key that everybody knows counts: for programs of this machine, and for its own pages.

That the server listens on loopback alone says too little: a proxy on this machine has loopback's address as well, and so
has the browser that shows somebody else's page. A key of one's own is a secret that neither of them can know, and
counts wherever it comes from.
"""

from __future__ import annotations

from collections.abc import Collection

from sandbox.edge.exchange import Exchange
from sandbox.edge.forwarding import forwarding_header
from sandbox.edge.header_block import HeaderBlock, LocalAccess
from sandbox.edge.host_check import host_name, refuse_foreign_hosts, shown
from sandbox.edge.web_pages import foreign_page
from sandbox.errors import Forbidden, Refusal, Unauthenticated
from sandbox.loopback import is_loopback, is_loopback_name

_ANY_OWN_KEY = "a key of your own is taken from anywhere"


class LocalAccessPolicy:
    """Of a server that takes test keys. `hosts` and `origins` are those that its owner allows, in lower case."""

    def __init__(self, hosts: Collection[str], origins: Collection[str]) -> None:
        self._hosts, self._origins = frozenset(hosts), frozenset(origins)

    def access_of(self, block: HeaderBlock) -> LocalAccess:
        """Looked at once for a block: a connection sends the same one again and again."""
        if block.local_access is None:
            elsewhere, page = self._elsewhere(block), foreign_page(block.values, self._origins)
            block.local_access = LocalAccess(elsewhere, page, is_granted=elsewhere is None and page is None)
        return block.local_access

    def withdraw_test_key(self, exchange: Exchange) -> LocalAccess | None:
        """Takes a test key from a request that is not of this machine, or of a page that is not; why it did, None where it did not."""
        if exchange.actor is None or not exchange.actor.test:
            return None
        access = self.access_of(exchange.block)
        if access.is_granted:
            return None
        exchange.actor = None
        exchange.is_foreign_page = access.page is not None
        return access

    def refuse_without_a_secret(self, exchange: Exchange, who: str) -> None:
        """Raises Forbidden for a page that needs no key where none is asked for, but comes from elsewhere or by a name of its own."""
        if b"host" in exchange.headers:
            refuse_foreign_hosts(exchange, self._hosts, who)
        page = self.access_of(exchange.block).page
        if page is not None:
            exchange.is_foreign_page = True
            raise Forbidden(f"What needs no key is not for pages of {page}; the setting --allowed-origins names more")

    def _elsewhere(self, block: HeaderBlock) -> str | None:
        """Why the request need not be of this machine, in words."""
        if block.peer is None or not is_loopback(block.peer):
            return "this request came from another"
        header = forwarding_header(block.values)
        if header is not None:
            return f"this request was forwarded, as the header {header} says"
        host = block.values.get(b"host", b"localhost").decode("latin-1").strip()  # HTTP/1.0 need not name one
        name = host_name(host) or ""
        return None if is_loopback_name(name) or name in self._hosts else f"this request came by the host name {shown(host)}"


def refusal_of(access: LocalAccess) -> Refusal:
    """What a withdrawn test key gets on the API, whose 401 has one message, the reference's."""
    if access.elsewhere is not None:
        return Unauthenticated()
    return Forbidden(f"A test key is not for pages of {access.page}; the setting --allowed-origins names more, and {_ANY_OWN_KEY}")


def explained_refusal_of(access: LocalAccess) -> Refusal:
    """What it gets on the control plane, which may say more."""
    if access.elsewhere is None:
        return refusal_of(access)
    return Unauthenticated(f"A test key is for this machine alone, and {access.elsewhere}; {_ANY_OWN_KEY}: `sandbox keys create` makes one")
