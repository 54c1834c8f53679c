"""Which requests a web page may have caused, and which therefore get no answer.

A page of any site can have its name resolve to 127.0.0.1 once it is loaded (DNS rebinding), and is then no foreigner to
a browser; but the name stays in `Host`. And a page that says where it comes from must come from here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from openapi.wording import quoted
from sandbox.edge.exchange import Exchange
from sandbox.errors import Forbidden

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{0,5})?")
_LOOPBACK = "localhost"


def refuse_foreign_hosts(exchange: Exchange, allowed: Collection[str]) -> None:
    """Raises Forbidden unless the one `Host` is an IP address, localhost, a name below it, or one of `allowed` (in lower case)."""
    hosts = [value for name, value in exchange.scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        raise Forbidden(f"The control plane needs one Host header, and this request has {len(hosts) or 'none'}")
    host = hosts[0].decode("latin-1").strip()
    if not _is_ours(host, allowed):
        shown = host.encode("unicode_escape").decode()[:100]
        raise Forbidden(
            f"The control plane does not answer under the host name {quoted(shown)}; the setting --allowed-hosts names those that it answers under"
        )


def refuse_foreign_pages(exchange: Exchange) -> None:
    """Raises Forbidden for a page of another origin, which its browser names."""
    origin = exchange.header(b"origin")
    if origin is not None and _host_of(origin) != exchange.header(b"host"):
        raise Forbidden("The control plane answers no page of another origin")


def _is_ours(host: str, allowed: Collection[str]) -> bool:
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = (found["six"] or found["name"]).lower()
    return _is_address(name) or name == _LOOPBACK or name.endswith(f".{_LOOPBACK}") or name in allowed


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
