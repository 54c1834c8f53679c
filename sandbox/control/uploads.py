"""How many snapshots may be uploaded at a time: each takes several times its size of memory until it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from openapi.wording import counted
from sandbox.errors import LimitExceeded
from sandbox.quotas import UNLIMITED


class Uploads:
    """Of one server, on its event loop."""

    def __init__(self, most: int = UNLIMITED, of_a_workspace: int = UNLIMITED) -> None:
        self._most, self._of_a_workspace = most, of_a_workspace
        self._under_way: list[str] = []

    @property
    def under_way(self) -> int:
        """How many there are."""
        return len(self._under_way)

    def under_way_of(self, workspace: str) -> int:
        return self._under_way.count(workspace)

    @contextmanager
    def one_of(self, workspace: str) -> Iterator[None]:
        """For as long as the block lasts. Raises LimitExceeded for one too many of the workspace, or in all."""
        if self.under_way_of(workspace) >= self._of_a_workspace:
            raise LimitExceeded(
                f"{counted(self._of_a_workspace, 'upload')} of this workspace must end first: no more are taken of one workspace at a time", 1
            )
        if self.under_way >= self._most:
            raise LimitExceeded(f"{counted(self._most, 'upload')} of other workspaces must end first: no more are taken at a time", 1)
        self._under_way.append(workspace)
        try:
            yield
        finally:
            self._under_way.remove(workspace)
