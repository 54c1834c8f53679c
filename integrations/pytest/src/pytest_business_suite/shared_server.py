"""One sandbox for a whole run: the process that leads the run has it, and the workers of pytest-xdist ask that one for its address."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pytest_business_suite.discovery import NOTHING_FOUND, VARIABLE, Command, command_named, commands_here, is_url
from pytest_business_suite.errors import NoSandbox
from pytest_business_suite.process import ServerProcess

KEY_VARIABLE = f"{VARIABLE}_KEY"
_TEST_KEY = "sbx_test_administrator"
_API, _CONTROL = "/api/v2", "/_sandbox"
_LOOPBACK = "127.0.0.1"
_A_DAY, _AN_HOUR = 86_400, 3_600
"""How long a workspace lives that nobody deletes: on a server of this run's own it may wait for somebody who debugs a test."""
_SECONDS_TO_CONNECT = 5


@dataclass(frozen=True)
class Address:
    """Where a sandbox is, and an administrator's key to it."""

    base_url: str
    control_url: str
    key: str
    expires_in: int


class SharedServer:
    """Of the sandbox of one run. It is found, or started, when somebody first asks, and what came of that holds for the whole run.

    `named` is what somebody named, a URL or a command, and where; `directory` is where the run was started.
    """

    def __init__(self, named: tuple[str, str] | None, directory: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._named, self._directory, self._environ = named, directory, environ
        self._asking, self._beginning = threading.Lock(), threading.Lock()
        self._outcome: Address | NoSandbox | None = None
        self._process: ServerProcess | None = None
        self._listener: socket.socket | None = None
        self._closed = False

    def address(self) -> Address:
        """Raises NoSandbox."""
        with self._asking:
            if self._outcome is None:
                try:
                    self._outcome = self._found()
                except NoSandbox as problem:
                    self._outcome = problem
        if isinstance(self._outcome, NoSandbox):
            raise NoSandbox(str(self._outcome))
        return self._outcome

    def port(self) -> int:
        """Where on loopback workers may ask; from now on."""
        if self._listener is None:
            self._listener = socket.create_server((_LOOPBACK, 0), backlog=128)
            threading.Thread(target=self._serve, args=(self._listener,), name="business-suite-workers", daemon=True).start()
        port: int = self._listener.getsockname()[1]
        return port

    def close(self) -> None:
        """Ends the server, also one that just begins; a second call does nothing."""
        with self._beginning:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.stop()
        if self._listener is not None:
            with suppress(OSError):  # where nothing accepts any more
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def _found(self) -> Address:
        if self._named is not None:
            named, source = self._named
            if is_url(named):
                return running(named, source, self._key)
            return self._started_as_named(command_named(named, source, self._directory), source)
        failures: list[str] = []
        for command in commands_here(self._environ):
            try:
                return self._started(command)
            except NoSandbox as failure:
                failures.append(str(failure))
        if failures:
            raise NoSandbox(f"The Business Suite sandbox did not start: {'; '.join(failures)}; name another command, or a URL, in {VARIABLE}.")
        raise NoSandbox(NOTHING_FOUND)

    def _started_as_named(self, command: Command, source: str) -> Address:
        try:
            return self._started(command)
        except NoSandbox as failure:
            raise NoSandbox(f"{source} names a command that starts no sandbox: {failure}; name another one, or the URL of one that runs.") from None

    def _started(self, command: Command) -> Address:
        with self._beginning:
            if self._closed:
                raise NoSandbox("The run has ended.")
            self._process = process = ServerProcess(command, self._environ)
        try:
            said = process.readiness()
        except BaseException:
            with self._beginning:
                is_ours, self._process = self._process is process, None
            if is_ours:
                process.stop()
            raise
        return Address(said["base_url"], said["control_url"], _TEST_KEY, _A_DAY)

    @property
    def _key(self) -> str:
        return self._environ.get(KEY_VARIABLE) or _TEST_KEY

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):  # it was closed
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._answer, args=(connection,), name="business-suite-worker", daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the worker is gone
            answer: dict[str, Any]
            try:
                answer = {"address": asdict(self.address())}
            except NoSandbox as problem:
                answer = {"problem": str(problem)}
            connection.sendall(json.dumps(answer).encode())


def running(url: str, source: str, key: str) -> Address:
    """A server that runs already. Raises NoSandbox where none answers there."""
    import httpx

    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise NoSandbox(f"{source} names {url}, which is no URL: {problem}; one is http://127.0.0.1:8000/api/v2.") from None
    origin = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.rstrip("/")
    address = Address(origin + (path if path not in ("", _CONTROL) else _API), origin + _CONTROL, key, _AN_HOUR)
    try:
        status = httpx.get(f"{address.control_url}/health", timeout=_SECONDS_TO_CONNECT, trust_env=False).json()["data"]["status"]
    except (httpx.TransportError, httpx.InvalidURL) as problem:
        raise NoSandbox(f"{source} names {url}, and nothing answers there: {problem}; start `sandbox serve`, or name another URL.") from None
    except (ValueError, LookupError, TypeError):
        status = None
    if status != "ok":
        raise NoSandbox(f"{source} names {url}, and no sandbox answers at {address.control_url}/health; it may have --control off.")
    return address


def ask(port: int) -> Address:
    """What the process that leads the run has, for a worker. Raises NoSandbox."""
    try:
        with socket.create_connection((_LOOPBACK, port), _SECONDS_TO_CONNECT) as connection:
            connection.settimeout(None)  # it is there, and may have to start the server first
            with connection.makefile("rb") as told:
                answer = json.loads(told.read())
    except (OSError, ValueError) as problem:
        raise NoSandbox(f"The process that leads this run does not answer: {problem}; with workers on other machines, name a URL.") from None
    if "problem" in answer:
        raise NoSandbox(answer["problem"])
    return Address(**answer["address"])
