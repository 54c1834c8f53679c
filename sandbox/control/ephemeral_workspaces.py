"""Ephemeral workspaces: created over HTTP, one for each test, and deleted when they expire, also after a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from openapi.wording import counted, quoted
from sandbox import log
from sandbox.control.resets import Resets
from sandbox.edge.gateway import open_workspace
from sandbox.errors import Invalid, LimitExceeded, Missing
from sandbox.state.api_keys import Key
from sandbox.state.clock import Clock
from sandbox.state.registry import Registry
from sandbox.state.workspace_entry import WorkspaceEntry
from sandbox.state.workspaces import Workspaces

MOST_EPHEMERAL = 200
"""How many there may be at a time: whoever may make them must not fill the memory."""
LONGEST_LIFETIME = timedelta(days=1)
DEFAULT_LIFETIME = 3_600
"""Seconds that one lives whose creation does not say."""
_LABEL = "Of an ephemeral workspace"
_BARELY_A_SECOND = timedelta(microseconds=999_999)


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """A new workspace, and its keys by role, which nobody can learn later."""

    entry: WorkspaceEntry
    keys: Mapping[str, str]


class EphemeralWorkspaces:
    """Of one server, on its event loop; they expire by the server's clock. `begins_with` is for a creation that does not say.

    `keys_are_gone` is told the name of each workspace that is deleted.
    """

    def __init__(
        self,
        registry: Registry,
        workspaces: Workspaces,
        resets: Resets,
        clock: Clock,
        begins_with: tuple[str, int],
        keys_are_gone: Callable[[str], None] = lambda workspace: None,
    ) -> None:
        self._registry, self._workspaces, self._resets, self._clock = registry, workspaces, resets, clock
        self._begins_with, self._keys_are_gone = begins_with, keys_are_gone
        self._ends = {one.name: datetime.fromisoformat(one.expires_at) for one in registry.workspaces() if one.expires_at is not None}

    async def create(self, parent: str, scenario: str | None, seed: int | None, expires_in: int) -> NewWorkspace:
        """One that is filled and open, for so many seconds. Invalid for an unknown scenario; what a quota refuses."""
        scenario = self._begins_with[0] if scenario is None else scenario
        seed = self._begins_with[1] if seed is None else seed
        self._resets.known(scenario)
        self.remove_expired()
        self._refuse_one_too_many()
        self._registry.refuse_one_more()
        self._workspaces.refuse_one_more()
        # It is told in whole seconds, and lives no shorter than was asked for.
        end = (self._clock.now() + timedelta(seconds=expires_in) + _BARELY_A_SECOND).replace(microsecond=0)
        entry, keys = self._registry.create_ephemeral(scenario, seed, _LABEL, expires_at=end, parent=parent)
        self._ends[entry.name] = end
        try:
            await open_workspace(self._workspaces, entry.name)
        except Missing:  # a large scenario may take some seconds
            sentence = f"Expires_in of {counted(expires_in, 'second')} was over before the workspace was filled; ask for more"
            raise Invalid({"expires_in": sentence}) from None
        except BaseException:
            with suppress(Missing):
                self._delete(entry.name)
            raise
        return NewWorkspace(entry, keys)

    def delete(self, name: str, by: Key) -> None:
        """For an administrator of the workspace itself, or of the one whose key made it; Missing for all others."""
        if not self._is_visible(name, by):
            raise Missing(f"There is no workspace {quoted(name)} that was made by this workspace")
        if self._registry.workspace(name).expires_at is None:
            raise Invalid({"name": f"Name {name} stays: this workspace is not ephemeral, and only such are deleted here"})
        self._delete(name)

    def remove_expired(self) -> None:
        """Each whose time is over. What the disk refuses is logged, and tried again the next time."""
        now = self._clock.now()
        # One that was made while the clock was far ahead must not wait for that day.
        for name in [name for name, end in self._ends.items() if not timedelta(0) < end - now <= LONGEST_LIFETIME + timedelta(minutes=1)]:
            try:
                self._delete(name)
            except Missing:  # by a command, before its time
                del self._ends[name]
            except OSError as problem:
                log.error("an ephemeral workspace could not be removed; it is tried again", workspace=name, exc_info=problem)

    def _delete(self, name: str) -> None:
        self._workspaces.delete(name)
        self._keys_are_gone(name)
        self._ends.pop(name, None)

    def _is_visible(self, name: str, by: Key) -> bool:
        if not self._registry.has(name):
            return False
        return name == by.workspace or self._registry.workspace(name).parent == self._registry.number(by.workspace)

    def _refuse_one_too_many(self) -> None:
        present = [end for name, end in self._ends.items() if self._registry.has(name)]
        if len(present) >= MOST_EPHEMERAL:
            wait = max(1, ceil((min(present) - self._clock.now()).total_seconds()))
            raise LimitExceeded(
                f"There are {MOST_EPHEMERAL} ephemeral workspaces, and no more may be at a time; delete one, or wait {counted(wait, 'second')}", wait
            )
