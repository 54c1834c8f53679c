"""Finds the URL of a sandbox's control plane from any of its URLs."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from sandbox.errors import StartError

_CONTROL = "/_sandbox"
_API = re.compile(r"/api/v[0-9]+$")


def control_url(named: str) -> str:
    """Of the origin, the API's base URL or the control plane's own address. StartError for what is none of them."""
    try:
        parts = urlsplit(named)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise StartError("--url must be the sandbox's address, such as https://sandbox.your-domain.com or http://127.0.0.1:8000.")
    if parts.username is not None or parts.query or parts.fragment:
        raise StartError("--url must be the sandbox's address alone; the key goes into SANDBOX_API_KEY or --api-key.")
    path = parts.path.rstrip("/")
    before, found, _ = f"{path}/".partition(f"{_CONTROL}/")
    path = before if found else _API.sub("", path)
    return f"{parts.scheme}://{parts.netloc}{path}{_CONTROL}"


def is_on_this_machine(url: str) -> bool:
    """Whether no proxy could find it."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
