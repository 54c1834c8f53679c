"""A server as a process of its own, in an environment of its own, which never outlives the one that started it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_business_suite.discovery import Command, kill, server_environment
from pytest_business_suite.errors import NoSandbox

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_SERVE = (
    *("serve", "--format", "json", "--host", "127.0.0.1", "--port", "0", "--control", "on"),
    # The workspaces that the public test keys open stay empty: each test has one of its own.
    *("--scenario", "empty", "--reset-at", "never", "--allow-local-webhooks"),
    # No suite should meet the limit by chance; a test that wants to gives its workspace one of its own.
    *("--rate-limit", "1000000/3600"),
)
_SECONDS_TO_FINISH = 10


class ServerProcess:
    """Begins at once; `readiness` waits for what the server says when it takes requests."""

    def __init__(self, command: Command, environ: Mapping[str, str]) -> None:
        self._command = command
        # A directory of its own, where neither packages of the project under test nor a sandbox.toml are found.
        self._room = tempfile.TemporaryDirectory(prefix="business-suite-")
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  # until `stop`
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SUPERVISOR), *command.words, *_SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd=self._room.name,
            env=server_environment(environ),
            start_new_session=True,  # so that Ctrl-C is for pytest alone, which then ends this
        )
        self._reader = threading.Thread(target=self._read, name="business-suite-sandbox", daemon=True)
        self._reader.start()

    def readiness(self) -> dict[str, Any]:
        """What the server said. Raises NoSandbox, with the reason, where it does not become ready."""
        try:
            said = self._lines.get(timeout=self._command.seconds)
        except queue.Empty:
            raise NoSandbox(f"`{self._command} serve` was not ready within {self._command.seconds} seconds{self._last_words()}") from None
        if said is None:
            code = self._supervisor.wait()
            raise NoSandbox(f"`{self._command} serve` ended with exit code {code} before it was ready{self._last_words()}")
        return said

    def stop(self) -> None:
        """Ends it, and all that it started; a second call does nothing."""
        assert self._supervisor.stdin is not None
        assert self._supervisor.stdout is not None
        with suppress(OSError):
            self._supervisor.stdin.close()  # which a process may still hold that a test has forked, so:
        self._supervisor.terminate()
        try:
            self._supervisor.wait(_SECONDS_TO_FINISH)
        except subprocess.TimeoutExpired:
            kill(self._supervisor)
        self._reader.join(_SECONDS_TO_FINISH)
        self._supervisor.stdout.close()
        self._complaints.close()
        self._room.cleanup()

    def _read(self) -> None:
        """Reads on after the line that counts, so that the server never waits for a reader."""
        assert self._supervisor.stdout is not None
        for line in self._supervisor.stdout:
            with suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict) and isinstance(said.get("base_url"), str) and isinstance(said.get("control_url"), str):
                    self._lines.put(said)
        self._lines.put(None)

    def _last_words(self) -> str:
        try:
            self._complaints.seek(0)
            lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        except ValueError:  # the run ended meanwhile, and closed the file
            return ""
        return f": {lines[-1].strip()}" if lines else ""
