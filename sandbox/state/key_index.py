"""Which keys there are, found without looking at any other, and in which order they were revoked."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from sandbox.state.api_keys import Key


class KeyIndex:
    """The keys of all workspaces, by digest; it is told of each that is kept, changed or let go.

    Of the revoked keys of a workspace the newest are kept to be read, `most_revoked` of them; a test key stays, or the next
    start would bring it back.
    """

    def __init__(self, keys: Iterable[Key] = (), *, most_revoked: int) -> None:
        self._most_revoked = most_revoked
        self._valid: dict[str, Key] = {}
        self._by_workspace: dict[str, _OfAWorkspace] = {}
        for key in sorted(keys, key=lambda one: (one.revoked_at or "", one.id)):
            self.put(key)

    def find(self, digest: str) -> Key | None:
        """The key with this digest, where it is valid."""
        return self._valid.get(digest)

    def has(self, workspace: str, digest: str) -> bool:
        """Whether the workspace has the key, be it revoked."""
        return workspace in self._by_workspace and digest in self._by_workspace[workspace].digests

    def valid(self, workspace: str) -> int:
        """How many keys of the workspace are valid."""
        return self._by_workspace[workspace].valid if workspace in self._by_workspace else 0

    def revoked(self, workspace: str) -> int:
        """How many of its revoked keys are kept, test keys aside."""
        return len(self._by_workspace[workspace].revoked) if workspace in self._by_workspace else 0

    def surplus(self, workspace: str) -> list[int]:
        """The ids of those that would be too many once another is revoked, the oldest first."""
        revoked = self._by_workspace[workspace].revoked if workspace in self._by_workspace else {}
        return list(islice(revoked, max(0, len(revoked) + 1 - self._most_revoked)))

    def put(self, key: Key) -> None:
        """A new one, or one that was revoked a moment ago."""
        of = self._by_workspace.setdefault(key.workspace, _OfAWorkspace())
        of.digests.add(key.digest)
        if self._valid.pop(key.digest, None) is not None:
            of.valid -= 1
        if key.revoked_at is None:
            self._valid[key.digest] = key
            of.valid += 1
        elif not key.test:
            of.revoked[key.id] = key.digest

    def drop(self, workspace: str, ids: Iterable[int]) -> None:
        """Revoked ones are gone."""
        of = self._by_workspace[workspace]
        for id in ids:
            of.digests.discard(of.revoked.pop(id))

    def drop_workspace(self, workspace: str) -> None:
        """All of its keys are gone."""
        for digest in self._by_workspace.pop(workspace, _OfAWorkspace()).digests:
            self._valid.pop(digest, None)


class _OfAWorkspace:
    """`revoked` are the digests by id, in the order in which they were revoked."""

    __slots__ = ("digests", "revoked", "valid")

    def __init__(self) -> None:
        self.digests: set[str] = set()
        self.revoked: dict[int, str] = {}
        self.valid = 0
