"""Commands beside a running server, through the socket in its data directory."""

import asyncio
import json
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop

from sandbox import log
from sandbox.control import admin_socket
from sandbox.control.admin_commands import AdminCommands
from sandbox.control.admin_socket import AdminSocket, NobodyListens, call
from sandbox.errors import StartError
from tests.control.resets import Room, sources


@contextmanager
def listening(directory: Path, room: Room, loops: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop) -> Iterator[threading.Event]:
    """A server on an event loop in a thread of its own, as a command finds it; it ends with the block, or with the event."""
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        server = AdminSocket(directory, AdminCommands(room.registry, room.workspaces, room.resets))
        await server.start()
        ready.set()
        await asyncio.to_thread(over.wait, 60)
        await server.stop()
        await server.stop()

    def run() -> None:
        with asyncio.Runner(loop_factory=loops) as runner:
            runner.run(serve())

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(run)
        try:
            assert ready.wait(20)
            yield over
        finally:
            over.set()
            ended.result(20)


def say(directory: Path, line: bytes) -> Any:
    """One raw line, and the one that comes back."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(20)
        raw.connect(str(directory / "admin.sock"))
        with suppress(ConnectionError):  # of a line that is too long, the server does not hear the end
            raw.sendall(line)
        with raw.makefile("rb") as answers:
            return json.loads(answers.readline())


@pytest.mark.parametrize("loops", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_command_is_carried_out_by_the_server_that_runs(tmp_path: Path, room: Room, loops: Callable[[], asyncio.AbstractEventLoop]) -> None:
    steps: list[tuple[int, int]] = []
    with listening(tmp_path, room, loops):
        assert call(tmp_path, "workspaces_create", {"name": "acme"})["name"] == "acme"
        done = call(tmp_path, "reset", {"workspace": "acme", "scenario": "busy"}, lambda *step: steps.append(step))
    assert done["scenario"] == "busy"
    assert steps == [(1, 1)]
    assert sources(room.workspace("acme")) == ["busy-1"]


def test_what_is_refused_comes_back_as_one_sentence(tmp_path: Path, room: Room) -> None:
    with listening(tmp_path, room):
        with pytest.raises(StartError, match=r"^There is no workspace 'defualt'; did you mean 'default'\?$"):
            call(tmp_path, "reset", {"workspace": "defualt"})
        with pytest.raises(StartError, match=r"^label must be given; role must be given$"):
            call(tmp_path, "keys_create", {"workspace": "default"})


def test_a_failure_is_logged_and_said_without_its_inside(tmp_path: Path, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[Any] = []
    monkeypatch.setattr(log, "error", lambda event, **metadata: logged.append(metadata["exc_info"]))
    room.worlds.failing = OSError("secret inside")
    with listening(tmp_path, room), pytest.raises(StartError, match="The server failed to do it") as told:
        call(tmp_path, "reset", {"workspace": "default"})
    assert "secret" not in str(told.value)
    assert logged == [room.worlds.failing]


def test_only_the_owner_may_open_the_socket_and_it_is_gone_at_the_end(tmp_path: Path, room: Room) -> None:
    with listening(tmp_path, room):
        assert stat.filemode((tmp_path / "admin.sock").stat().st_mode) == "srw-------"
        assert [one.name for one in tmp_path.iterdir()] == ["admin.sock"]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NobodyListens):
        call(tmp_path, "keys_list", {})


def test_the_socket_of_a_killed_server_is_replaced(tmp_path: Path, room: Room) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "admin.sock"))
    (tmp_path / "admin.new").mkdir()
    with pytest.raises(NobodyListens):
        call(tmp_path, "keys_list", {})
    with listening(tmp_path, room):
        assert call(tmp_path, "keys_list", {}) == []


def test_a_directory_whose_path_is_longer_than_a_socket_may_have_works(tmp_path: Path, room: Room) -> None:
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    with listening(deep, room):
        assert call(deep, "keys_list", {}) == []


def test_where_a_long_path_cannot_be_shortened_the_server_runs_and_says_so(tmp_path: Path, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[Any] = []
    monkeypatch.setattr(log, "error", lambda event, **metadata: logged.append((event, metadata["reason"])))
    monkeypatch.setattr(admin_socket, "_DESCRIPTORS", tmp_path / "none")
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with listening(deep, room), pytest.raises(NobodyListens):
        call(deep, "keys_list", {})
    assert logged[0][0] == "no commands can be taken beside this server"
    assert "choose a shorter data directory" in logged[0][1]
    assert list(deep.iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"null\n",
        b"[]\n",
        b"{\n",
        b"\xff\xfe\n",
        b'{"command": "keys_list"}\n',
        b'{"command": 5, "arguments": {}}\n',
        b'{"command": "keys_list", "arguments": []}\n',
        b"[" * 60_000 + b"\n",
        b"x" * 200_000,
        b'{"command": "no_such", "arguments": {}}\n',
        b'{"command": "keys_list", "arguments": {"workspace": {}}}\n',
    ],
    ids=range(12),
)
def test_a_line_that_is_no_request_is_refused_and_the_next_one_is_heard(tmp_path: Path, room: Room, line: bytes) -> None:
    with listening(tmp_path, room):
        assert list(say(tmp_path, line)) == ["error"]
        assert call(tmp_path, "keys_list", {}) == []


def test_who_says_nothing_is_hung_up_on(tmp_path: Path, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_socket, "_SECONDS_TO_ASK", 0.05)
    with listening(tmp_path, room), socket.socket(socket.AF_UNIX) as silent:
        silent.settimeout(20)
        silent.connect(str(tmp_path / "admin.sock"))
        assert silent.recv(1) == b""


def test_a_command_whose_caller_leaves_is_carried_out_all_the_same(tmp_path: Path, room: Room) -> None:
    gate = room.worlds.gate = threading.Event()
    with listening(tmp_path, room):
        with socket.socket(socket.AF_UNIX) as leaving:
            leaving.connect(str(tmp_path / "admin.sock"))
            leaving.sendall(b'{"command": "reset", "arguments": {"workspace": "default", "scenario": "busy"}}\n')
            assert room.worlds.begun.wait(20)
        gate.set()
        call(tmp_path, "reset", {"workspace": "default", "seed": 2})
    assert room.worlds.asked == [("busy", 1), ("busy", 2)]


def test_a_server_that_ends_in_the_middle_of_a_command_says_so(tmp_path: Path, room: Room) -> None:
    gate = room.worlds.gate = threading.Event()
    with ThreadPoolExecutor(1) as pool, listening(tmp_path, room) as over:
        asked = pool.submit(call, tmp_path, "reset", {"workspace": "default"})
        assert room.worlds.begun.wait(20)
        over.set()
        with pytest.raises(StartError, match="The server ended before it had done it"):
            asked.result(20)
        gate.set()
    assert sources(room.workspace()) == ["calm-1"]
