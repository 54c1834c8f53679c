"""`sandbox doctor` on the directory of a server that ended, as it lies and with something broken."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.cli import main
from sandbox.control.admin_socket import call
from tests.clients import ask
from tests.servers import running

Doctor = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a server to which three customers were told, and that reset the workspace `other`."""
    place = tmp_path_factory.mktemp("server")
    with running(place, "--data-dir", "data", "--scenario", "empty") as server:
        for number in range(3):
            assert ask(f"{server.api}/customers", {"account": f"Customer {number + 1}"})[0] == 201
        call(place / "data", "reset", {"workspace": "other"})
    return place / "data"


@pytest.fixture
def data(kept: Path, tmp_path: Path) -> Path:
    """A copy, to break."""
    copy = tmp_path / "data"
    shutil.copytree(kept, copy)
    for image in copy.glob("workspaces/*/*.image"):
        (copy / "images" / image.name).unlink(missing_ok=True)
        (copy / "images" / image.name).hardlink_to(image)
    return copy


@pytest.fixture
def doctor(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Its exit code, and what it says."""
    monkeypatch.setenv("SANDBOX_DATA_DIR", str(data))
    monkeypatch.setenv("COLUMNS", "80")

    def consult(*options: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["doctor", *options])
        written = capsys.readouterr()
        assert written.err == ""
        return int(ended.value.code or 0), written.out

    return consult


def accounts(data: Path) -> list[str]:
    """What a server tells that starts on the directory."""
    with running(data.parent, "--data-dir", str(data), "--scenario", "empty") as server:
        return [one["account"] for one in ask(f"{server.api}/customers")[1]["data"]]


def journal(data: Path) -> Path:
    return data / "workspaces" / "default" / "journal"


def flip(file: Path, word: bytes) -> int:
    """Change one bit of a word that stands once in a file; where it is."""
    content = bytearray(file.read_bytes())
    assert content.count(word) == 1
    place = content.index(word)
    content[place] ^= 1
    file.write_bytes(content)
    return place


def test_a_sound_directory_is_told_with_all_that_is_in_it(doctor: Doctor) -> None:
    code, told = doctor()
    rows = {line.split()[0]: line.split()[1:] for line in told.splitlines()}
    assert code == 0
    assert list(rows) == ["what", "(server)", "default", "other"]
    assert (rows["default"][0], rows["default"][-1]) == ("3", "sound")
    assert max(map(len, told.splitlines())) <= 80


def test_a_look_changes_nothing(doctor: Doctor, data: Path) -> None:
    def content() -> dict[str, bytes]:
        return {str(file): file.read_bytes() for file in sorted(data.rglob("*")) if file.is_file() and file.name != "lock"}

    flip(journal(data), b"Customer 2")
    before = content()
    assert doctor()[0] == 1
    assert content() == before


def test_a_damaged_write_is_told_and_repaired_to_a_true_earlier_state(doctor: Doctor, data: Path) -> None:
    flip(journal(data), b"Customer 3")
    code, told = doctor()
    assert code == 1
    assert "workspaces/default/journal is damaged at byte " in told
    assert told.endswith("\nTo repair the damage:  sandbox doctor --repair\n")
    code, told = doctor("--repair")
    assert code == 0
    assert "repaired" in told
    assert (data / "workspaces" / "default" / "journal.damaged-1").exists()
    assert doctor()[0] == 0
    assert accounts(data) == ["Customer 1", "Customer 2"]


def test_what_a_repair_would_lose_is_said_before(doctor: Doctor, data: Path) -> None:
    flip(journal(data), b"Customer 1")
    assert "After the damage there are 2 intact writes, which a repair would lose." in doctor()[1]
    assert "with 2 intact writes" in doctor("--repair")[1]


def test_an_image_that_is_gone_is_brought_back_from_the_pool(doctor: Doctor, data: Path) -> None:
    (image,) = (data / "workspaces" / "other").glob("*.image")
    image.unlink()
    code, told = doctor()
    assert code == 1
    assert "it is what the snapshot before-reset-" in told
    code, told = doctor("--repair")
    assert code == 0
    assert f"Restored: workspaces/other/{image.name}." in told
    assert image.exists()


def test_what_cannot_be_repaired_is_said(doctor: Doctor, data: Path) -> None:
    journal(data).write_bytes(b"something else altogether")
    code, told = doctor("--repair")
    assert code == 1
    assert "Beyond repair: workspaces/default/journal;\n    restore it from a backup, or move it away to start empty." in told


def test_where_an_image_is_gone_for_good_the_way_out_is_told(doctor: Doctor, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["reset", "--scenario", "demo"])
    capsys.readouterr()
    for image in data.rglob("*.image"):
        image.unlink()
    code, told = doctor("--repair")
    assert code == 1
    assert "    restore it from a backup, or move the journal away to start empty.\n" in told
    assert "    restore it from a backup, or delete the snapshot before-reset-" in told


def test_a_write_that_was_not_finished_is_no_damage(doctor: Doctor, data: Path) -> None:
    with journal(data).open("r+b") as file:
        file.truncate(journal(data).stat().st_size - 1)
    code, told = doctor()
    assert code == 0
    assert "default: the last write was not finished" in told


def test_programs_are_answered_in_one_document(doctor: Doctor, data: Path) -> None:
    offset = flip(journal(data), b"Customer 3")
    code, told = doctor("--format", "json")
    findings: dict[str, Any] = {one["name"]: one for one in json.loads(told)["findings"]}
    (damage,) = findings["default"]["found"]["damage"]
    assert (code, json.loads(told)["sound"], findings["other"]["state"], findings["default"]["state"]) == (1, False, "sound", "damaged")
    assert damage["offset"] < offset
    code, told = doctor("--repair", "--format", "json")
    assert (code, json.loads(told)["sound"]) == (0, True)


def test_beside_a_running_server_it_looks_and_changes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(data.parent, "--data-dir", str(data), "--scenario", "empty") as server:
        for number in range(5):
            assert ask(f"{server.api}/customers", {"account": f"Another {number}"})[0] == 201
            before = {str(file): file.stat().st_mtime_ns for file in sorted(data.rglob("*")) if file.is_file()}
            with pytest.raises(SystemExit) as ended:
                main(["doctor", "--data-dir", str(data)])
            told = capsys.readouterr()
            rows = {line.split()[0]: line.split()[1:] for line in told.out.splitlines()}
            assert not ended.value.code
            assert (rows["default"][0], rows["default"][-1]) == (str(4 + number), "sound")
            assert told.err == f"A server is running on {data} (pid {server.process.pid}); this is the state of its data a moment ago.\n"
            assert {str(file): file.stat().st_mtime_ns for file in sorted(data.rglob("*")) if file.is_file()} == before
        assert ask(f"{server.api}/customers", {"account": "The last"})[0] == 201


def test_beside_a_running_server_nothing_is_mended(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(data.parent, "--data-dir", str(data)) as server:
        with pytest.raises(SystemExit) as ended:
            main(["doctor", "--repair", "--data-dir", str(data)])
        assert ended.value.code == 2
        assert f"in use by another sandbox server (pid {server.process.pid})" in capsys.readouterr().err


def test_a_directory_that_cannot_be_written_can_be_looked_at(doctor: Doctor, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "lock").unlink()
    real = os.open

    def read_only(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if str(path).startswith(str(data)) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(30, "Read-only file system")
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", read_only)
    assert doctor()[0] == 0


def test_the_layout_of_older_servers_is_looked_at_as_it_lies(doctor: Doctor, data: Path) -> None:
    (data / "workspaces" / "default" / "journal").rename(data / "default.journal")
    (data / "workspaces" / "default").rmdir()
    rows = {line.split()[0]: line.split()[1:] for line in doctor()[1].splitlines()}
    assert (rows["default"][0], rows["default"][-1]) == ("3", "sound")
    assert (data / "default.journal").exists()


def test_the_repair_that_is_suggested_is_that_of_the_directory_that_was_named(doctor: Doctor, data: Path) -> None:
    flip(journal(data), b"Customer 3")
    assert doctor("--data-dir", str(data))[1].endswith(f"\nTo repair the damage:  sandbox doctor --repair --data-dir {data}\n")


def test_an_empty_directory_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--data-dir", "data"])
    assert not ended.value.code
    assert capsys.readouterr().out == "Nothing is stored in data yet.\n"
