"""The doctor sees every damage, and repairs only to a state that was true once."""

import shutil
from pathlib import Path

import pytest

from sandbox.errors import StartError
from sandbox.state import image_directory
from sandbox.state.changes import Changes
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.frames import Frame, frame, frames
from sandbox.state.image import Image
from sandbox.state.integrity_check import Damage, inspect
from sandbox.state.repair import repair
from sandbox.state.replay import HEADER
from tests.state.damage import WORLD, History, history

SNAPSHOT = Image({"invoices": {3: {"id": 3}}}, {"id/invoices": 3})


@pytest.fixture
def past(tmp_path: Path) -> History:
    """In the layout of a data directory, with the pool where a data directory has it."""
    return history(tmp_path / "workspaces" / "alpha", based=True)


@pytest.fixture
def pool(tmp_path: Path, past: History) -> Path:
    """The pool with files of its own, so that what damages a workspace's does not damage them."""
    (past.directory / "pool").rename(tmp_path / "images")
    for path in (tmp_path / "images").iterdir():
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    return tmp_path / "images"


def image_of(past: History) -> Path:
    (path,) = past.directory.glob("*.image")
    return path


def offsets(past: History) -> list[int]:
    """Where the frames of the journal begin."""
    with past.journal.open("rb") as file:
        file.seek(len(HEADER))
        return [one.offset for one in frames(file, past.journal.stat().st_size) if isinstance(one, Frame)]


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(content)


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_sound_workspace_is_described_and_left_as_it_is(past: History) -> None:
    before = contents(past.directory)
    report = inspect(past.directory)
    last = past.states[-1]
    assert report == inspect(past.journal)
    assert report.is_sound
    assert (report.path, report.version, report.size) == (past.journal, "2", past.journal.stat().st_size)
    assert report.frames == len(past.states)
    assert report.documents == {name: len(table) for name, table in last.tables.items()}
    assert report.counters == last.counters
    assert (report.readable_behind, report.cut_bytes, report.span) == (0, 0, None)
    (base,) = report.images
    assert (base.path, base.use, base.documents, base.damage) == (image_of(past), "base", 6, None)
    after = repair(past.directory)
    assert (after.copy, after.lost_bytes, after.restored, after.beyond) == (None, 0, (), ())
    assert contents(past.directory) == before


def test_the_span_goes_from_the_first_to_the_last_time_in_the_documents(tmp_path: Path) -> None:
    persistence = DiskPersistence(tmp_path / "server.journal", tmp_path / "images")
    persistence.rewrite(Image(), Changes(), ())
    for number, (created, updated) in enumerate([("2024-03-01T00:00:00Z", "2024-05-01T00:00:00Z"), ("2024-02-01T00:00:00Z", None)], 1):
        persistence.append(persistence.frame(Changes({"customers": {number: {"id": number, "created_at": created, "updated_at": updated}}})))
    persistence.close()
    assert inspect(tmp_path / "server.journal").span == ("2024-02-01T00:00:00Z", "2024-05-01T00:00:00Z")


def test_snapshots_are_named_and_images_that_nobody_needs_are_told_apart(tmp_path: Path) -> None:
    persistence = DiskPersistence(tmp_path / "alpha" / "journal", tmp_path / "images")
    persistence.rewrite(WORLD, Changes(), ())
    digest = persistence.put(SNAPSHOT)
    persistence.append(persistence.frame(Changes({"_snapshots": {1: {"id": 1, "name": "before", "digest": digest}}})))
    unused = persistence.put(Image({"a": {1: {"id": 1}}}))
    flip(tmp_path / "alpha" / f"{unused}.image", 30)
    persistence.close()
    report = inspect(tmp_path / "alpha")
    assert {one.path.name[:32]: (one.use, one.snapshot) for one in report.images} == {
        WORLD.digest: ("base", None),
        digest: ("snapshot", "before"),
        unused: ("nothing", None),
    }
    assert report.is_sound
    (tmp_path / "alpha" / f"{digest}.image").unlink()
    shutil.rmtree(tmp_path / "images")
    damaged = inspect(tmp_path / "alpha")
    assert damaged.damage == (Damage(tmp_path / "alpha" / f"{digest}.image", 0, "missing"),)
    assert repair(tmp_path / "alpha", tmp_path / "images").beyond == damaged.damage


def test_what_is_not_there_or_cannot_be_read_is_damage(tmp_path: Path) -> None:
    assert inspect(tmp_path).damage == (Damage(tmp_path / "journal", 0, "missing"),)
    (tmp_path / "journal").mkdir()
    assert inspect(tmp_path).damage == (Damage(tmp_path / "journal", 0, "unreadable"),)
    assert inspect(tmp_path).damage[0].sentence == "it cannot be read"
    assert repair(tmp_path).beyond == inspect(tmp_path).damage


@pytest.mark.parametrize(("place", "kind"), [(2, "length"), (9, "payload"), (30, "payload")])
def test_a_damaged_frame_is_cut_off_with_all_behind_it_and_a_copy_stays(past: History, place: int, kind: str) -> None:
    begins, whole = offsets(past), past.journal.read_bytes()
    flip(past.journal, begins[20] + place)
    damaged = past.journal.read_bytes()
    report = inspect(past.directory)
    assert report.damage == (Damage(past.journal, begins[20], kind),)  # type: ignore[arg-type]
    assert (report.frames, report.readable_behind) == (20, len(begins) - 21)
    with pytest.raises(StartError, match=f"at offset {begins[20]}"):
        past.load()
    done = repair(past.directory)
    assert (done.lost_frames, done.lost_bytes, done.beyond) == (len(begins) - 21, len(whole) - begins[20], ())
    assert done.after.is_sound
    assert done.copy == past.directory / "journal.damaged-1"
    assert done.copy.read_bytes() == damaged
    assert done.copy.stat().st_mode & 0o077 == 0
    assert past.load() == past.states[19]
    flip(past.journal, begins[10] + place)
    assert repair(past.directory).copy == past.directory / "journal.damaged-2"
    assert past.load() == past.states[9]


def test_a_whole_frame_that_holds_no_changes_is_cut_off(past: History) -> None:
    end = past.journal.stat().st_size
    with past.journal.open("ab") as file:
        file.write(frame(b"{}") + frame(b"{}"))
    report = inspect(past.directory)
    assert report.damage == (Damage(past.journal, end, "content"),)
    assert report.readable_behind == 1
    assert repair(past.directory).after.is_sound
    assert past.load() == past.states[-1]


def test_a_last_frame_cut_short_is_no_damage(past: History) -> None:
    whole, last = past.journal.read_bytes(), offsets(past)[-1]
    past.journal.write_bytes(whole[:-3])
    report = inspect(past.directory)
    assert report.is_sound
    assert report.cut_bytes == len(whole) - 3 - last
    assert repair(past.directory).copy is None
    assert past.journal.read_bytes() == whole[:-3]


def test_a_damaged_header_above_sound_frames_is_written_anew(past: History) -> None:
    flip(past.journal, 3)
    report = inspect(past.directory)
    assert (report.version, report.damage, report.frames) == (None, (Damage(past.journal, 0, "header"),), len(past.states))
    done = repair(past.directory)
    assert (done.lost_frames, done.lost_bytes, done.beyond) == (0, 0, ())
    assert past.load() == past.states[-1]


def test_a_damaged_header_and_a_damaged_frame_are_repaired_together(past: History) -> None:
    begins = offsets(past)
    flip(past.journal, 3)
    flip(past.journal, begins[5] + 20)
    assert [one.kind for one in inspect(past.directory).damage] == ["header", "payload"]
    assert repair(past.directory).after.is_sound
    assert past.load() == past.states[4]


@pytest.mark.parametrize("content", [b"", b"short", HEADER, b"something else entirely, and long enough to be a header\n"])
def test_what_holds_no_sound_first_frame_is_beyond_repair_and_stays(past: History, content: bytes) -> None:
    past.journal.write_bytes(content)
    done = repair(past.directory)
    assert done.beyond
    assert done.copy is None
    assert past.journal.read_bytes() == content


def test_a_damaged_first_frame_is_beyond_repair_though_others_can_be_read(past: History) -> None:
    flip(past.journal, offsets(past)[0] + 20)
    before = past.journal.read_bytes()
    report = inspect(past.directory)
    assert (report.frames, report.readable_behind) == (0, len(past.states) - 1)
    assert [one.kind for one in repair(past.directory).beyond] == ["payload"]
    assert past.journal.read_bytes() == before


def test_a_journal_of_another_version_is_left_alone(past: History) -> None:
    content = past.journal.read_bytes().replace(HEADER, HEADER.replace(b"2", b"3"))
    past.journal.write_bytes(content)
    done = repair(past.directory)
    assert (done.after.version, [one.kind for one in done.beyond]) == ("3", ["version"])
    assert past.journal.read_bytes() == content


@pytest.mark.parametrize("how", ["missing", "flipped"])
def test_a_damaged_base_comes_back_from_the_pool(past: History, pool: Path, how: str) -> None:
    path = image_of(past)
    if how == "missing":
        path.unlink()
    else:
        flip(path, 40)
    (damage,) = inspect(past.directory).damage
    assert damage.path == path
    done = repair(past.directory)
    assert (done.restored, done.beyond, done.copy) == ((path,), (), None)
    assert path.stat().st_ino == (pool / path.name).stat().st_ino
    assert past.load() == past.states[-1]
    assert len(list(past.directory.glob("*.damaged-1"))) == (how == "flipped")


def test_a_base_that_is_damaged_in_the_pool_too_is_beyond_repair(past: History, pool: Path) -> None:
    path = image_of(past)
    flip(path, 40)
    flip(pool / path.name, 50)
    before = contents(past.directory)
    done = repair(past.directory)
    assert [one.path for one in done.beyond] == [path]
    assert done.restored == ()
    assert contents(past.directory) == before


def test_an_image_that_cannot_be_read_is_damage(past: History) -> None:
    path = image_of(past)
    path.unlink()
    path.mkdir()
    assert inspect(past.directory).damage == (Damage(path, 0, "unreadable"),)


def test_where_no_link_can_be_made_the_pools_file_is_copied(past: History, pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr("os.link", refuse)
    image_of(past).unlink()
    assert repair(past.directory, pool).beyond == ()
    assert past.load() == past.states[-1]


def test_a_layer_and_what_it_lies_upon_are_both_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_directory, "LEAST_BELOW", 1)
    persistence = DiskPersistence(tmp_path / "alpha" / "journal", tmp_path / "images")
    persistence.rewrite(WORLD, Changes(), ())
    layer = persistence.put(Image(WORLD.tables, {}))
    persistence.append(persistence.frame(Changes({"_snapshots": {1: {"id": 1, "name": "before", "digest": layer}}})))
    persistence.rewrite(SNAPSHOT, Changes({"_snapshots": {1: {"id": 1, "name": "before", "digest": layer}}}), {layer})
    persistence.close()
    report = inspect(tmp_path / "alpha")
    assert {one.path.name[:32]: one.use for one in report.images} == {SNAPSHOT.digest: "base", WORLD.digest: "base", layer: "snapshot"}
    (tmp_path / "alpha" / f"{WORLD.digest}.image").unlink()
    damaged = inspect(tmp_path / "alpha")
    assert Damage(tmp_path / "alpha" / f"{WORLD.digest}.image", 0, "missing") in damaged.damage
    assert repair(tmp_path / "alpha", tmp_path / "images").after == report
