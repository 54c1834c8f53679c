"""Decides which requests may use a test key: those of programs on this machine, and of its own web pages.

Test keys are public. That the server listens on loopback is not enough: a proxy on this machine connects from a loopback
address too, and so does a browser that shows the page of another site. Other keys are secret, so they work from anywhere.
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


class LocalAccessPolicy:
    """Of a server with test keys. `hosts` and `origins` are the allowed ones, in lower case."""

    def __init__(self, hosts: Collection[str], origins: Collection[str]) -> None:
        self._hosts, self._origins = frozenset(hosts), frozenset(origins)

    def access_of(self, block: HeaderBlock) -> LocalAccess:
        """Computed once for each block of headers: a connection sends the same one again and again."""
        if block.local_access is None:
            elsewhere, page = self._elsewhere(block), foreign_page(block.values, self._origins)
            block.local_access = LocalAccess(elsewhere, page, is_granted=elsewhere is None and page is None)
        return block.local_access

    def withdraw_test_key(self, exchange: Exchange) -> LocalAccess | None:
        """Removes a test key from a request that may not use it. Returns the reason, or None if nothing was removed."""
        if exchange.actor is None or not exchange.actor.test:
            return None
        access = self.access_of(exchange.block)
        if access.is_granted:
            return None
        exchange.actor = None
        exchange.is_foreign_page = access.page is not None
        return access

    def refuse_without_a_secret(self, exchange: Exchange, who: str) -> None:
        """For an operation without security: raises Forbidden if a web page of another site sends the request, or uses a host name of its own."""
        if b"host" in exchange.headers:
            refuse_foreign_hosts(exchange, self._hosts, who)
        page = self.access_of(exchange.block).page
        if page is not None:
            exchange.is_foreign_page = True
            raise Forbidden(f"Requests without a key are not accepted from web pages of {page}; allow the origin with the setting --allowed-origins")

    def _elsewhere(self, block: HeaderBlock) -> str | None:
        """Why the request may come from another machine, in words."""
        if block.peer is None or not is_loopback(block.peer):
            return "this request came from another address"
        header = forwarding_header(block.values)
        if header is not None:
            return f"this request was forwarded (header {header})"
        host = block.values.get(b"host", b"localhost").decode("latin-1").strip()  # HTTP/1.0 need not name one
        name = host_name(host) or ""
        return None if is_loopback_name(name) or name in self._hosts else f"this request names the host {shown(host)}"


def refusal_of(access: LocalAccess) -> Refusal:
    """The refusal on the API, where every 401 has the message of the reference."""
    if access.elsewhere is not None:
        return Unauthenticated()
    return Forbidden(
        f"Test keys do not work for web pages of {access.page}; allow the origin with the setting --allowed-origins, or use a key of your own"
    )


def explained_refusal_of(access: LocalAccess) -> Refusal:
    """The same on the control plane, whose 401 says why."""
    if access.elsewhere is None:
        return refusal_of(access)
    return Unauthenticated(
        f"Test keys work only on this machine, and {access.elsewhere}; create a key of your own with `sandbox keys create`, which works from anywhere"
    )
