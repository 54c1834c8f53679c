"""CORS: lets pages of any origin call the API with a key of their own, which is sent in a header, never in a cookie.

Test keys are public: `local_access` refuses them to pages of other sites, which may not read that response. A preflight
request has no key, so every origin is allowed, and the request is not counted.
"""

from __future__ import annotations

from sandbox.edge.exchange import REFUSAL, Answer, Exchange, Header

_EXPOSED = b"Allow, ETag, Location, Retry-After, Sandbox-Next-Reset, WWW-Authenticate, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
_ALLOWED: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"DELETE, GET, HEAD, PATCH, POST, PUT"),
    (b"access-control-max-age", b"86400"),
)
_ANY_ORIGIN: tuple[Header, ...] = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED))


def is_preflight(exchange: Exchange) -> bool:
    """Whether a browser asks if it may ask."""
    headers = exchange.headers
    return exchange.method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers


def preflight_answer(exchange: Exchange, next_reset: bytes = b"") -> Answer:
    """204: it may, with any method and any header. The next reset stands on it as on every answer."""
    asked = exchange.headers.get(b"access-control-request-headers")
    headers = b"Authorization, Content-Type, If-None-Match" + (b", " + asked if asked else b"")
    announced = ((b"sandbox-next-reset", next_reset),) if next_reset else ()
    return Answer(204, b"", (*_ANY_ORIGIN, *_ALLOWED, (b"access-control-allow-headers", headers), *announced))


def cors_headers(exchange: Exchange) -> tuple[Header, ...]:
    """What the answer to a page of another origin carries, so that the page may read it; a head that is refused may be that of one."""
    if exchange.is_foreign_page:
        return ()
    return _ANY_ORIGIN if b"origin" in exchange.headers or REFUSAL in exchange.scope else ()
