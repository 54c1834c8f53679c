"""Commands beside a server that is stopped: each says so after three seconds, in one sentence, and leaves nothing to be done later."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.control.admin_socket import call
from tests.commands import SANDBOX, run
from tests.servers import Running, running

SECONDS = 3
TO_START = 12
"""For which a command itself may be loaded, on a busy machine."""


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, "--data-dir", "data", "--scenario", "empty") as server:
        server.process.send_signal(signal.SIGSTOP)
        yield server
        server.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    "command",
    [
        ("keys", "list"),
        ("keys", "create", "--label", "late"),
        ("keys", "revoke", "1"),
        ("workspaces", "create", "late"),
        ("workspaces", "list"),
        ("workspaces", "delete", "default", "--yes"),
        ("reset",),
    ],
    ids=" ".join,
)
def test_a_command_beside_a_stopped_server_says_so(tmp_path: Path, stopped: Running, command: tuple[str, ...]) -> None:
    before = call_when_it_goes_on(tmp_path, stopped)
    began = time.monotonic()
    done = run(tmp_path, *command, "--data-dir", "data", command=SANDBOX, seconds=60)
    assert SECONDS - 0.5 < time.monotonic() - began < SECONDS + TO_START
    assert done.returncode == 2
    sentence = f"sandbox: The server (pid {stopped.process.pid}) that has the data directory data has not answered for 3 seconds;"
    assert done.stderr.startswith(sentence), done.stderr
    assert done.stderr.count("\n") == 1
    assert call_when_it_goes_on(tmp_path, stopped) == before, "nothing is done when it goes on"


def test_doctor_beside_a_stopped_server_says_so_and_looks_all_the_same(tmp_path: Path, stopped: Running) -> None:
    done = run(tmp_path, "doctor", "--data-dir", "data", command=SANDBOX, seconds=60)
    assert done.returncode == 0
    assert f"The server (pid {stopped.process.pid}) that has the data directory data has not answered for 3 seconds" in done.stderr
    assert "sound" in done.stdout


def call_when_it_goes_on(place: Path, server: Running) -> object:
    """The keys and workspaces, as the server tells them for a moment."""
    server.process.send_signal(signal.SIGCONT)
    told = [call(place / "data", command, {}) for command in ("keys_list", "workspaces_list")]
    server.process.send_signal(signal.SIGSTOP)
    return told
