"""The command `sandbox` as a person types it: in a process of its own, on a real socket."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import sandbox
from openapi.contract import FILE
from sandbox.cli import main
from sandbox.settings import Settings
from tests.asgi import ADMINISTRATOR
from tests.clients import ask
from tests.commands import SANDBOX, checkout_environment, lines_until, run
from tests.engine.spec_edits import own_document, without
from tests.ports import taken_port

SERVE = [sys.executable, "-m", "sandbox", "serve", "--port", "0"]


@contextmanager
def serving(cwd: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """A server that has said its banner: the process, the API's address, the banner's lines."""
    with subprocess.Popen(
        [*SERVE, *options], cwd=cwd, env=checkout_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            banner = lines_until("Ctrl+C", process)
            found = re.search(r"API +(http://\S+)", "".join(banner))
            assert found is not None
            yield process, found[1], banner
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly_and_what_was_created_is_there_afterwards(tmp_path: Path, sign: signal.Signals) -> None:
    options = ("--scenario", "empty", "--data-dir", str(tmp_path / "data"))
    for number in (1, 2):
        with serving(tmp_path, *options) as (process, api, _):
            status, answer = ask(f"{api}/customers", {"account": f"Customer {number}"})
            assert (status, answer["data"]["id"]) == (201, number)
            there = [one["account"] for one in ask(f"{api}/customers")[1]["data"]]
            assert there == ["Customer 1", "Customer 2"][:number]
            process.send_signal(sign)
            rest, complaints = process.communicate(timeout=20)
            assert (process.returncode, rest, complaints) == (0, "", "")


def test_no_secret_is_written_anywhere_while_serving(tmp_path: Path) -> None:
    with serving(tmp_path, "--scenario", "empty", "--log-requests") as (process, api, _):
        assert ask(f"{api}/customers?api_key={ADMINISTRATOR}", key=None)[0] == 200
        assert ask(f"{api}/customers?api_key=sbx_guessed", key=None)[0] == 401
        user = {"name": "Admin User", "email": "admin@example.com", "password": "correct horse battery", "role": "staff"}
        assert ask(f"{api}/users?api_key={ADMINISTRATOR}", user, key=None)[0] == 201
        process.send_signal(signal.SIGTERM)
        rest, log = process.communicate(timeout=20)
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["status"] for line in lines] == [200, 401, 201]
    assert rest == ""
    assert "sbx_" not in log
    assert "horse" not in log


def test_the_banner_says_where_the_server_is_and_which_keys_open_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--scenario", "empty", "--rate-limit", "20/60") as (_, api, banner):
        text = "".join(banner)
        assert ask(api.replace("/api/v2", "/_sandbox/health"), key=None)[0] == 200
    assert ADMINISTRATOR in text
    assert "20 requests in 60 seconds" in text
    assert "\x1b" not in text, "no colours where nobody sees them"


READY: dict[str, tuple[list[str], str, str, str | None]] = {
    "as it is": ([], "127.0.0.1", "/api/v2", "/_sandbox"),
    "in the other order": (["--format=json", "--scenario", "empty"], "127.0.0.1", "/api/v2", "/_sandbox"),
    "on IPv6": (["--host", "::1"], "[::1]", "/api/v2", "/_sandbox"),
    "without a control plane": (["--control", "off"], "127.0.0.1", "/api/v2", None),
    "kept on disk": (["--data-dir", "data"], "127.0.0.1", "/api/v2", "/_sandbox"),
    "with every request logged": (["--log-requests"], "127.0.0.1", "/api/v2", "/_sandbox"),
    "of another contract": (["--spec", "other.yaml"], "127.0.0.1", "/shop/v9", "/_sandbox"),
    "of one that is watched": (["--spec", "other.yaml", "--reload"], "127.0.0.1", "/shop/v9", "/_sandbox"),
}


@pytest.mark.parametrize("way", READY)
def test_a_program_is_told_on_one_line_where_the_server_is_and_nothing_else(tmp_path: Path, way: str) -> None:
    options, host, base_path, control = READY[way]
    own = FILE.read_text(encoding="utf-8").replace("/api/v2", "/shop/v9")
    other = tmp_path / "other.yaml"
    other.write_text(own, encoding="utf-8")
    format = [] if any("--format" in one for one in options) else ["--format", "json"]
    command = [*SERVE, "--scenario", "empty", *format, *options] if format else [*SERVE, *options]
    with subprocess.Popen(command, cwd=tmp_path, env=checkout_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            assert ask(f"{said['base_url']}/customers")[0] == 200
            if "--reload" in options:
                other.write_text(own.replace("/leads:", "/prospects:"), encoding="utf-8")
                while ask(f"{said['base_url']}/prospects", {})[0] == 404:
                    pass
            process.send_signal(signal.SIGTERM)
            rest, remarks = process.communicate(timeout=20)
        finally:
            process.kill()
    port = re.search(r":(\d+)/", said["base_url"])
    assert port is not None
    address = f"http://{host}:{port[1]}"
    assert said == {
        "base_url": address + base_path, "control_url": control and address + control, "pid": process.pid, "version": sandbox.version(),
    }  # fmt: skip
    assert rest == ""
    assert ("Reloaded" in remarks) == ("--reload" in options)
    assert "\x1b" not in remarks


def test_what_a_person_is_warned_of_a_program_gets_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "edited.json").write_text(json.dumps(without(own_document(), "invoices")), encoding="utf-8")  # which rules speak of
    with serving(tmp_path, "--scenario", "empty", "--spec", "edited.json") as (_, _, banner):
        warnings = [line.split("Warning", 1)[1].strip() for line in banner if "  Warning " in line]
    command = [*SERVE, "--format", "json", "--scenario", "empty", "--spec", "edited.json"]
    with subprocess.Popen(command, cwd=tmp_path, env=checkout_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20)[1].splitlines() == warnings
    assert warnings


BAD: dict[str, tuple[list[str], str]] = {
    "rate limit": (["--rate-limit", "5"], "--rate-limit: '5' is not of the form requests/seconds, such as 1000/3600"),
    "port out of range": (["--port", "70000"], "--port: must be a whole number from 0 to 65535, not '70000'"),
    "port of letters": (["--port", "http"], "--port: must be a whole number from 0 to 65535, not 'http'"),
    "unknown option": (["--prot", "1"], "No such option: --prot"),
    "unknown host": (["--host", "no.such.host.invalid"], "--host: 'no.such.host.invalid' is no address of this machine"),
    "unreadable spec": (["--spec", "missing.yaml"], "missing.yaml: cannot be read: No such file or directory"),
    "spec that is a directory": (["--spec", "."], "is a folder: name the document in it"),
    "spec that is none": (["--spec", "list.yaml"], "list.yaml:1:1: $: "),
    "spec with a misspelt word": (["--spec", "word.yaml"], 'word.yaml:1078:5: $.paths["/leads"]'),
    "data directory that is a file": (["--data-dir", "file"], "The data directory file is not a directory"),
    "unknown scenario": (["--scenario", "nope"], "There is no scenario 'nope'; known are "),
    "reset at no time": (["--reset-at", "25:00"], "--reset-at: '25:00' is neither a time of day such as 03:00 nor never"),
    "reset in no zone": (["--reset-zone", "Europe/Berln"], "--reset-zone: 'Europe/Berln' is no time zone"),
    "unknown format": (["--format", "yaml"], "--format: must be text or json, not 'yaml'"),
    "unknown durability": (["--durability", "disk"], "--durability: "),
    "unknown state of the control plane": (["--control", "maybe"], "--control: "),
    "allowed host with a port": (["--allowed-hosts", "sandbox.example:80"], "--allowed-hosts: 'sandbox.example:80' is no host name"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the bad files lie, and the command runs."""
    (tmp_path / "file").write_text("not a directory")
    (tmp_path / "list.yaml").write_text("- a")
    (tmp_path / "word.yaml").write_text(FILE.read_text(encoding="utf-8").replace("x-resource: leads", "x-resuorce: leads"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("options", "sentence"), BAD.values(), ids=BAD)
def test_what_cannot_start_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str], options: list[str], sentence: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", "0", *options])
    written = capsys.readouterr()
    assert ended.value.code == 2
    assert written.out == ""
    assert written.err.startswith("sandbox: ")
    assert sentence in written.err
    assert written.err.count("\n") == 1


def test_a_process_that_cannot_start_ends_with_2(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--rate-limit", "5", command=SANDBOX)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_a_port_in_use_is_said_and_the_data_are_not_touched(tmp_path: Path) -> None:
    with taken_port() as port:
        done = run(tmp_path, "serve", "--port", str(port), "--data-dir", "data", command=SANDBOX)
    assert done.returncode == 2
    assert done.stderr == f"sandbox: 127.0.0.1:{port} cannot be used: Address already in use; choose another --port, or 0 for a free one\n"
    assert not (tmp_path / "data").exists()


def test_a_data_directory_in_use_is_said(tmp_path: Path) -> None:
    options = ("--scenario", "empty", "--data-dir", "data")
    with serving(tmp_path, *options) as (process, _, _):
        done = run(tmp_path, "serve", "--port", "0", *options, command=SANDBOX)
        assert done.returncode == 2
        assert f"in use by another sandbox server (pid {process.pid})" in done.stderr


def test_without_a_command_the_help_is_shown_and_fits_a_terminal(tmp_path: Path) -> None:
    done = run(tmp_path, command=SANDBOX)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert {"serve", "reset", "doctor", "keys", "workspaces"} <= set(done.stdout.split())


def test_an_unknown_command_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sreve"])
    assert ended.value.code == 2
    assert "No such command 'sreve'" in capsys.readouterr().err


def test_the_help_has_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    text = capsys.readouterr().out
    for setting in Settings.__struct_fields__:
        assert f"--{setting.replace('_', '-')} " in text


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert not ended.value.code
    assert capsys.readouterr().out == f"sandbox {sandbox.version()}\n"
