"""Where a sandbox comes from, and the one sentence where there is none."""

import os
import stat
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pytest_business_suite import NoSandbox, discovery
from pytest_business_suite.discovery import NOTHING_FOUND, command_named, commands_here, is_url, server_environment
from pytest_business_suite.shared_server import SharedServer

from tests.integrations.inner_pytest import is_there

Program = Callable[[str, str], Path]
OURS = "echo 'sandbox 0.1.0'"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Writes a shell script below the test's directory."""

    def write(name: str, script: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture(autouse=True)
def nothing_beside_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that runs these tests has a sandbox of its own."""
    python = tmp_path / "environment" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(python))


def found(*folders: Path) -> list[str]:
    return [str(one) for one in commands_here({"PATH": os.pathsep.join(map(str, folders))})]


def test_nothing_at_all_is_one_sentence(tmp_path: Path) -> None:
    assert found(tmp_path) == []
    owner = SharedServer(None, tmp_path, {"PATH": str(tmp_path)})
    for _ in range(2):
        with pytest.raises(NoSandbox) as problem:
            owner.address()
        assert str(problem.value) == NOTHING_FOUND
    assert NOTHING_FOUND.count(".") == 1
    assert "\n" not in NOTHING_FOUND
    owner.close()


@pytest.mark.parametrize(
    ("script", "ours"),
    [
        (OURS, True),
        ("echo 'sandbox 12.3.4rc1'", True),
        ("echo 'sandbox 1.0 (firejail)'", False),
        ("echo 'sandbox: usage'", False),
        ("echo 1.0.0", False),
        ("echo 'codesandbox 1.0.0'", False),
        ("echo 'sandbox 1.0'; echo more", False),
        (":", False),
        ("echo 'sandbox 0.1.0' >&2", False),
        ("echo 'sandbox 0.1.0'; exit 2", False),
        ("printf '\\377\\376'", False),
        ('test "$#" = 1 && test "$1" = --version && echo sandbox 1.2.3', True),
    ],
)
def test_another_program_of_the_name_is_passed_over(tmp_path: Path, program: Program, script: str, ours: bool) -> None:
    path = program("bin/sandbox", script)
    assert found(tmp_path / "bin") == ([str(path)] if ours else [])


def test_a_program_that_never_says_its_version_is_passed_over_with_all_that_it_started(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "_SECONDS_TO_SAY_ITS_VERSION", 0.5)
    program("bin/sandbox", f"{OURS}; sleep 1000 & echo $! > {tmp_path}/pid; wait")
    environ = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    assert [*commands_here(environ)] == []
    assert not is_there(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_the_first_that_is_ours_comes_first_and_then_what_installs_one(tmp_path: Path, program: Program) -> None:
    program("a/sandbox", "echo other")
    ours, uvx, pipx = program("b/sandbox", OURS), program("a/uvx", ":"), program("b/pipx", ":")
    beside = program("environment/sandbox", OURS)
    assert found(tmp_path / "a", tmp_path / "b", tmp_path / "b", tmp_path / "none") == [
        str(beside),
        str(ours),
        f"{uvx} --from business-suite-sandbox sandbox",
        f"{pipx} run --spec business-suite-sandbox sandbox",
    ]


def test_what_asks_for_the_version_does_not_see_the_hosts_packages(tmp_path: Path, program: Program) -> None:
    program("bin/sandbox", 'test -z "$PYTHONPATH$SANDBOX_PORT" && echo sandbox 1.2.3')
    environ = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "PYTHONPATH": "src", "SANDBOX_PORT": "1"}
    assert [*commands_here(environ)]


def test_the_environment_of_a_server_is_this_one_but_for_what_would_change_it() -> None:
    kept = {"PATH": "/bin", "HOME": "/", "LANG": "C", "PYTHONUTF8": "1", "UV_INDEX_URL": "https://example.org", "XDG_CACHE_HOME": "/c"}
    dropped = ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "PYTHONSTARTUP", "SANDBOX_SPEC", "COV_CORE_SOURCE", "PYTEST_ADDOPTS")
    assert server_environment({**kept, **dict.fromkeys(dropped, "x")}) == kept


@pytest.mark.parametrize("text", ["http://127.0.0.1:8000", "https://sandbox.example.org/api/v2", "HTTP://LOCALHOST:1"])
def test_an_address_is_no_command(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", ["sandbox", "./http/sandbox", "httpd", "python -m sandbox --url http://x"])
def test_a_command_is_no_address(text: str) -> None:
    assert not is_url(text)


def test_a_command_is_found_from_where_the_run_was_started(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    path, spaced = program("tools/box", ":"), program("a folder/box", ":")
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert command_named("tools/box", "it", tmp_path).words == (str(path),)
    assert command_named("box", "it", tmp_path).words == (str(path),)
    assert command_named("~/tools/box", "it", Path("/")).words == (str(path),)
    assert command_named("~/tools/box --fast", "it", Path("/")).words == (str(path), "--fast")
    assert command_named("a folder/box", "it", tmp_path).words == (str(spaced),)
    assert command_named("'a folder/box' x", "it", tmp_path).words == (str(spaced), "x")
    assert command_named(f"box tools/box -m sandbox {path} no/file", "it", tmp_path).words == (
        str(path), str(path), "-m", "sandbox", str(path), "no/file",
    )  # fmt: skip


def test_a_link_stays_the_link_that_it_is(tmp_path: Path, program: Program) -> None:
    """The python of a virtual environment is one, and finds its packages by where the link stands."""
    (tmp_path / "link").symlink_to(program("box", ":"))
    assert command_named("./link", "it", tmp_path).words == (str(tmp_path / "link"),)


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("no-such-program", "NAME names no-such-program, and there is no such program; name the command of a sandbox, or the URL of one that runs."),
        ("./missing", "NAME names HERE/missing, and there is no such program; name the command of a sandbox, or the URL of one that runs."),
        ("./plain", "NAME names HERE/plain, which cannot be run; name the command of a sandbox, or the URL of one that runs."),
        ("./", "NAME names HERE, which cannot be run; name the command of a sandbox, or the URL of one that runs."),
        ("'open", "NAME is no command: a quote in \"'open\" is not closed."),
        ("./fails", ("NAME names a command that starts no sandbox: `HERE/fails serve` ended with exit code 7 before it was ready: last words;"
                    " name another one, or the URL of one that runs.")),
        ("./quiet", ("NAME names a command that starts no sandbox: `HERE/quiet serve` ended with exit code 0 before it was ready;"
                    " name another one, or the URL of one that runs.")),
        ("./chatty", ("NAME names a command that starts no sandbox: `HERE/chatty serve` ended with exit code 0 before it was ready;"
                     " name another one, or the URL of one that runs.")),
        ("http://127.0.0.1:9", ("NAME names http://127.0.0.1:9, and nothing answers there: [Errno 111] Connection refused;"
                               " start `sandbox serve`, or name another URL.")),
        ("http://[", "NAME names http://[, which is no URL: Invalid IPv6 URL; one is http://127.0.0.1:8000/api/v2."),
    ],
)  # fmt: skip
def test_what_is_named_and_cannot_be_is_one_sentence(tmp_path: Path, program: Program, named: str, sentence: str) -> None:
    program("plain", "").chmod(stat.S_IRUSR)
    program("fails", "echo first >&2; echo last words >&2; exit 7")
    program("quiet", "exit 0")
    program("chatty", """echo hello; echo '[]'; echo '{"base_url": 1}'""")
    owner = SharedServer((named, "NAME"), tmp_path)
    with pytest.raises(NoSandbox) as problem:
        owner.address()
    owner.close()
    assert str(problem.value).replace(f"{tmp_path}/", "HERE/").replace(f"{tmp_path},", "HERE,") == sentence


def test_where_none_of_several_starts_each_says_why(tmp_path: Path, program: Program) -> None:
    program("a/sandbox", f'[ "$1" = serve ] && exit 3; {OURS}')
    program("b/uvx", "echo no network >&2; exit 2")
    owner = SharedServer(None, tmp_path, {"PATH": f"{tmp_path / 'a'}:{tmp_path / 'b'}"})
    with pytest.raises(NoSandbox) as problem:
        owner.address()
    owner.close()
    assert str(problem.value).replace(str(tmp_path), "") == (
        "The Business Suite sandbox did not start: `/a/sandbox serve` ended with exit code 3 before it was ready; "
        "`/b/uvx --from business-suite-sandbox sandbox serve` ended with exit code 2 before it was ready: no network; "
        "name another command, or a URL, in BUSINESS_SUITE_SANDBOX."
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b"[]"), (200, b'{"data": {"status": "tired"}}'), (200, b'{"data": "ok"}'), (404, b"{}"), (500, b""), (200, b"\xff")],
)
def test_whatever_else_answers_at_an_address_is_no_sandbox(tmp_path: Path, status: int, body: bytes) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        owner, url = SharedServer((f"http://127.0.0.1:{server.server_port}/x", "NAME"), tmp_path), f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(NoSandbox) as problem:
            owner.address()
        server.shutdown()
        thread.join()
    assert str(problem.value) == f"NAME names {url}/x, and no sandbox answers at {url}/_sandbox/health; it may have --control off."
