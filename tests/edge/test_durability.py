"""With `--durability power` an answer waits for the disk, many for one wait, and none is given for what the disk took back."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from sandbox.edge.durability import Durability
from sandbox.state import fsync
from sandbox.state.clock import ManualClock
from sandbox.state.workspace import Workspace
from tests.asgi import Sandbox, sandbox_of
from tests.state.conftest import START, begun, place_of


@pytest.fixture
def kept(tmp_path: Path) -> Workspace:
    return begun(place_of("power", tmp_path), ManualClock(START))


def write(workspace: Workspace, account: str) -> int:
    with workspace.transaction() as tx:
        id: int = tx.insert("customers", {"account": account})["id"]
    return id


class SlowDisk:
    """Lets an fsync pass when it is told to, and counts them; or lets it fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.gate, self.count, self.fails = threading.Semaphore(0), threading.Semaphore(0), 0, False
        real = os.fsync

        def syncs(descriptor: int) -> None:
            self.count += 1
            self.begun.release()
            assert self.gate.acquire(timeout=10)
            if self.fails:
                self.fails = False
                raise OSError(5, "Input/output error")
            real(descriptor)

        monkeypatch.setattr(fsync.os, "fsync", syncs)


def test_writes_that_come_during_a_wait_share_the_next_one(kept: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, durability = SlowDisk(monkeypatch), Durability()

    async def run() -> None:
        write(kept, "first")
        first = asyncio.create_task(durability.wait_until_durable(kept))
        await asyncio.to_thread(disk.begun.acquire)
        others = []
        for number in range(5):
            write(kept, f"other {number}")
            others.append(asyncio.create_task(durability.wait_until_durable(kept)))
        await asyncio.sleep(0)
        assert kept.held == 6
        disk.gate.release()
        await first
        assert not any(one.done() for one in others)
        disk.gate.release()
        await asyncio.gather(*others)

    asyncio.run(run())
    assert disk.count == 2
    assert (kept.unsynced, kept.held) == (False, 0)


def test_a_namesake_of_a_deleted_workspace_waits_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted, namesake = (begun(place_of("power", tmp_path / which), ManualClock(START)) for which in ("old", "new"))
    assert deleted.name == namesake.name
    disk, durability = SlowDisk(monkeypatch), Durability()

    async def run() -> None:
        waits = []
        for workspace in (deleted, deleted, namesake):
            write(workspace, "one")
            waits.append(asyncio.create_task(durability.wait_until_durable(workspace)))
            await asyncio.sleep(0)
        for _ in range(3):
            disk.gate.release()
        await waits[-1]
        assert not namesake.unsynced
        await asyncio.gather(*waits)

    asyncio.run(run())


def test_a_client_that_leaves_does_not_end_the_wait_of_the_others(kept: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, durability = SlowDisk(monkeypatch), Durability()

    async def run() -> None:
        write(kept, "one")
        leaving, staying = (asyncio.create_task(durability.wait_until_durable(kept)) for _ in range(2))
        await asyncio.to_thread(disk.begun.acquire)
        leaving.cancel()
        disk.gate.release()
        await staying

    asyncio.run(run())
    assert (disk.count, kept.unsynced, kept.held) == (1, False, 0)


def test_what_the_disk_took_back_is_acknowledged_to_nobody(kept: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, durability = SlowDisk(monkeypatch), Durability()

    async def run() -> list[BaseException | None]:
        write(kept, "first")
        first = asyncio.create_task(durability.wait_until_durable(kept))
        await asyncio.to_thread(disk.begun.acquire)
        write(kept, "second, which comes while the disk fails")
        second = asyncio.create_task(durability.wait_until_durable(kept))
        await asyncio.sleep(0)
        disk.fails = True
        disk.gate.release(10)  # for the wait, the cutting back, the wait of the second
        return await asyncio.gather(first, second, return_exceptions=True)

    assert [type(one) for one in asyncio.run(run())] == [OSError, OSError]
    assert kept.table("customers").ids() == []
    assert write(kept, "and it goes on") == 1


def test_an_answer_says_500_where_the_disk_failed_and_the_world_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = sandbox_of(data_dir=tmp_path, durability="power")
    try:
        kept_id = sandbox.customer()

        def broken(_: int) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(fsync.os, "fsync", broken)
            reply = sandbox.post("/customers", {"account": "Lost"})
        assert reply.status == 500
        assert reply.json == {"success": False, "message": "The server failed to answer this request; it left nothing behind"}
        assert [one["id"] for one in sandbox.get("/customers").data] == [kept_id]
        assert sandbox.customer() == kept_id + 1
        assert seen_after_a_restart(sandbox, tmp_path) == [kept_id, kept_id + 1]
    finally:
        sandbox.close()


@pytest.mark.parametrize("path", ["/api/v2/customers", "/_sandbox/documents/customers"])
def test_nothing_is_shown_that_the_disk_may_yet_take_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    sandbox = sandbox_of(data_dir=tmp_path, durability="power")
    sandbox.base = ""

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    try:
        with sandbox.server.workspaces.get("default").transaction() as tx:  # of a request that waits for the disk
            tx.insert("customers", {"account": "Jane Smith", "created_at": tx.timestamp, "updated_at": tx.timestamp})
        with monkeypatch.context() as patch:
            patch.setattr(fsync.os, "fsync", broken)
            assert sandbox.get(path).status == 500
        assert sandbox.get(path).json["meta"]["total_records"] == 0
    finally:
        sandbox.close()


def seen_after_a_restart(sandbox: Sandbox, directory: Path) -> list[int]:
    sandbox.server.close()
    again = sandbox_of(data_dir=directory, durability="power")
    try:
        return [one["id"] for one in again.get("/customers").data]
    finally:
        again.close()
