"""Output that is closed, full, or a pipe that nobody reads stops no program, and is told where somebody counted on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.clients import ask
from tests.commands import checkout_environment
from tests.waiting import wait_until

SANDBOX, SUITE = ["-m", "sandbox"], ["-c", "from contract_tests.cli import main; main()"]
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
CLOSED = {"closed": ">&-", "both closed": ">&- 2>&-", "all closed": "<&- >&- 2>&-"}
LOST = {**CLOSED, "full": ">/dev/full", "both full": ">/dev/full 2>/dev/full", "a reader that goes": "| head -1"}


def shell(cwd: Path, words: list[str], redirection: str) -> subprocess.Popen[str]:
    line = 'set -o pipefail; exec 3<&-; "$@" ' + redirection
    command = ["bash", "-c", line, "bash", sys.executable, *words]
    return subprocess.Popen(
        command, cwd=cwd, env=checkout_environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


@FULL
@pytest.mark.parametrize("redirection", LOST.values(), ids=LOST)
def test_a_server_serves_whether_or_not_somebody_reads_its_banner(tmp_path: Path, redirection: str, free_tcp_port: int) -> None:
    port = str(free_tcp_port)
    words = [*SANDBOX, "serve", "--port", port, "--scenario", "empty", "--log-requests", "--data-dir", "data"]
    with shell(tmp_path, words, redirection) as process:
        try:
            statuses = [asked(f"http://127.0.0.1:{port}/api/v2/customers") for _ in range(3)]
            owner = int((tmp_path / "data" / "lock").read_text())
        finally:
            os.killpg(process.pid, signal.SIGTERM)
    assert statuses == [200, 200, 200]
    assert owner > 0


def asked(url: str) -> int:
    """The status, once a server is there."""
    found: list[int] = []

    def answered() -> bool:
        with suppress(OSError):
            found.append(ask(url).status)
        return bool(found)

    wait_until(answered, "no server")
    return found[0]


NOBODY_SERVES = "No server is running on data. A server started with --data-dir data sees this; one without does not.\n"
COMMANDS = {
    "keys create": [*SANDBOX, "keys", "create", "--data-dir", "data"],
    "workspaces create": [*SANDBOX, "workspaces", "create", "acme", "--data-dir", "data"],
    "help": [*SANDBOX, "--help"],
    "version": [*SANDBOX, "--version"],
    "promises": [*SUITE, "promises"],
    "lint": [*SUITE, "lint", "--list"],
    "contract-tests' version": [*SUITE, "--version"],
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_command_does_its_work_without_an_output(tmp_path: Path, words: list[str]) -> None:
    done = shell(tmp_path, words, ">&-")
    told = done.communicate(timeout=60)[1]
    assert (told.replace(NOBODY_SERVES, ""), done.returncode) == ("", 0)


@FULL
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_what_was_to_be_read_and_is_lost_is_told_in_one_line(tmp_path: Path, words: list[str]) -> None:
    done = shell(tmp_path, words, ">/dev/full")
    told = done.communicate(timeout=60)[1]
    assert told.replace(NOBODY_SERVES, "").count("\n") == 1
    assert "what it says could not be written: No space left on device" in told
    assert done.returncode == (1 if words[: len(SANDBOX)] == SANDBOX else 0)


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_pipe_whose_reader_goes_ends_quietly(tmp_path: Path, words: list[str]) -> None:
    done = shell(tmp_path, words, "| head -1")
    shown, told = done.communicate(timeout=60)
    assert shown.count("\n") == 1
    assert told.replace(NOBODY_SERVES, "") == ""


@FULL
def test_what_was_done_without_an_output_is_done(tmp_path: Path) -> None:
    for redirection in (">&-", ">/dev/full", "| head -1"):
        shell(tmp_path, COMMANDS["keys create"], redirection).communicate(timeout=60)
    listed = shell(tmp_path, [*SANDBOX, "keys", "list", "--data-dir", "data"], "").communicate(timeout=60)[0]
    assert len(listed.splitlines()) == 4
