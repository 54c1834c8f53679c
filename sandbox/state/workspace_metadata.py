"""What a workspace stores about itself, in addition to its documents; it is journaled with them."""

from __future__ import annotations

from typing import Any

import msgspec

METADATA = "_facts"
"""The table that holds them, as its document 1."""


class WorkspaceMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one workspace; times are RFC 3339 by the server's clock."""

    scenario: str = "empty"
    """What it was begun with, or last reset to."""
    seed: int = 0
    offset: int = 0
    """How far its clock is ahead of the server's, in microseconds."""
    moved_back: int = 0
    """How far its clock was put back altogether since the last reset, in microseconds: what makes `Workspace.elapsed` never go back."""
    limit: tuple[int, int] | None = None
    """Its own rate limit, requests in seconds; None: the server's."""
    since: str = "1970-01-01T00:00:00Z"
    """When it came into being or was last reset."""
    pinned: str | None = None
    """The scheduled reset that is left out."""
    undo: str | None = None
    """The snapshot that an undo of the last reset brings back."""
    contract: str | None = None
    """The fingerprint of the contract that all its documents are known to fit."""

    def document(self) -> dict[str, Any]:
        """As they are stored: in JSON's own types, so that they are the same when they come back from there."""
        fields = msgspec.structs.asdict(self)
        return {"id": 1, **fields, "limit": None if self.limit is None else list(self.limit)}


def metadata_in(document: dict[str, Any] | None) -> WorkspaceMetadata:
    """The facts that are stored; the defaults where none are, and for each that an older server did not know."""
    return WorkspaceMetadata() if document is None else msgspec.convert(document, WorkspaceMetadata)
