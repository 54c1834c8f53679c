"""What waits for the write of a tick is told of it, whatever happens to the others that wait."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.edge.durability import Durability
from sandbox.state.clock import ManualClock
from sandbox.state.persistence import MemoryPersistence
from sandbox.state.workspace import Workspace
from tests.state.conftest import START


class Broken(MemoryPersistence):
    """Cannot write, and not for want of room."""

    def append(self, frames: bytes) -> None:
        raise MemoryError


def _workspace(persistence: MemoryPersistence | None = None) -> Workspace:
    return Workspace("default", ManualClock(START), {}, persistence)


def _commit(workspace: Workspace) -> None:
    with workspace.transaction(grouped=True) as tx:
        tx.insert("customers", {"account": "Jane"})


def test_one_answer_that_cannot_leave_holds_up_no_other() -> None:
    told: list[OSError | None] = []

    def fails(error: OSError | None) -> None:
        raise BrokenPipeError

    async def main() -> None:
        durability, workspace = Durability(), _workspace()
        _commit(workspace)
        group = workspace.commits.group
        assert group is not None
        durability.when_written(workspace, group, fails)
        durability.when_written(workspace, group, told.append)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert told == [None]


def test_one_observer_that_fails_hides_nothing_from_the_others() -> None:
    told: list[object] = []
    workspace = _workspace()

    def fails(changes: object) -> None:
        raise RuntimeError("an observer of ours")

    _commit(workspace)
    _commit(workspace)
    workspace.observers.append(fails)
    workspace.observers.append(told.append)
    workspace.commits.write()
    assert len(told) == 2


def test_a_write_that_fails_in_any_way_is_acknowledged_to_nobody() -> None:
    workspace = _workspace(Broken())
    _commit(workspace)
    group = workspace.commits.group
    assert group is not None
    with pytest.raises(OSError, match="MemoryError"):
        workspace.commits.write()
    assert isinstance(group.error, OSError)
    assert workspace.table("customers").at(1) is None
