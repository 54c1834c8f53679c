"""Reads where a webhook goes, in one way only: for registration and for delivery.

Readers of URLs differ, and an attacker lives on the difference. So what another reader could understand otherwise is refused:
user names, backslashes, escapes in the host, addresses in any but their plain form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

_PORTS = {"http": 80, "https": 443}
_READABLE = re.compile(r"[!-\[\]-~]*")  # printable ASCII without the backslash
_PARTS = re.compile(r"(?P<scheme>https?)://(?P<place>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(#.*)?", re.IGNORECASE)
_PLACE = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(:(?P<port>[0-9]*))?")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
# Where the last label is a number, resolvers take the whole for an IPv4 address: 127.1, 0x7f.1, 2130706433, 017700000001.
_NUMBER_AT_THE_END = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")


class Blocked(Exception):
    """A webhook may not be delivered there; one sentence says why."""


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """Where a call goes: `host` as the receiver is told it (IPv6 without brackets), `addresses` one of which is dialled."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""
    addresses: tuple[str, ...]
    """What the URL itself names; of a host name none."""

    @property
    def authority(self) -> str:
        """For the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether it names this machine, as `localhost` and what is below it do everywhere."""
        return self.host == "localhost" or self.host.endswith(".localhost")


def parse_webhook_url(url: str) -> WebhookUrl:
    """Raises Blocked, with a sentence that begins with `Url`, where it is not understood for sure."""
    if not _READABLE.fullmatch(url):
        raise Blocked("Url must hold printable ASCII alone, without spaces and backslashes; an international name is written as xn--…")
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise Blocked("Url must begin with http:// or https://, such as https://your-domain.com/webhook")
    scheme = parts["scheme"].lower()
    host, port = _host_and_port(parts["place"], _PORTS[scheme])
    name, addresses = _host(host)
    return WebhookUrl(scheme, name, port, (parts["path"] or "/") + (parts["query"] or ""), addresses)


def without_query(url: str) -> str:
    """A URL as it may be shown to everybody: without user name, query and fragment, also of one that is not understood."""
    address = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"^([^/]*//)?[^/]*@", lambda found: found[1] or "", address)


def _host_and_port(place: str, usual: int) -> tuple[str, int]:
    if "@" in place:
        raise Blocked("Url must hold no user name and no password; a receiver knows its caller by the signature")
    found = _PLACE.fullmatch(place)
    if found is None:
        raise Blocked("Url must name a host, and a port if any, as in https://your-domain.com:8443/webhook")
    digits = (found["port"] or str(usual)).lstrip("0")
    port = int(digits) if 1 <= len(digits) <= 5 else 0
    if not 1 <= port <= 65535:
        raise Blocked("Url must name a port from 1 to 65535, or none")
    return found["host"].lower(), port


def _host(host: str) -> tuple[str, tuple[str, ...]]:
    """The host without the dot that may end it, and the address that it is, if it is one."""
    if host.startswith("["):
        try:
            address = IPv6Address(host[1:-1])
        except AddressValueError:
            address = None
        if address is None or address.scope_id is not None:
            raise Blocked("Url must write an IPv6 address in its plain form, such as [2606:4700::1111]")
        return str(address), (str(address),)
    host = host.removesuffix(".")
    if not _NAME.fullmatch(host):
        raise Blocked("Url must name a host of letters, digits, hyphens and dots, such as your-domain.com")
    if not _NUMBER_AT_THE_END.fullmatch(host):
        return host, ()
    try:
        return host, (str(IPv4Address(host)),)
    except AddressValueError:
        raise Blocked("Url must write an IPv4 address as four decimal numbers without leading zeros, such as 93.184.215.14") from None
