"""What the registry knows of an API key. The key itself is stored nowhere: only its digest is, which is enough to know it again."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Key:
    """A key, known by its digest: what it may do, and in which workspace; `test` for those that are public."""

    id: int
    workspace: str
    label: str
    role: str
    digest: str
    created_at: str
    revoked_at: str | None = None
    test: bool = False


def digest_of(key: str) -> str:
    """Under which a key is stored. Keys are long and random, so that a fast digest is a safe one."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
