"""The program that builds one world: what it leaves, what it says, and when it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.seeding import build_program
from sandbox.seeding.build_process import _reason
from sandbox.state.image import Image
from sandbox.state.image_file import read_image
from tests.seeding.test_determinism import ROOT, as_bytes
from tests.waiting import wait_until


def test_it_writes_the_world_to_a_file_and_says_how_far_it_is(tmp_path: Path, demo: Image, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "world.image"
    assert build_program.main(["--scenario", "demo", "--seed", "42", "--to", str(target)]) == 0
    assert as_bytes(read_image(target)) == as_bytes(demo)
    assert capsys.readouterr().out == "223 223\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scenario", "dmeo"], "There is no scenario 'dmeo'; did you mean 'demo'?"),
        (["--scenario", "empty", "--spec", "nowhere.yaml"], "nowhere.yaml: cannot be read: No such file or directory"),
    ],
)
def test_what_goes_wrong_is_its_last_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert build_program.main([*arguments, "--seed", "1", "--to", str(tmp_path / "world.image")]) == 2
    assert capsys.readouterr().out.splitlines()[-1] == said
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_said_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_program.main(["--scenario", "empty", "--seed", "1", "--to", str(tmp_path / "nowhere" / "world.image")]) == 2
    assert "No such file or directory" in capsys.readouterr().out


def test_it_ends_with_whoever_started_it_and_leaves_nothing(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    program = [sys.executable, "-m", "sandbox.seeding.build_program", "--scenario", "busy", "--seed", "1", "--to", str(room / "world.image")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(program, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "250 71200\n"
        process.stdin.close()
        assert process.wait(60) == 1
    assert list(tmp_path.iterdir()) == []


def test_it_ends_with_whoever_started_it_though_another_process_holds_the_pipe(tmp_path: Path) -> None:
    """A process that was forked from the server has its descriptors too."""
    room = tmp_path / "room"
    room.mkdir()
    starter = (
        "import os, subprocess, sys\n"
        "reading, writing = os.pipe()\n"
        "os.set_inheritable(writing, True)\n"
        "holder = subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'], stdin=subprocess.PIPE, pass_fds=[writing])\n"
        "builder = subprocess.Popen(sys.argv[1:], stdin=reading, stdout=sys.stdout)\n"
        "sys.stdin.read()\n"
    )
    program = [sys.executable, "-m", "sandbox.seeding.build_program", "--scenario", "busy", "--seed", "1", "--to", str(room / "world.image")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", starter, *program]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "250 71200\n"
        process.kill()
        process.wait()
        wait_until(lambda: not room.exists(), "the builder lives on", seconds=15)


def test_whoever_started_it_may_write_to_it_for_as_long_as_it_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"still here")
    os.close(writing)
    monkeypatch.setattr(os, "_exit", lambda code: None)
    build_program.end_with(reading, tmp_path)
    os.close(reading)
    assert not tmp_path.exists()


@pytest.mark.parametrize(
    ("code", "last", "reason"),
    [
        (-9, "", "its process was ended by SIGKILL"),
        (-9, "250 words", "its process was ended by SIGKILL"),
        (2, "The disk is full", "The disk is full"),
        (3, "", "its process ended with the exit code 3"),
    ],
)
def test_the_reason_of_an_end_is_the_most_that_is_known(code: int, last: str, reason: str) -> None:
    assert _reason(code, last) == reason
