"""How a command reaches the server that has the data directory: a socket file in it that only its owner may open.

A request is one line of JSON; the answer is a line for each progress, then one with the result or the error.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import log
from sandbox.errors import Invalid, Refusal, StartError

if TYPE_CHECKING:  # it knows the whole server, which a command that asks need not load
    from sandbox.control.admin_commands import AdminCommands

NAME = "admin.sock"
_UNBORN = "admin.new"
_LONGEST_LINE = 1 << 16
_SECONDS_TO_ASK = 10
_SECONDS_TO_CONNECT = 5
_LONGEST_PATH = 100  # what every system takes: the least of them takes 104 bytes, one of which ends the path
_DESCRIPTORS = Path("/proc/self/fd")


class NobodyListens(Exception):
    """No server runs on the data directory, or none that can be reached through it."""


class AdminSocket:
    """Listens in a data directory that this process has locked: a socket file that lies there was left by a server that is gone."""

    def __init__(self, directory: Path, admin_commands: AdminCommands) -> None:
        self._directory, self._admin_commands = directory, admin_commands
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Listen from now on. Where that cannot be, it is logged, and commands need the server to be stopped."""
        try:
            listener = _listener(self._directory)
        except OSError as error:
            log.error("no commands can be taken beside this server", directory=str(self._directory), reason=error.strerror or str(error))
            return
        self._server = await asyncio.start_unix_server(self._converse, sock=listener, limit=_LONGEST_LINE)

    async def stop(self) -> None:
        """Listen no more, and end what is under way. A second call does nothing."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        with suppress(OSError):
            (self._directory / NAME).unlink()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        this = asyncio.current_task()
        assert this is not None
        self._conversations.add(this)
        try:
            await self._answer(reader, writer)
            await writer.drain()
        except (ConnectionError, TimeoutError):
            pass  # whoever asked is gone, or never asked
        except asyncio.CancelledError:
            pass  # the server ends; streams of Python 3.11 would tell it as a failure
        finally:
            self._conversations.discard(this)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()

        def report_progress(done: int, altogether: int) -> None:  # in the thread that builds the world
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(_write, writer, {"progress": [done, altogether]})

        try:
            command, arguments = await _request(reader)
            answer = {"result": await self._admin_commands.perform(command, arguments, report_progress)}
        except (Refusal, StartError) as problem:
            answer = {"error": sentence(problem)}
        except TimeoutError:
            raise
        except Exception as problem:
            log.error("a command failed", exc_info=problem)
            answer = {"error": "The server failed to do it, and left nothing behind; its log says why."}
        _write(writer, answer)


def sentence(problem: Exception) -> str:
    """A refusal in one line: what is wrong with each argument, or its message where no argument is at fault."""
    faults = problem.errors if isinstance(problem, Refusal) else {}
    return "; ".join(faults.values()) or str(problem)


def call(directory: Path, command: str, arguments: Mapping[str, Any], on_progress: Callable[[int, int], None] | None = None) -> Any:
    """The result of a command that the server on this directory carries out, however long it takes.

    Raises NobodyListens; StartError with what the server says against it.
    """
    request = json.dumps({"command": command, "arguments": dict(arguments)}).encode() + b"\n"
    with _connected(directory) as connection, connection.makefile("rb") as answers:
        try:
            connection.sendall(request)
            for line in answers:
                answer = json.loads(line)
                if "progress" not in answer:
                    break
                if on_progress is not None:
                    on_progress(*answer["progress"])
            else:
                raise StartError("The server ended before it had done it; look whether it was done.")
        except (OSError, ValueError) as problem:
            raise StartError(f"The server on {directory} gave no answer: {problem}.") from problem
    if "error" in answer:
        raise StartError(answer["error"])
    return answer["result"]


def listens(directory: Path) -> bool:
    """Whether a server runs on this directory."""
    try:
        with _connected(directory):
            return True
    except NobodyListens:
        return False


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    async with asyncio.timeout(_SECONDS_TO_ASK):
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            raise ConnectionResetError from None
        except asyncio.LimitOverrunError:
            raise Invalid({}, f"A request is one line of at most {_LONGEST_LINE} bytes") from None
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    match request:
        case {"command": str(command), "arguments": dict(arguments)}:
            return command, arguments
    raise Invalid({}, 'A request is one line such as {"command": "keys_list", "arguments": {}}')


def _write(writer: asyncio.StreamWriter, answer: Mapping[str, Any]) -> None:
    if not writer.is_closing():
        writer.write(json.dumps(answer).encode() + b"\n")


def _listener(directory: Path) -> socket.socket:
    """Born where nobody else can look, narrowed, and only then moved to its place: so it is never wider than its owner."""
    unborn = directory / _UNBORN
    shutil.rmtree(unborn, ignore_errors=True)
    unborn.mkdir(mode=0o700)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(unborn) as path:
            listener.bind(f"{path}/{NAME}")
        (unborn / NAME).chmod(0o600)
        listener.listen(16)
        (unborn / NAME).replace(directory / NAME)
    except OSError:
        listener.close()
        raise
    finally:
        shutil.rmtree(unborn, ignore_errors=True)
    return listener


@contextmanager
def _connected(directory: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS_TO_CONNECT)
        try:
            with _short(directory) as path:
                connection.connect(f"{path}/{NAME}")
        except OSError as error:
            raise NobodyListens from error
        connection.settimeout(None)
        yield connection


@contextmanager
def _short(directory: Path) -> Iterator[str]:
    """The directory by a path that, with the name, fits into a socket's address; OSError where the system knows none."""
    if len(os.fsencode(directory / NAME)) <= _LONGEST_PATH:
        yield str(directory)
        return
    if not _DESCRIPTORS.is_dir():
        raise OSError(f"the path {directory} is too long for a socket on this system; choose a shorter data directory")
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield str(_DESCRIPTORS / str(descriptor))
    finally:
        os.close(descriptor)
