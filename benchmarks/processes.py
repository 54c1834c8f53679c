"""Servers as processes on cores of their own, and what the kernel knows of them: CPU time, memory, open files."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cpu import cpu_seconds

ROOT = Path(__file__).parents[1]

_POLL = 0.002
_SECONDS_TO_END = 10
_QUIET = 0.1
_MOST_SECONDS_TO_SETTLE = 30
_ENDED = "the server ended while it was measured"


class BenchmarkError(Exception):
    """A figure cannot be taken; the message says why, in one sentence."""


@dataclass(frozen=True)
class Cores:
    """Where the server runs, and where the load comes from; the same core on a machine that has only one."""

    server: int
    load: int

    @property
    def apart(self) -> bool:
        return self.server != self.load


@dataclass(frozen=True)
class Server:
    """A server that answers; `seconds` is how long it took from its start to its first answer, `start_cpu_seconds` what it spent on it."""

    address: str
    pid: int
    seconds: float
    start_cpu_seconds: float = 0.0

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def cpu_seconds(self) -> float:
        """CPU time used so far, in user and kernel mode, by all threads and child processes, those that ended too."""
        return _spent(self.pid)

    def settle(self) -> None:
        """Waits until it does nothing: a slow server still works on what its clients no longer wait for, on another's core."""
        deadline = time.perf_counter() + _MOST_SECONDS_TO_SETTLE
        spent = self.cpu_seconds()
        while time.perf_counter() < deadline:
            time.sleep(_QUIET)
            before, spent = spent, self.cpu_seconds()
            if spent - before < _QUIET / 4:
                return

    def resident_mb(self) -> float:
        """Resident memory, in millions of bytes."""
        line = next((one for one in self._told("status").splitlines() if one.startswith("VmRSS:")), None)
        if line is None:
            raise BenchmarkError(_ENDED)
        return int(line.split()[1]) * 1024 / 1e6

    def open_files(self) -> int:
        """File descriptors that are open, sockets among them."""
        try:
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError:
            raise BenchmarkError(_ENDED) from None

    def _told(self, name: str) -> str:
        try:
            return Path(f"/proc/{self.pid}/{name}").read_text(encoding="ascii", errors="replace")
        except OSError:
            raise BenchmarkError(_ENDED) from None


def cores() -> Cores:
    """The first two cores that this process may use."""
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[-1] if len(usable) < 2 else usable[1])


def pinned(core: int) -> Callable[[], None]:
    """What a child process runs before its program, to stay on a core."""
    return lambda: os.sched_setaffinity(0, {core})


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment() -> dict[str, str]:
    """The environment of this process, without what would change the settings of the sandbox, or have Python compile it at each start."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_") and name != "PYTHONDONTWRITEBYTECODE"}
    searched = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**ours, "PYTHONPATH": searched, "NO_COLOR": "1"}


@contextmanager
def started(
    command: Sequence[str],
    directory: Path,
    port: int,
    core: int,
    probe: str,
    headers: Mapping[str, str],
    within: float = 60,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Runs a server in `directory`, where its output is kept, until the block ends; it is handed out when `probe` is a 200.

    `variables` are added to its environment.
    Raises BenchmarkError when it ends before it answers, or does not answer in time.
    """
    output = directory / "server.log"
    with output.open("wb") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment() | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=pinned(core),
        )
    try:
        _wait_for(process, port, probe, headers, begun + within, output)
        spent, seconds = _spent(process.pid), time.perf_counter() - begun
        yield Server(f"http://127.0.0.1:{port}", process.pid, seconds, spent)
    finally:
        _end(process)


def _spent(pid: int) -> float:
    try:
        return cpu_seconds(pid)
    except ProcessLookupError:
        raise BenchmarkError(_ENDED) from None


def _wait_for(process: subprocess.Popen[bytes], port: int, probe: str, headers: Mapping[str, str], deadline: float, output: Path) -> None:
    last = "nothing"
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise BenchmarkError(f"it ended with {process.returncode} before it answered: {_tail(output)}")
        try:
            last = str(_status(port, probe, headers))
        except (OSError, http.client.HTTPException):
            time.sleep(_POLL)
            continue
        if last == "200":
            return
        time.sleep(_POLL)
    raise BenchmarkError(f"GET {probe} gave {last} instead of 200 for too long: {_tail(output)}")


def _status(port: int, probe: str, headers: Mapping[str, str]) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", probe, headers=dict(headers))
        return connection.getresponse().status


def _tail(output: Path) -> str:
    lines = output.read_text(encoding="utf-8", errors="replace").split("\n")
    return " ".join(line.strip() for line in lines if line.strip())[-300:] or "it said nothing"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
