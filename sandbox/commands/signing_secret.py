"""Signing secrets of the commands: `whsec_` and base64, from an option or the environment, or derived from a key."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error

from sandbox.errors import StartError

VARIABLE = "SANDBOX_WEBHOOK_SECRET"
_PREFIX = "whsec_"
_BYTES = 24


def checked(secret: str) -> str:
    """The secret; StartError where nothing can be signed with it. No message repeats it."""
    try:
        there = b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except (Error, ValueError):
        there = b""
    if not secret.strip().startswith(_PREFIX) or not there:
        raise StartError("The secret must be whsec_ and base64, as the registration of a webhook shows it.")
    return secret.strip()


def derived(key: str) -> str:
    """The same for a key each time; the key cannot be found from it."""
    digest = hmac.new(key.encode(), b"sandbox listen: signing secret", hashlib.sha256).digest()
    return f"{_PREFIX}{b64encode(digest[:_BYTES]).decode()}"
