"""What the registry knows of a workspace."""

from __future__ import annotations

from dataclasses import dataclass


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
