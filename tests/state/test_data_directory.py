"""One server has a data directory at a time, and every failure is one clear sentence."""

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from sandbox.errors import StartError
from sandbox.state.data_directory import DataDirectory


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    DataDirectory(tmp_path / "new" / "data").close()
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_a_second_server_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1234567890 of an earlier server\n")
    first = DataDirectory(tmp_path)
    for _ in range(2):
        with pytest.raises(StartError, match=rf"in use by another sandbox server \(pid {os.getpid()}\)"):
            DataDirectory(tmp_path)
    first.close()
    first.close()
    DataDirectory(tmp_path).close()


def test_a_server_that_was_killed_leaves_no_lock_behind(tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib; from sandbox.state.data_directory import DataDirectory; "
        "DataDirectory(pathlib.Path(sys.argv[1])); print('locked', flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(StartError, match=f"pid {other.pid}"):
            DataDirectory(tmp_path)
        other.kill()
    DataDirectory(tmp_path).close()


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(StartError, match="is not a directory"):
        DataDirectory(tmp_path / "file")


def test_a_directory_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(StartError, match="cannot be used: Not a directory"):
        DataDirectory(tmp_path / "file" / "data")


def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(StartError, match="cannot be used: Read-only file system"):
        DataDirectory(tmp_path)


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StartError, match="cannot be locked: No locks available"):
        DataDirectory(tmp_path)


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a b", "a\n", "x" * 65])
def test_a_workspace_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    directory = DataDirectory(tmp_path)
    with pytest.raises(StartError, match="cannot name a file"):
        directory.workspace(name)
    directory.close()


def test_each_workspace_has_a_directory_of_its_own(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    assert directory.workspace("alpha") == tmp_path / "workspaces" / "alpha"
    assert directory.workspace("team-2_b") == tmp_path / "workspaces" / "team-2_b"
    directory.close()


def test_a_directory_tells_which_workspaces_it_holds(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    for name in ("beta", "alpha"):
        directory.workspace(name).mkdir(parents=True)
        (directory.workspace(name) / "journal").touch()
    directory.workspace("gamma").mkdir()
    assert directory.workspaces() == [directory.workspace("alpha"), directory.workspace("beta")]
    assert DataDirectory.holds(tmp_path, "alpha")
    assert not DataDirectory.holds(tmp_path, "gamma")
    assert not DataDirectory.holds(tmp_path / "absent", "alpha")
    directory.close()


def test_journals_of_the_flat_layout_move_to_their_workspaces(tmp_path: Path) -> None:
    for name in ("default", "team-2", "server"):
        (tmp_path / f"{name}.journal").write_text(name)
    (tmp_path / "no workspace.journal").write_text("somebody's own")
    assert DataDirectory.holds(tmp_path, "default")
    for _ in range(2):
        directory = DataDirectory(tmp_path)
        directory.close()
        assert {path.name: path.read_text() for path in tmp_path.glob("*.journal")} == {
            "server.journal": "server",
            "no workspace.journal": "somebody's own",
        }
        assert (directory.workspace("default") / "journal").read_text() == "default"
        assert (directory.workspace("team-2") / "journal").read_text() == "team-2"
        assert DataDirectory.holds(tmp_path, "default")


def test_two_journals_of_one_workspace_are_refused_and_both_stay(tmp_path: Path) -> None:
    new = tmp_path / "workspaces" / "default" / "journal"
    new.parent.mkdir(parents=True)
    new.write_text("new")
    (tmp_path / "default.journal").write_text("old")
    for _ in range(2):
        with pytest.raises(StartError, match="The workspace default has two journals"):
            DataDirectory(tmp_path)
    assert new.read_text() == "new"
    assert (tmp_path / "default.journal").read_text() == "old"


def test_a_move_that_fails_stops_the_start_and_lets_go_of_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "default.journal").write_text("old")

    def refuse(*_: object) -> NoReturn:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", refuse)
        with pytest.raises(StartError, match="cannot be used: Input/output error"):
            DataDirectory(tmp_path)
    directory = DataDirectory(tmp_path)
    assert (directory.workspace("default") / "journal").read_text() == "old"
    directory.close()


def test_opening_removes_from_the_pool_what_nobody_has_a_link_to(tmp_path: Path) -> None:
    DataDirectory(tmp_path).close()
    pool = tmp_path / "images"
    (pool / "used.image").write_text("used")
    (pool / "unused.image").write_text("unused")
    (tmp_path / "workspaces").mkdir()
    os.link(pool / "used.image", tmp_path / "workspaces" / "used.image")
    directory = DataDirectory(tmp_path)
    assert [path.name for path in pool.iterdir()] == ["used.image"]
    os.remove(tmp_path / "workspaces" / "used.image")
    directory.clean_pool()
    assert list(pool.iterdir()) == []
    directory.close()
