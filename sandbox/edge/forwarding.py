"""The headers by which a proxy, a tunnel or a content delivery network says that it forwards for somebody else.

Only `Forwarded` and `Via` are standards (RFC 7239, RFC 9110 7.6.3); the rest is what is in use. A client that speaks for itself
sends none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FORWARDING = re.compile(
    rb"forwarded|via|x-forward(ed|ing)?(-.*)?|.*-forwarded(-.*)?"
    # Who asked: X-Real-IP, True-Client-IP, CF-Connecting-IP, X-Azure-ClientIP, X-Appengine-User-IP, X-NF-Client-Connection-IP …
    rb"|(.*-)?(client|cluster-client|client-connection|connecting|end-?user|original|originating|peer|proxyuser|real|remote|source|socket|user)"
    rb"-?(ip|ipv6|addr|address|host|port)|x-(cluster-)?client|x-coming-from|coming-from"
    # What was asked, before somebody wrote it anew.
    rb"|x-(original|rewrite|proxy|nginx-proxy|haproxy|envoy|varnish|squid|arr|sucuri|akamai|edge|azure|appengine|vercel|nf|ms-proxy|traefik|caddy)(-.*)?"
    rb"|x-(host|port|scheme|url-scheme|ssl|https?)|front-end-https"
    # Names that belong to one of them.
    rb"|(cf|cdn|cloudfront|fastly|fly|incap|akamai|tailscale|ngrok|wl-proxy|proxy-client)-.*"
)


def is_forwarding(name: bytes) -> bool:
    """Whether a header, by its name in lower case, tells that a request was forwarded."""
    return _FORWARDING.fullmatch(name) is not None


def forwarding_header(names: Iterable[bytes]) -> str | None:
    """The first of them that does, as it is to be shown; None where none does."""
    return next((name.decode("latin-1").title() for name in names if is_forwarding(name)), None)
