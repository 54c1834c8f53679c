"""Ephemeral workspaces: created over HTTP, one for each test, and deleted when they expire, also after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil

from openapi.wording import counted, quoted
from sandbox import log
from sandbox.control.resets import Resets
from sandbox.edge.gateway import open_workspace
from sandbox.errors import Invalid, LimitExceeded, Missing
from sandbox.state.api_keys import Key
from sandbox.state.clock import Clock, later
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
        self._ends: dict[str, datetime] = {}
        self._begun: dict[str, datetime] = {}
        for one in registry.workspaces():
            self._know(one)

    async def create(self, parent: str, scenario: str | None, seed: int | None, expires_in: int) -> NewWorkspace:
        """One that is filled and open, for so many seconds. Invalid for an unknown scenario; what a quota refuses."""
        scenario = self._begins_with[0] if scenario is None else scenario
        seed = self._begins_with[1] if seed is None else seed
        self._resets.known(scenario)
        self.remove_expired(1)
        self._refuse_one_too_many()
        self._registry.refuse_one_more()
        self._workspaces.refuse_one_more()
        # It is told in whole seconds, and lives no shorter than was asked for.
        end = later(self._clock.now(), timedelta(seconds=expires_in) + _BARELY_A_SECOND).replace(microsecond=0)
        entry, keys = self._registry.create_ephemeral(scenario, seed, _LABEL, expires_at=end, parent=parent)
        self._know(entry)
        try:
            await self._resets.make_world(scenario, seed, parent)
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

    async def tick(self) -> None:
        """Remove all whose time is over; a clock that jumps ahead may end them all at once, so others come in between."""
        for _ in range(len(self._ends)):
            if not self.remove_expired(1):
                return
            await asyncio.sleep(0)

    def remove_expired(self, at_a_time: int | None = None) -> int:
        """Each whose time is over, or so many of them: how many were. What the disk refuses is logged, and tried again the next time."""
        now = self._clock.now()
        self._correct(now)
        # One that was made while the clock was far ahead must not wait for that day.
        over = (name for name, end in self._ends.items() if not timedelta(0) < end - now <= LONGEST_LIFETIME + timedelta(minutes=1))
        removed = 0
        for name in list(islice(over, at_a_time)):
            try:
                self._delete(name)
                removed += 1
            except Missing:  # by a command, before its time
                self._forget(name)
                removed += 1
            except OSError as problem:
                log.error("an ephemeral workspace could not be removed; it is tried again", workspace=name, exc_info=problem)
                self._ends[name] = self._ends.pop(name)  # behind the others
        return removed

    def _correct(self, now: datetime) -> None:
        """Where the clock was put back to before one began, by a day at most, it begins now, and lives as long as it was to."""
        ahead = {name: begun for name, begun in self._begun.items() if timedelta(0) < begun - now <= LONGEST_LIFETIME}
        corrected = {name: (now, later(now, self._ends[name] - begun)) for name, begun in ahead.items() if self._registry.has(name)}
        if not corrected:
            return
        try:
            self._registry.correct_lifetimes(corrected)
        except OSError as problem:
            log.error("when ephemeral workspaces end could not be written down; it is tried again", exc_info=problem)
            return
        for name in corrected:
            self._know(self._registry.workspace(name))

    def _delete(self, name: str) -> None:
        self._workspaces.delete(name)
        self._keys_are_gone(name)
        self._forget(name)

    def _know(self, entry: WorkspaceEntry) -> None:
        if entry.expires_at is not None:
            self._ends[entry.name] = datetime.fromisoformat(entry.expires_at)
            self._begun[entry.name] = datetime.fromisoformat(entry.created_at)

    def _forget(self, name: str) -> None:
        self._ends.pop(name, None)
        self._begun.pop(name, None)

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
