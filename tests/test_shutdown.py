"""SIGTERM ends a server within five seconds, whatever is under way, and nobody who waits is left without a word that could be said."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.clients import ask
from tests.hostile.case import get, head, post
from tests.hostile.raw_connection import Wire
from tests.ports import taken_port
from tests.servers import Running, running
from tests.waiting import wait_until

PROMISED = 5.0
LOOPBACK = ("127.0.0.1",)
MARGIN = 0.5
"""For the process to be taken down, and for us to see it, on a busy machine."""
HANGING = """
import ctypes, os, sys, threading
from pathlib import Path
libc, real = ctypes.CDLL(None), {place}.{name}
def hang(*arguments, **more):
    if not Path("hang").exists() or {elsewhere}:
        return real(*arguments, **more)
    Path("hangs").touch()
    mutex = ctypes.create_string_buffer(128)
    libc.pthread_mutex_lock(mutex)
    libc.pthread_mutex_lock(mutex)  # for ever, and no signal ends the wait
{place}.{name} = hang
from sandbox.start import main
main()
"""
IN_MAIN = "threading.current_thread() is not threading.main_thread()"
IN_A_THREAD = "threading.current_thread() is threading.main_thread()"


def commanded(path: str, body: object) -> bytes:
    raw = json.dumps(body).encode()
    return head("POST", path.encode(), f"Content-Length: {len(raw)}", hosts=LOOPBACK) + raw


@contextmanager
def served(place: Path, *options: str, program: str | None = None) -> Iterator[Running]:
    command = {} if program is None else {"command": [sys.executable, "-c", program]}
    with running(place, "--scenario", "empty", *options, **command) as server:  # type: ignore[arg-type]
        yield server


def seconds_to_end(server: Running, *signals: signal.Signals) -> float:
    began = time.monotonic()
    for number, one in enumerate(signals or (signal.SIGTERM,)):
        if number:
            time.sleep(0.7)  # a second one that comes at once counts as the first
        server.process.send_signal(one)
    assert server.process.wait(timeout=20) == 0
    return time.monotonic() - began


def halves() -> dict[str, bytes]:
    upload = head("PUT", b"/_sandbox/snapshots/mine/file", "Content-Length: 5000000", "Content-Type: application/json", hosts=LOOPBACK)
    return {
        "a request line": b"POST /api",
        "a head": head("POST", "/customers", "Content-Length: 30")[:-2],
        "a HEAD": get("/customers").replace(b"GET", b"GET", 1)[:-4],
        "a head of the control plane": b"GET /_sandbox/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "a head behind a request": get("/customers") + get("/customers")[:-2],
        "a body": post("/customers", b'{"account": "Jane Smith"}')[:-3],
        "a body of which nothing came": head("POST", "/customers", "Content-Length: 30"),
        "a body in chunks": head("POST", "/customers", "Transfer-Encoding: chunked") + b"5\r\n{    \r\n",
        "a body of the control plane": head("POST", b"/_sandbox/clock/advance", "Content-Length: 30", hosts=LOOPBACK) + b"{",
        "an upload": upload + b"{" * 100_000,
    }


@pytest.mark.parametrize("stack", ["fast", "stock"])
def test_what_has_not_come_whole_is_refused_with_503(tmp_path: Path, stack: str) -> None:
    with served(tmp_path, "--stack", stack) as server, ExitStack() as open_:
        wires = {name: open_.enter_context(Wire(server.address)) for name in halves()}
        for name, raw in halves().items():
            wires[name].send(raw)
        assert wires["a head behind a request"].answer().status == 200
        assert ask(f"{server.api}/customers")[0] == 200, "it has read the others by now"
        server.process.send_signal(signal.SIGTERM)
        for name, wire in wires.items():
            answer = wire.answer()
            assert (answer.status, answer.json["success"], answer.header("connection")) == (503, False, "close"), name
            assert answer.json["message"].startswith("The server ends"), name
            assert answer.header("content-type") == "application/json", name
        assert server.process.wait(timeout=20) == 0


def long_poll(server: Running, place: Path, open_: ExitStack) -> None:
    wire = open_.enter_context(Wire(server.address))
    wire.send(head("GET", b"/_sandbox/events?after=0&wait=60", hosts=LOOPBACK))
    assert ask(f"{server.address}/_sandbox/clock")[0] == 200


def half_an_upload(server: Running, place: Path, open_: ExitStack) -> None:
    wire = open_.enter_context(Wire(server.address))
    wire.send(halves()["an upload"])
    assert ask(f"{server.api}/customers")[0] == 200


def a_reset_being_built(server: Running, place: Path, open_: ExitStack) -> None:
    wire = open_.enter_context(Wire(server.address))
    wire.send(commanded("/_sandbox/reset", {"scenario": "busy", "seed": 977}))
    wait_until(lambda: children_of(server.process.pid))


def a_delivery_that_hangs(server: Running, place: Path, open_: ExitStack) -> None:
    port = open_.enter_context(taken_port())
    ask(f"{server.api}/webhooks", {"url": f"http://127.0.0.1:{port}/hook", "events": ["invoice.created"]})
    ask(f"{server.address}/_sandbox/events/trigger", {"type": "invoice.created"})


def a_slow_reader(server: Running, place: Path, open_: ExitStack) -> None:
    """Of more than the system's own buffers hold."""
    for _ in range(2):
        batch = [{"account": "x" * 200, "address": "y" * 9_000} for _ in range(50)]
        assert ask(f"{server.api}/batch/customers", {"customers": batch})[0] == 201
    where = server.address.removeprefix("http://").split(":")
    with socket.socket() as made:
        open_.enter_context(reader := socket.socket())
        made.close()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect((where[0], int(where[1])))
    reader.sendall(get("/customers?limit=100") * 20)
    assert ask(f"{server.api}/customers?limit=1")[0] == 200


UNDER_WAY: list[Callable[[Running, Path, ExitStack], None]] = [long_poll, half_an_upload, a_reset_being_built, a_delivery_that_hangs, a_slow_reader]


@pytest.mark.parametrize("begin", UNDER_WAY, ids=lambda one: one.__name__)
def test_it_ends_within_five_seconds(tmp_path: Path, begin: Callable[[Running, Path, ExitStack], None]) -> None:
    with served(tmp_path, "--allow-local-webhooks") as server, ExitStack() as open_:
        begin(server, tmp_path, open_)
        assert seconds_to_end(server) < PROMISED + MARGIN


@pytest.mark.parametrize(
    ("place", "name", "elsewhere", "options", "path", "body"),
    [
        ("os", "fsync", IN_A_THREAD, ("--data-dir", "data", "--durability", "power"), "/api/v2/customers", {"account": "Jane"}),
        ("os", "fsync", IN_MAIN, ("--data-dir", "data", "--durability", "power"), "/_sandbox/reset", {"scenario": "empty"}),
        ("os", "write", f"{IN_MAIN} or arguments[0] < 3", ("--data-dir", "data"), "/api/v2/customers", {"account": "Jane"}),
    ],
    ids=["an fsync in a thread", "an fsync of the event loop", "a write of the event loop"],
)
def test_it_ends_within_five_seconds_where_the_disk_hangs(
    tmp_path: Path, place: str, name: str, elsewhere: str, options: tuple[str, ...], path: str, body: object
) -> None:
    with served(tmp_path, *options, program=HANGING.format(place=place, name=name, elsewhere=elsewhere)) as server, Wire(server.address) as wire:
        (tmp_path / "hang").touch()
        wire.send(commanded(path, body))
        wait_until((tmp_path / "hangs").exists)
        assert seconds_to_end(server) < PROMISED + MARGIN
    assert "cut off" in (tmp_path / "server.err").read_text()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_is_the_end_at_once(tmp_path: Path, second: signal.Signals) -> None:
    with served(tmp_path, program=HANGING.format(place="os", name="fsync", elsewhere=IN_A_THREAD)) as server, ExitStack() as open_:
        a_slow_reader(server, tmp_path, open_)
        assert seconds_to_end(server, signal.SIGTERM, second) < 2.4, "sooner than a slow reader is cut off"
    assert "a second signal" in (tmp_path / "server.err").read_text()


def children_of(pid: int) -> list[int]:
    return [int(one) for task in Path(f"/proc/{pid}/task").glob("*/children") for one in task.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not list the children of a process")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_ends_leaves_no_builder_behind(tmp_path: Path, how: signal.Signals) -> None:
    with served(tmp_path, "--data-dir", "data") as server, ExitStack() as open_:
        a_reset_being_built(server, tmp_path, open_)
        (builder,) = children_of(server.process.pid)
        server.process.send_signal(how)
        server.process.wait(timeout=20)
        wait_until(lambda: not is_alive(builder), "the builder lives on", seconds=10)
    assert not list((tmp_path / "data" / "worlds").glob("building-*"))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
