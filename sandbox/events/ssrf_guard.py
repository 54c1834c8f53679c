"""Where webhooks may go, so that nobody makes the server call what only the server can reach.

A registration is judged by the URL alone. A delivery resolves the name once and checks every address; one of these is dialled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address, ip_network

from sandbox.events.dns import Resolve, Resolver
from sandbox.events.ip_addresses import Address, embedded, may_be_called
from sandbox.events.webhook_url import Blocked, WebhookUrl, parse_webhook_url

__all__ = ["Blocked", "SsrfGuard", "WebhookUrl", "open_to_all"]

_LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
_WEB_PORTS = (80, 443, 8443)
_FIRST_FREE_PORT = 1024
_EVERY_NETWORK = ("0.0.0.0/0", "::/0")
_OPENS_THIS_MACHINE = "; sandbox serve --allow-local-webhooks opens this machine"


class SsrfGuard:
    """Refuses what is not public and stands in none of the `open_networks`; raises ValueError where one of these is none."""

    def __init__(self, open_networks: Iterable[str] = (), resolve: Resolve | None = None, *, any_port: bool = False) -> None:
        self._open = tuple(ip_network(network) for network in open_networks)
        self._resolve = resolve or Resolver()
        self._any_port = any_port

    def fault(self, url: str) -> str | None:
        """What a registration refuses, in a sentence that begins with `Url`, or None. Resolves nothing."""
        try:
            self._read(url)
        except Blocked as refusal:
            return str(refusal)
        return None

    async def admit(self, url: str) -> WebhookUrl:
        """The target with the addresses that may be dialled. Raises Blocked; then nothing may be."""
        target = self._read(url)
        if target.addresses:
            return target
        if target.is_local:  # no resolver is asked, since none may say where that is
            return replace(target, addresses=tuple(str(address) for address in self._open_loopback()))
        try:
            found = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise Blocked(f"{target.host} has no address")
        for address in found:
            if not self._may_be_called(address):
                raise Blocked(f"{target.host} resolves to {address}, which is not a public address{self._what_opens(address)}")
        return replace(target, addresses=tuple(found))

    def _read(self, url: str) -> WebhookUrl:
        target = parse_webhook_url(url)
        if not self._any_port and target.port not in _WEB_PORTS and target.port < _FIRST_FREE_PORT:
            raise Blocked("Url must use port 80, 443, 8443 or one above 1023")
        if target.is_local and not self._open_loopback():
            raise Blocked(f"Url must lead to a public address, and {target.host} is this machine{_OPENS_THIS_MACHINE}")
        for address in target.addresses:
            if not self._may_be_called(address):
                raise Blocked(f"Url must lead to a public address, and {address} is not one{self._what_opens(address)}")
        return target

    def _may_be_called(self, address: str) -> bool:
        try:
            # An address with a zone is of one network card alone, and what is no address cannot be judged.
            return "%" not in address and may_be_called(ip_address(address), self._open)
        except ValueError:
            return False

    def _what_opens(self, address: str) -> str:
        """The setting that would let it be called, which is not the client's to choose; an address that none opens has no hint."""
        try:
            found = ip_address(address)
        except ValueError:
            return ""
        if found.is_loopback:
            return _OPENS_THIS_MACHINE
        if "%" in address:
            return ""
        inner = embedded(found) if found.version == 6 else ()
        shut = [str(one) for one in (found, *inner) if not may_be_called(one, self._open)]
        return f"; whoever runs the sandbox can open it with sandbox serve --webhook-networks {','.join(shut)}"

    def _open_loopback(self) -> tuple[Address, ...]:
        return tuple(address for address in _LOOPBACK if may_be_called(address, self._open))


def open_to_all() -> SsrfGuard:
    """For commands whose user names the target on the own machine: no address and no port is refused."""
    return SsrfGuard(_EVERY_NETWORK, any_port=True)
