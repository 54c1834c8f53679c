"""With the durability against power cuts a commit is acknowledged when an fsync has brought it to the disk, and not before."""

import os

import pytest

from sandbox.errors import StartError
from sandbox.state.changes import Changes
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from tests.state.damage import WORLD
from tests.state.disk.workspace_files import BEGUN, WorkspaceFiles, write


def test_with_the_durability_of_the_system_nothing_is_ever_unsynced(kept: WorkspaceFiles) -> None:
    kept.rewrite(WORLD)
    kept.append(write(1))
    assert not kept.persistence.unsynced


def test_with_the_durability_against_power_cuts_a_commit_waits_for_the_disk(powerful: WorkspaceFiles) -> None:
    powerful.rewrite(WORLD)
    assert not powerful.persistence.unsynced
    powerful.append(write(1))
    assert powerful.persistence.unsynced
    fsync = powerful.persistence.begin_fsync()
    powerful.append(write(2))
    fsync.run()
    fsync.finish()
    assert powerful.persistence.unsynced
    fsync = powerful.persistence.begin_fsync()
    fsync.run()
    fsync.finish()
    assert not powerful.persistence.unsynced


def test_what_is_replaced_as_a_whole_need_not_be_waited_for(powerful: WorkspaceFiles) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    fsync = powerful.persistence.begin_fsync()
    powerful.rewrite(Image())
    assert not powerful.persistence.unsynced
    fsync.run()
    fsync.finish()
    powerful.append(write(2))
    assert powerful.persistence.unsynced


def failing(*_: object) -> None:
    raise OSError("the disk failed")


def test_after_a_failed_wait_only_what_was_settled_stays(powerful: WorkspaceFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    fsync = powerful.persistence.begin_fsync()
    fsync.run()
    fsync.finish()
    settled = powerful.state
    powerful.append(write(2))
    fsync, sister = powerful.persistence.begin_fsync(), powerful.persistence.begin_fsync()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="the disk failed"):
            fsync.run()
    sister.run()
    powerful.state = powerful.persistence.fall_back()
    assert powerful.state == settled
    assert not powerful.persistence.unsynced
    with pytest.raises(OSError, match="taken back"):
        sister.finish()
    powerful.append(write(3))
    assert powerful.persistence.unsynced
    assert powerful.reread() == powerful.state


@pytest.mark.parametrize("call", ["ftruncate", "fsync"])
@pytest.mark.parametrize("healed_by", ["an append", "a rewrite"])
def test_while_not_even_cutting_back_works_nothing_is_appended(
    powerful: WorkspaceFiles, monkeypatch: pytest.MonkeyPatch, call: str, healed_by: str
) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        powerful.state = powerful.persistence.fall_back()
        assert powerful.state == BEGUN
        for _ in range(2):
            with pytest.raises(OSError, match="cannot be undone"):
                powerful.append(write(2))
    if healed_by == "a rewrite":
        powerful.rewrite(Image())
    powerful.append(write(3))
    assert powerful.reread() == powerful.state


def settle(kept: WorkspaceFiles) -> None:
    fsync = kept.persistence.begin_fsync()
    fsync.run()
    fsync.finish()


def test_an_image_goes_only_when_the_commit_that_needs_it_no_more_is_settled(powerful: WorkspaceFiles) -> None:
    powerful.rewrite(WORLD)
    digest = powerful.persistence.put(Image({"a": {1: {"id": 1}}}))
    powerful.append(Changes({"_snapshots": {1: {"id": 1, "digest": digest}}}))
    settle(powerful)
    for taken_back in (True, False):
        powerful.append(Changes({"_snapshots": {1: None}}))
        powerful.persistence.tidy(())
        assert powerful.persistence.get(digest).tables == {"a": {1: {"id": 1}}}
        if taken_back:
            powerful.state = powerful.persistence.fall_back()
    settle(powerful)
    powerful.append(write(1))
    with pytest.raises(StartError, match="it is missing"):
        powerful.persistence.get(digest)


def test_an_image_that_is_put_aside_again_before_it_has_gone_stays(powerful: WorkspaceFiles) -> None:
    other = Image({"a": {1: {"id": 1}}})
    powerful.rewrite(WORLD)
    digest = powerful.persistence.put(other)
    powerful.append(write(1))
    powerful.persistence.tidy(())
    assert powerful.persistence.put(other) == digest
    settle(powerful)
    powerful.append(write(2))
    assert powerful.persistence.get(digest) == other


def test_a_wait_that_fails_after_all_was_replaced_does_not_matter(powerful: WorkspaceFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    fsync = powerful.persistence.begin_fsync()
    powerful.rewrite(WORLD)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        fsync.run()
    fsync.finish()
    assert powerful.persistence.fall_back() == powerful.state


def test_a_wait_that_cannot_be_begun_fails_when_it_is_run(powerful: WorkspaceFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "dup", failing)
        fsync = powerful.persistence.begin_fsync()
    with pytest.raises(OSError, match="the disk failed"):
        fsync.run()
    assert powerful.persistence.fall_back() == BEGUN


def test_what_cannot_be_read_again_after_a_failed_wait_is_an_error_of_the_disk(powerful: WorkspaceFiles) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    next(powerful.path.parent.glob("*.image")).unlink()
    with pytest.raises(OSError, match="it is missing"):
        powerful.persistence.fall_back()


def test_what_an_ended_server_left_unsynced_is_settled_before_it_is_shown(powerful: WorkspaceFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    other = DiskPersistence(powerful.path, powerful.path.parent.parent / "pool", durability="power")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        with pytest.raises(StartError, match="cannot be brought to the disk"):
            other.load()
    assert other.load() == powerful.state
    assert not other.unsynced
    other.close()
