"""Recognises requests that a browser sends for a web page: by `Origin`, `Sec-Fetch-Site` and `Referer`.

Much of what a page can send needs no preflight: forms, images, a Blob without a type, links. Browsers send at least one of
these headers with all of it; programs send none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from sandbox.edge.host_check import host_name, shown
from sandbox.loopback import is_loopback_name

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#@\\\s]+)")
_WEB = ("http", "https")
_OWN_SITE = ("same-origin", "none")
_OF_A_HOST = "same-site"


def foreign_page(headers: Mapping[bytes, bytes], allowed: Collection[str]) -> str | None:
    """The web page that sends the request, in words. None for a program, a page on this machine or on the requested host, and `allowed` origins."""
    host = _text(headers, b"host") or ""
    origin = _text(headers, b"origin")
    if origin is not None:
        return None if _is_welcome(origin.lower(), host, allowed) else f"the origin {shown(origin)}"
    site = _text(headers, b"sec-fetch-site")
    if site is not None and site not in _OWN_SITE and not (site == _OF_A_HOST and is_loopback_name(host_name(host) or "")):
        return "another site"
    referring = _ORIGIN.match((_text(headers, b"referer") or "").lower())
    return None if referring is None or _is_welcome(referring[0], host, allowed) else f"the origin {shown(referring[0])}"


def is_same_origin(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the request comes from a program, or from a page of the requested host."""
    origin, site = _text(headers, b"origin"), _text(headers, b"sec-fetch-site")
    if site is not None and site not in _OWN_SITE:
        return False
    found = None if origin is None else _ORIGIN.fullmatch(origin.lower())
    return origin is None or (found is not None and found[2] == (_text(headers, b"host") or "").lower())


def _is_welcome(origin: str, host: str, allowed: Collection[str]) -> bool:
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        return False
    scheme, authority = found.groups()
    is_local = scheme in _WEB and is_loopback_name(host_name(authority) or "")
    return is_local or origin in allowed or authority == host.lower()


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1").strip()
