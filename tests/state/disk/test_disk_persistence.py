"""What is kept on disk is what was committed, whether it was appended or rewritten."""

import os

import pytest

from sandbox.errors import StartError
from sandbox.state.changes import Changes
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from tests.state.damage import WORLD
from tests.state.disk.workspace_files import OWN, WorkspaceFiles, write


def test_what_was_never_begun_is_nothing(kept: WorkspaceFiles) -> None:
    assert kept.persistence.load() is None
    with pytest.raises(RuntimeError, match="nothing was loaded"):
        kept.persistence.append(kept.persistence.frame(write(1)))
    assert not kept.path.parent.exists()


def test_commits_are_there_after_the_next_start(kept: WorkspaceFiles) -> None:
    kept.rewrite(WORLD)
    for number in range(5):
        kept.append(write(number))
    kept.append(Changes({"customers": {1: None}}))
    assert kept.reread() == kept.state
    assert kept.persistence.recovered_bytes == 0


def test_only_its_owner_can_read_what_is_kept(kept: WorkspaceFiles) -> None:
    kept.rewrite(WORLD)
    assert kept.path.parent.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept.path.parent.iterdir())


def test_what_was_cut_off_is_told(kept: WorkspaceFiles) -> None:
    kept.rewrite(WORLD)
    kept.persistence.close()
    with kept.path.open("ab") as file:
        file.write(b"half")
    other = DiskPersistence(kept.path, kept.path.parent.parent / "pool")
    assert other.load() == kept.state
    assert other.recovered_bytes == 4
    other.close()


def test_a_rewrite_replaces_everything_and_keeps_only_the_images_it_is_told_to(kept: WorkspaceFiles) -> None:
    first, second = Image({"a": {1: {"id": 1}}}), Image({"b": {1: {"id": 1}}})
    kept.rewrite(WORLD)
    digests = [kept.persistence.put(first), kept.persistence.put(second)]
    kept.append(write(1))
    kept.rewrite(Image({"c": {1: {"id": 1}}}), {digests[0]})
    assert kept.reread() == kept.state
    assert kept.persistence.get(digests[0]) == first
    with pytest.raises(StartError, match="it is missing"):
        kept.persistence.get(digests[1])
    assert len(kept.files()) == 3


def test_an_empty_world_needs_no_image(kept: WorkspaceFiles) -> None:
    kept.rewrite(Image({}, {"id/customers": 5}))
    assert kept.reread() == Image(dict(OWN.tables), {"id/customers": 5, "id/_facts": 1})  # type: ignore[arg-type]
    assert kept.files() == {"journal"}


def test_what_a_kill_left_half_written_is_gone_after_the_next_opening(kept: WorkspaceFiles) -> None:
    kept.rewrite(WORLD)
    (kept.path.parent / "image.1.new").write_text("half an image")
    before = kept.files()
    kept.persistence.close()
    other = DiskPersistence(kept.path, kept.path.parent.parent / "pool")
    assert other.load() == kept.state
    other.close()
    assert kept.files() == before - {"image.1.new"}


def test_the_present_world_is_put_aside_without_being_written_when_it_is_its_base(kept: WorkspaceFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.rewrite(WORLD)
    present = Image({name: dict(table) for name, table in WORLD.tables.items()}, dict(WORLD.counters))
    changed = Image({**present.tables, "invoices": {1: dict(present.tables["invoices"][1])}}, present.counters)

    def refuse(*_: object) -> None:
        raise OSError("something is written")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        assert kept.persistence.put(present) == WORLD.digest
        with pytest.raises(OSError, match="something is written"):
            kept.persistence.put(changed)
        with pytest.raises(OSError, match="something is written"):
            kept.persistence.put(Image(present.tables, {**present.counters, "more": 1}))
    assert kept.persistence.get(kept.persistence.put(present)) == WORLD


def test_destroying_leaves_nothing(kept: WorkspaceFiles) -> None:
    kept.rewrite(WORLD)
    kept.persistence.put(Image({"a": {1: {"id": 1}}}))
    kept.append(write(1))
    kept.persistence.destroy()
    assert not kept.path.parent.exists()


def test_destroying_spares_what_others_keep_in_the_directory(kept: WorkspaceFiles) -> None:
    kept.rewrite(WORLD)
    (kept.path.parent / "lock").touch()
    kept.persistence.destroy()
    assert kept.files() == {"lock"}
