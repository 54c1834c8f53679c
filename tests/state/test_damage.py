"""Cut off anywhere, or with any bits flipped, what is on disk tells a true earlier state or is refused."""

from pathlib import Path

import pytest

from sandbox.errors import StartError
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.frames import Frame, frames
from sandbox.state.replay import check_header
from tests.state.damage import WORLD, History, damage_trials, history


@pytest.fixture(params=["upon a base", "upon nothing"])
def past(request: pytest.FixtureRequest, tmp_path: Path) -> History:
    return history(tmp_path / "alpha", based=request.param == "upon a base", commits=18)


def first_frame_end(path: Path) -> int:
    with path.open("rb") as file:
        check_header(path, file)
        found = next(frames(file, path.stat().st_size))
    assert isinstance(found, Frame)
    return found.end


def test_every_prefix_of_a_journal_is_an_earlier_state_or_refused(past: History) -> None:
    whole, begun = past.journal.read_bytes(), first_frame_end(past.journal)
    told = []
    for length in range(len(whole) + 1):
        past.journal.write_bytes(whole[:length])
        if length < begun:
            with pytest.raises(StartError, match=r"journal is damaged at offset \d+"):
                past.load()
            assert past.journal.read_bytes() == whole[:length]
        else:
            told.append(past.states.index(past.load()))
    assert told == sorted(told)
    assert set(told) == set(range(len(past.states)))


def test_every_prefix_of_a_base_is_refused(tmp_path: Path) -> None:
    past = history(tmp_path, based=True, commits=1)
    (path,) = tmp_path.glob("*.image")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StartError, match=rf"The image {path} is damaged at offset \d+"):
            past.load()


def test_flipped_bits_never_tell_another_state() -> None:
    outcomes = damage_trials(300, seed=4)
    assert set(outcomes) <= {"refused", "a true state"}
    assert outcomes["refused"] > 200


def test_every_flipped_bit_of_an_image_that_was_put_aside_is_refused(tmp_path: Path) -> None:
    persistence = DiskPersistence(tmp_path / "alpha" / "journal", tmp_path / "pool")
    digest = persistence.put(WORLD)
    path = tmp_path / "alpha" / f"{digest}.image"
    whole = path.read_bytes()
    for offset in range(len(whole)):
        flipped = bytearray(whole)
        flipped[offset] ^= 1 << offset % 8
        path.write_bytes(flipped)
        with pytest.raises(StartError, match=rf"The image {path} is damaged at offset \d+"):
            persistence.get(digest)
    path.write_bytes(whole)
    assert persistence.get(digest) == WORLD


def test_an_image_under_the_name_of_another_is_refused(tmp_path: Path) -> None:
    past = history(tmp_path, based=True, commits=1)
    (path,) = tmp_path.glob("*.image")
    persistence = DiskPersistence(tmp_path / "journal", tmp_path / "pool")
    other = persistence.put(past.states[-1])
    (tmp_path / f"{other}.image").replace(path)
    with pytest.raises(StartError, match="is damaged at offset 0: its content is not what its name says"):
        past.load()


def test_a_base_that_is_missing_is_named(tmp_path: Path) -> None:
    past = history(tmp_path, based=True, commits=1)
    (path,) = tmp_path.glob("*.image")
    path.unlink()
    with pytest.raises(StartError, match=rf"The image {path} is damaged at offset 0: it is missing"):
        past.load()
