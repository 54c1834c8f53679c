"""What the registry knows of a workspace and of a key. A key itself is kept nowhere: only its digest is, which is enough to know it again."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class WorkspaceEntry:
    """A workspace that there is; `scenario` and `seed` are what it begins with, None where the server's settings say so.

    An ephemeral one has `expires_at`, and in `parent` the number of the workspace whose key made it.
    """

    name: str
    created_at: str
    scenario: str | None
    seed: int | None
    expires_at: str | None = None
    parent: int | None = None


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
