"""The server as a process that is killed, and started again upon the same data."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.commands import checkout_environment
from tests.crash.client import Fault
from tests.servers import address_on_banner

_SECONDS_TO_START = 60
_SECONDS_TO_END = 20
_POLL = 0.01
_KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Way:
    """How a server is run: what a write is to survive, when journals are compacted (0: as ever), where it dies by itself (0: nowhere)."""

    durability: str = "os"
    tail: int = 0
    strike: int = 0
    moment: str = "before"


class Nursery:
    """Starts servers upon the data in one place, one after another; ends with the block."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.fork_server"],
            cwd=place, env=checkout_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.__exit__(kind, error, trace)

    def start(self, way: Way) -> Process:
        for name in ("server.out", "server.err"):
            (self.place / name).write_bytes(b"")
        arguments = ["serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", str(self.place / "data"), "--scenario", "empty"]
        settings = {"SANDBOX_DURABILITY": way.durability, "SANDBOX_RESET_AT": "never", "SANDBOX_RATE_LIMIT": "100000000/3600"}
        asked = {"place": str(self.place), "tail": way.tail, "strike": way.strike, "moment": way.moment, "arguments": arguments, "settings": settings}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        return Process(self, int(self.line()))

    def line(self) -> bytes:
        """The next one that the nursery says."""
        assert self._process.stdout is not None
        # Byte by byte, so that nothing is read ahead of what `says_something` can see.
        line = b""
        while not line.endswith(b"\n"):
            byte = os.read(self._process.stdout.fileno(), 1)
            if not byte:
                raise Fault("the nursery of servers has ended")
            line += byte
        return line

    def says_something(self, seconds: float) -> bool:
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], seconds)[0])


class Process:
    """One server, from its start to its end."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery, self._pid = nursery, pid
        self._code: int | None = None

    def address(self) -> str | None:
        """Once it is ready; None where it was killed before. Raises Fault where it ended in any other way, or is not ready in time."""
        printed = self._nursery.place / "server.out"
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline:
            if found := address_on_banner(printed.read_text(encoding="utf-8")):
                return found
            if self._ended(_POLL):
                if self._code == _KILLED:
                    return None
                raise Fault(f"the server did not start, but ended with {self._code}: {self._words()}")
        raise Fault(f"the server was not ready in {_SECONDS_TO_START} seconds: {self._words()}")

    def live(self, seconds: float) -> None:
        """Returns when it has killed itself, after so many seconds at the latest. Raises Fault where it ended in any other way."""
        if self._ended(seconds) and self._code != _KILLED:
            raise Fault(f"the server ended by itself, with {self._code}: {self._words()}")

    def kill(self) -> None:
        """With -9; nothing happens where it has ended."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """As a machine that shuts down ends it. Raises Fault where it does not end well."""
        self._signal(signal.SIGTERM)
        if self._code != 0:
            raise Fault(f"the server ended with {self._code} when it was asked to: {self._words()}")

    def _signal(self, number: signal.Signals) -> None:
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)
            if not self._ended(_SECONDS_TO_END):
                raise Fault(f"the server does not end: {self._words()}")

    def _ended(self, seconds: float) -> bool:
        if self._code is None and self._nursery.says_something(seconds):
            self._code = int(self._nursery.line())
        return self._code is not None

    def _words(self) -> str:
        files = (self._nursery.place / name for name in ("server.err", "server.out"))
        return " ".join(" ".join(file.read_text(encoding="utf-8") for file in files).split())[-600:]
