"""However a run ends, the server that it started ends with it, and whatever that had started.

The servers here are scripts that say they are ready and then wait: nothing is asked of them.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_business_suite import NoSandbox
from pytest_business_suite.discovery import Command
from pytest_business_suite.process import ServerProcess
from pytest_business_suite.shared_server import SharedServer, ask

from tests.integrations.inner_pytest import Host, is_there, outcome
from tests.waiting import wait_until

READY = """echo '{"base_url": "http://127.0.0.1:9/api/v2", "control_url": "http://127.0.0.1:9/_sandbox"}'"""
# Both note their number; the second is what an installer that does not become the server looks like.
PLAIN = f"#!/bin/sh\necho $$ >> PIDS\n{READY}\nexec sleep 1000\n"
NESTED = "#!/bin/sh\necho $$ >> PIDS\n./inner &\nwait\n"
STUBBORN = f"#!/bin/sh\ntrap '' TERM INT HUP\necho $$ >> PIDS\n{READY}\nwhile :; do sleep 0.2; done\n"
SLOW = "#!/bin/sh\necho $$ >> PIDS\nexec sleep 1000\n"


@pytest.fixture
def server(tmp_path: Path) -> Callable[[str], str]:
    """Writes such a script, and gives its path."""

    def write(script: str, name: str = "server") -> str:
        path = tmp_path / name
        path.write_text(script.replace("PIDS", str(tmp_path / "pids")).replace("./", f"{tmp_path}/"), encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    return write


def begun(directory: Path) -> list[int]:
    """The numbers of the processes that were servers."""
    file = directory / "pids"
    return [int(line) for line in file.read_text(encoding="utf-8").split()] if file.exists() else []


def nothing_is_left(directory: Path) -> None:
    wait_until(lambda: not any(map(is_there, begun(directory))), lambda: f"some of {begun(directory)} are left")


USED = "def test_it_is_used(business_suite_server): ...\n"
WAYS = {
    "all pass": (USED, ()),
    "one fails": (USED + "def test_fails(): assert 0\n", ()),
    "the first failure ends it": ("def test_fails(business_suite_server): assert 0\n" + USED, ("-x",)),
    "an interrupt": ("def test_ends(business_suite_server): raise KeyboardInterrupt\n", ()),
    "an exit of pytest": ("import pytest\ndef test_ends(business_suite_server): pytest.exit('enough')\n", ()),
    "an exit of Python": ("def test_ends(business_suite_server): raise SystemExit(3)\n", ()),
    "a process that is gone at once": ("import os\ndef test_ends(business_suite_server): os._exit(3)\n", ()),
    "a crash": ("import os, signal\ndef test_ends(business_suite_server): os.kill(os.getpid(), signal.SIGSEGV)\n", ("-p", "no:faulthandler")),
    "a child that a test forgot": (
        "import os, time\ndef test_forks(business_suite_server):\n    if not os.fork():\n        time.sleep(6)\n        os._exit(0)\n", (),
    ),
    "workers": (USED + "def test_more(business_suite_server): ...\n", ("-p", "xdist", "-n", "2")),
    "a worker that crashes": ("import os\ndef test_ends(business_suite_server): os._exit(3)\n" + USED, ("-p", "xdist", "-n", "2")),
    "workers, and the first failure ends it": ("def test_fails(business_suite_server): assert 0\n" + USED, ("-p", "xdist", "-n", "2", "-x")),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_ends_so_leaves_no_process(tmp_path: Path, server: Callable[[str], str], way: str) -> None:
    tests, options = WAYS[way]
    with Host(tmp_path, sandbox=server(PLAIN)).begin(tests, *options) as run:
        run.wait(timeout=60)  # not for its output, which a child may still hold
    assert len(begun(tmp_path)) == 1
    nothing_is_left(tmp_path)


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "with workers"])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP], ids=lambda sign: sign.name)
def test_a_run_that_is_told_to_end_leaves_no_process(
    tmp_path: Path, server: Callable[[str], str], sign: signal.Signals, options: tuple[str, ...]
) -> None:
    tests = "import time\ndef test_waits(business_suite_server): time.sleep(60)\ndef test_waits_too(business_suite_server): time.sleep(60)\n"
    with Host(tmp_path, sandbox=server(PLAIN)).begin(tests, *options) as run:
        try:
            wait_until(lambda: begun(tmp_path), "no server began")
            time.sleep(0.2)  # so that it is a test that is cut off
            if sign in (signal.SIGINT, signal.SIGHUP):
                os.killpg(run.pid, sign)  # as a terminal sends it
            else:
                run.send_signal(sign)
            nothing_is_left(tmp_path)
        finally:
            os.killpg(run.pid, signal.SIGKILL)  # workers of a leader that was killed end when they next look
            run.communicate()


def test_an_interrupt_while_the_server_begins_leaves_no_process(tmp_path: Path, server: Callable[[str], str]) -> None:
    with Host(tmp_path, sandbox=server(SLOW)).begin(USED) as run:
        wait_until(lambda: begun(tmp_path), "no server began")
        run.send_signal(signal.SIGINT)
        told, _ = run.communicate(timeout=20)
    assert "KeyboardInterrupt" in told
    nothing_is_left(tmp_path)


@pytest.mark.parametrize("script", [PLAIN, NESTED, STUBBORN], ids=["plain", "started by another", "deaf to signals"])
def test_a_server_is_ended_with_all_that_it_started(tmp_path: Path, server: Callable[..., str], script: str) -> None:
    server(PLAIN, "inner")
    process = ServerProcess(Command((server(script),)), os.environ)
    assert process.readiness()["base_url"] == "http://127.0.0.1:9/api/v2"
    assert all(map(is_there, begun(tmp_path)))
    process.stop()
    process.stop()
    assert not any(map(is_there, begun(tmp_path)))


def test_one_that_is_never_ready_is_ended_and_told(tmp_path: Path, server: Callable[[str], str]) -> None:
    process = ServerProcess(Command((server(SLOW),), seconds=0), os.environ)
    with pytest.raises(NoSandbox, match="was not ready within 0 seconds"):
        process.readiness()
    process.stop()
    nothing_is_left(tmp_path)


def test_a_supervisor_that_is_told_to_end_ends_its_command(tmp_path: Path, server: Callable[[str], str]) -> None:
    process = ServerProcess(Command((server(PLAIN),)), os.environ)
    process.readiness()
    process._supervisor.terminate()
    nothing_is_left(tmp_path)
    process.stop()


def test_all_who_ask_at_once_are_told_of_one_server(tmp_path: Path, server: Callable[[str], str]) -> None:
    owner = SharedServer((server(PLAIN), "it"), tmp_path)
    port, told = owner.port(), []
    askers = [threading.Thread(target=lambda: told.append(ask(port))) for _ in range(8)]
    for one in askers:
        one.start()
    for one in askers:
        one.join(20)
    assert len(told) == 8
    assert {*told} == {owner.address()}
    assert len(begun(tmp_path)) == 1
    owner.close()
    owner.close()
    assert not any(map(is_there, begun(tmp_path)))
    with pytest.raises(NoSandbox, match="does not answer"):
        ask(port)


def test_whoever_asks_is_told_why_there_is_none(tmp_path: Path) -> None:
    owner = SharedServer(("no-such-program", "it"), tmp_path)
    for _ in range(2):
        with pytest.raises(NoSandbox, match=r"^it names no-such-program, and there is no such program; "):
            ask(owner.port())
    owner.close()


def test_an_end_does_not_wait_for_a_server_that_just_begins(tmp_path: Path, server: Callable[[str], str]) -> None:
    owner, told = SharedServer((server(SLOW), "it"), tmp_path), []
    port = owner.port()

    def asks() -> None:
        with pytest.raises(NoSandbox) as problem:
            ask(port)
        told.append(str(problem.value))

    asker = threading.Thread(target=asks)
    asker.start()
    wait_until(lambda: begun(tmp_path), "no server began")
    owner.close()
    asker.join(20)
    assert len(told) == 1
    nothing_is_left(tmp_path)


def test_a_server_that_ended_during_the_run_is_told_in_a_sentence(tmp_path: Path, server: Callable[[str], str]) -> None:
    output = Host(tmp_path, sandbox=server(PLAIN)).run("def test_it(business_suite): ...\n")
    assert outcome(output) == "1 error"
    assert "The sandbox at http://127.0.0.1:9/api/v2 does not answer any more: " in output
    assert "Traceback" not in output
    nothing_is_left(tmp_path)


def test_the_servers_folder_and_files_go_with_it(tmp_path: Path, server: Callable[[str], str]) -> None:
    room = tmp_path / "temporary"
    room.mkdir()
    tests = "def test_it(business_suite_server): ...\n"
    assert outcome(Host(tmp_path, sandbox=server(PLAIN)).run(tests, "-W", "error", "-p", "no:tmpdir", env={"TMPDIR": str(room)})) == "1 passed"
    assert [*room.iterdir()] == []
