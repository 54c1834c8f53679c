"""Whatever happens to the file, a journal tells a true state or stops the start."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from sandbox.errors import StartError
from sandbox.state.changes import Changes
from sandbox.state.documents import StoredDocument
from sandbox.state.frames import frame
from sandbox.state.image import Image
from sandbox.state.journal import HEADER, Journal, encoded, encoded_in_pieces

FIRST = Image({"customers": {1: {"id": 1, "account": "Ann"}}}, {"id/customers": 1})
STEPS = [
    Changes({"customers": {2: {"id": 2, "account": "Bob"}}}, {"id/customers": 2}),
    Changes({"customers": {1: None, 2: {"id": 2, "account": "Bób"}}}, {}),
    Changes({"customers": {2: None}, "invoices": {1: {"id": 1}}}, {"id/invoices": 1, "invoice_number/2024": 1}),
]
STATES = [
    FIRST,
    Image({"customers": {1: {"id": 1, "account": "Ann"}, 2: {"id": 2, "account": "Bob"}}}, {"id/customers": 2}),
    Image({"customers": {2: {"id": 2, "account": "Bób"}}}, {"id/customers": 2}),
    Image({"invoices": {1: {"id": 1}}}, {"id/customers": 2, "id/invoices": 1, "invoice_number/2024": 1}),
]


FIRST_FRAME_ENDS = len(HEADER) + 12 + len(encoded(FIRST))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alpha.journal"


def no_image(digest: str) -> Image:
    raise StartError(f"There is no image {digest} here.")


def framed(changes: Changes) -> bytes:
    return frame(encoded(changes))


@pytest.fixture
def written(path: Path) -> bytes:
    journal = Journal.create(path, encoded(FIRST))
    for changes in STEPS:
        journal.append(framed(changes))
    journal.close()
    return path.read_bytes()


def state_of(path: Path) -> Image:
    journal, told = Journal.open(path, no_image)
    journal.close()
    return told.image


def test_replaying_gives_the_state_after_the_last_frame(path: Path, written: bytes) -> None:
    assert state_of(path) == STATES[-1]
    assert path.read_bytes() == written


def test_appending_goes_on_after_opening(path: Path) -> None:
    Journal.create(path, encoded(FIRST)).close()
    for changes, state in zip(STEPS, STATES[1:], strict=True):
        journal, _ = Journal.open(path, no_image)
        journal.append(framed(changes))
        journal.close()
        journal.close()
        assert state_of(path) == state


def test_every_prefix_is_an_earlier_state_unless_the_image_itself_is_cut(path: Path, written: bytes) -> None:
    states = []
    for length in range(len(written)):
        path.write_bytes(written[:length])
        if length < FIRST_FRAME_ENDS:
            with pytest.raises(StartError, match=r"alpha\.journal is damaged at offset \d+"):
                Journal.open(path, no_image)
            assert path.read_bytes() == written[:length]
            continue
        journal, told = Journal.open(path, no_image)
        journal.close()
        assert path.stat().st_size == length - journal.recovered_bytes
        assert state_of(path) == told.image
        states.append(STATES.index(told.image))
    assert states == sorted(states)
    assert set(states) == {0, 1, 2}


def test_every_changed_byte_stops_the_start(path: Path, written: bytes) -> None:
    for offset in range(len(written)):
        for bit in (0x01, 0x80, 0xFF):
            damaged = bytearray(written)
            damaged[offset] ^= bit
            path.write_bytes(damaged)
            with pytest.raises(StartError, match=r"alpha\.journal"):
                Journal.open(path, no_image)
            assert path.read_bytes() == damaged


def test_a_frame_cut_short_is_cut_off_and_the_next_one_can_be_read(path: Path, written: bytes) -> None:
    path.write_bytes(written[:-1])
    journal, told = Journal.open(path, no_image)
    assert told.image == STATES[-2]
    assert 0 < journal.recovered_bytes < len(written)
    journal.append(framed(STEPS[-1]))
    journal.close()
    assert path.read_bytes() == written


def test_a_journal_of_another_version_is_named(path: Path) -> None:
    path.write_bytes(HEADER.replace(b"2", b"7"))
    with pytest.raises(StartError, match="is of version 7, but this server reads versions 1 and 2"):
        Journal.open(path, no_image)


@pytest.mark.parametrize(
    "payload",
    [b"{}", b"[]", b"not json", b'{"t": {"a": {"x": {}}}, "n": {}}', b'{"t": [], "n": {}}', b'{"base": "' + b"0" * 32 + b'", "t": {}, "n": {}}'],
)
def test_a_whole_frame_that_holds_no_changes_is_damage(path: Path, payload: bytes) -> None:
    journal = Journal.create(path, encoded(FIRST))
    offset = path.stat().st_size
    journal.append(frame(payload))
    journal.close()
    with pytest.raises(StartError, match=f"at offset {offset}: a frame does not hold changes"):
        Journal.open(path, no_image)


def test_a_journal_of_the_first_version_is_read_and_goes_on(path: Path, written: bytes) -> None:
    path.write_bytes(written.replace(HEADER, HEADER.replace(b"2", b"1")))
    journal, told = Journal.open(path, no_image)
    assert told.image == STATES[-1]
    journal.append(framed(Changes({}, {"more": 1})))
    journal.close()
    assert state_of(path).counters["more"] == 1


def test_a_base_lies_below_the_first_frame(path: Path) -> None:
    digest = "0123456789abcdef" * 2
    first = Changes({"customers": {1: None, 3: {"id": 3}}}, {"id/customers": 3})
    Journal.create(path, encoded(first, digest)).close()
    asked: list[str] = []

    def read_image(name: str) -> Image:
        asked.append(name)
        return FIRST

    journal, told = Journal.open(path, read_image)
    journal.close()
    assert asked == [digest]
    assert told.image == Image({"customers": {3: {"id": 3}}}, {"id/customers": 3})
    assert told.base is FIRST
    assert FIRST.tables["customers"][1] == {"id": 1, "account": "Ann"}


@pytest.mark.parametrize("base", ["../../etc/passwd", "", "A" * 32, 7, None])
def test_a_base_that_is_no_digest_is_damage(path: Path, base: object) -> None:
    Journal.create(path, orjson.dumps({"base": base, "t": {}, "n": {}})).close()
    with pytest.raises(StartError, match=f"at offset {len(HEADER)}: a frame does not hold changes"):
        Journal.open(path, no_image)


def test_a_journal_whose_end_cannot_be_cut_off_stops_the_start(path: Path, written: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(written[:-1])

    def refuse(*_: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr(os, "ftruncate", refuse)
        with pytest.raises(StartError, match="cannot be opened: Read-only file system"):
            Journal.open(path, no_image)
    assert state_of(path) == STATES[-2]


def test_what_cannot_be_opened_stops_the_start(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StartError, match="cannot be opened: Is a directory"):
        Journal.open(path, no_image)
    with pytest.raises(StartError, match="cannot be opened: No such file"):
        Journal.open(path / "absent" / "beta.journal", no_image)


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """The operating system itself lets no file of this process grow beyond `size`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 5, 30])
def test_a_short_or_failed_write_leaves_the_file_as_it_was(path: Path, room: int) -> None:
    journal = Journal.create(path, encoded(FIRST))
    journal.append(framed(Changes()))
    before = path.read_bytes()
    with files_no_longer_than(len(before) + room), pytest.raises(OSError, match=r"bytes could be written|too large"):
        journal.append(framed(STEPS[0]))
    assert path.read_bytes() == before
    journal.append(framed(STEPS[0]))
    journal.close()
    assert state_of(path) == STATES[1]


def test_nothing_follows_half_a_frame_until_it_is_taken_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.create(path, encoded(FIRST))

    def no_truncate(*_: int) -> None:
        raise OSError("no truncate")

    with monkeypatch.context() as patch:
        patch.setattr(os, "ftruncate", no_truncate)
        with files_no_longer_than(path.stat().st_size + 5), pytest.raises(OSError, match="could be written"):
            journal.append(framed(STEPS[0]))
        half = path.read_bytes()
        for _ in range(2):
            with pytest.raises(OSError, match="cannot be undone"):
                journal.append(framed(STEPS[0]))
        assert path.read_bytes() == half
    journal.append(framed(STEPS[0]))
    journal.close()
    assert state_of(path) == STATES[1]


def test_rewriting_replaces_everything_and_appending_goes_on(path: Path, written: bytes) -> None:
    journal, _ = Journal.open(path, no_image)
    journal.replace(encoded(FIRST))
    assert path.stat().st_size < len(written)
    journal.append(framed(STEPS[0]))
    journal.close()
    assert state_of(path) == STATES[1]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o077 == 0


def test_a_failed_rewrite_leaves_the_file_as_it_was(path: Path, written: bytes) -> None:
    journal, _ = Journal.open(path, no_image)
    with files_no_longer_than(10), pytest.raises(OSError, match="too large"):
        journal.replace(encoded(FIRST))
    assert path.read_bytes() == written
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    journal.append(framed(Changes({}, {"more": 1})))
    journal.close()
    assert state_of(path).counters["more"] == 1


def test_a_directory_that_cannot_be_synced_does_not_fail_a_rewrite(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.create(path, encoded(FIRST))
    fsync = os.fsync

    def files_only(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError("cannot sync a directory")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    journal.replace(encoded(STATES[1]))
    journal.close()
    assert state_of(path) == STATES[1]


def test_a_value_that_json_lacks_is_refused_before_anything_is_written(path: Path) -> None:
    Journal.create(path, encoded(FIRST)).close()
    with pytest.raises(TypeError):
        encoded(Changes({"customers": {1: {"id": 1, "account": object()}}}))
    with pytest.raises(TypeError):
        Journal.create(path, encoded(Image({"customers": {1: {"id": 1, "account": object()}}})))
    assert state_of(path) == FIRST


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    program = (
        "import itertools, pathlib, sys\n"
        "from sandbox.state.frames import frame\n"
        "from sandbox.state.journal import Journal, encoded\n"
        "from sandbox.state.changes import Changes\n"
        "journal = Journal.create(pathlib.Path(sys.argv[1]), encoded(Changes()))\n"
        "for number in itertools.count(1):\n"
        "    journal.append(frame(encoded(Changes({'customers': {number: {'id': number}}}, {'id/customers': number}))))\n"
        "    print(number, flush=True)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        acknowledged = [int(next(writer.stdout)) for _ in range(200)]
        writer.kill()
        acknowledged += [int(line) for line in writer.stdout if line.endswith(b"\n")]
    image = state_of(path)
    assert set(acknowledged) <= set(image.tables["customers"])
    assert image.counters["id/customers"] == max(image.tables["customers"])


def test_a_payload_names_tables_and_counters_shortly() -> None:
    assert orjson.loads(encoded(STEPS[0])) == {
        "t": {"customers": {"2": {"id": 2, "account": "Bob"}}},
        "n": {"id/customers": 2},
    }


def test_what_is_encoded_in_pieces_is_the_same() -> None:
    many = {number: StoredDocument(id=number, text=f"€{number}", nested={"a": [None, 1.5]}) for number in range(1, 1001)}
    for changes in (Changes({"_events": many, "_facts": {1: StoredDocument(id=1)}, 'a"b': {}}, {"id/_events": 1000}), Changes()):
        assert orjson.loads(encoded_in_pieces(changes, "d" * 64)) == orjson.loads(encoded(changes, "d" * 64))
