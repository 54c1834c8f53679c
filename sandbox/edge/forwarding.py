"""The headers that proxies, tunnels and content delivery networks add to requests that they forward.

Only `Forwarded` and `Via` are standards (RFC 7239, RFC 9110 7.6.3); the others are in common use. A client that sends its own
requests uses none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FORWARDING = re.compile(
    rb".*forwarded.*|(x-)?forward(-.*)?|(x-)?via"
    # The client: X-Real-IP, True-Client-IP, CF-Connecting-IP, X-Azure-ClientIP, X-Appengine-User-IP, X-NF-Client-Connection-IP …
    rb"|(.*-)?(client|cluster-client|client-connection|connecting|end-?user|original|originating|peer|proxyuser|real|remote|source|socket|user)"
    rb"-?(ip|ipv6|addr|address|host|port)|x-(cluster-)?client|x-coming-from|coming-from"
    # The original request, before it was rewritten.
    rb"|x-(original|rewrite|proxy|nginx-proxy|haproxy|envoy|varnish|squid|arr|sucuri|akamai|edge|azure|appengine|vercel|nf|ms-proxy|traefik|caddy|cdn|real|amz-cf)(-.*)?"
    rb"|x-(host|port|scheme|url-scheme|https?|request-start|queue-start)|(x-)?ssl(-.*)?|front-end-https"
    # Prefixes of one product.
    rb"|(cf|cdn|cloudfront|fastly|fly|incap|akamai|tailscale|ngrok|wl-proxy|proxy-client)-.*"
)


def is_forwarding(name: bytes) -> bool:
    """Whether the header, named in lower case, shows that a request was forwarded."""
    return _FORWARDING.fullmatch(name) is not None


def forwarding_header(names: Iterable[bytes]) -> str | None:
    """The first header that shows it, spelled for a message; None if there is none."""
    return next((name.decode("latin-1").title() for name in names if is_forwarding(name)), None)
