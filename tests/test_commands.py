"""The commands for the owner of a data directory, without a server and beside one."""

import io
import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from openapi.wording import terminal_safe
from sandbox.cli import main
from sandbox.seeding.fixture_files import scenario_names
from tests.clients import ask
from tests.servers import running

Command = Callable[..., str]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command on the data directory `data`: what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANDBOX_DATA_DIR", "data")
    monkeypatch.setenv("COLUMNS", "80")

    def run_here(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        written = capsys.readouterr()
        assert not ended.value.code, written.err
        assert max(map(len, written.out.splitlines()), default=0) <= 80
        return written.out

    return run_here


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that is refused says, in its one line."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    written = capsys.readouterr()
    assert (ended.value.code, written.out, written.err.count("\n")) == (2, "", 1)
    return written.err.removeprefix("sandbox: ").rstrip("\n")


def test_a_key_stands_alone_on_its_line_and_is_shown_once(command: Command) -> None:
    lines = command("keys", "create", "--label", "Jane, CI", "--role", "staff").splitlines()
    key = next(line for line in lines if line.startswith("sbx_"))
    assert " " not in key
    assert "Key 1 of workspace default, staff, Jane, CI:" in lines
    assert any("shown this once" in line for line in lines)
    listed = command("keys", "list")
    assert key not in listed
    assert [line.split() for line in listed.splitlines()[1:]] == [["default", "1", "staff", "Jane,", "CI", listed.split()[-2], "valid"]]
    for file in Path("data").rglob("*"):
        assert not file.is_file() or key.encode() not in file.read_bytes(), "not on the disk either"


def test_a_key_that_was_revoked_is_listed_as_such(command: Command) -> None:
    made = json.loads(command("keys", "create", "--format", "json"))
    assert "was revoked" in command("keys", "revoke", str(made["id"]))
    assert "revoked 2" in command("keys", "list")
    (listed,) = json.loads(command("keys", "list", "--format", "json"))
    assert listed["revoked_at"] is not None
    assert "key" not in listed
    assert "digest" not in listed


def test_workspaces_come_and_go_with_their_keys(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    command("workspaces", "create", "acme", "--scenario", "empty", "--seed", "7")
    command("keys", "create", "--workspace", "acme")
    found = json.loads(command("workspaces", "list", "--format", "json"))
    assert [(one["name"], one["scenario"], one["seed"], one["keys"]) for one in found] == [("default", None, None, 0), ("acme", "empty", 7, 1)]
    assert command("workspaces", "list").splitlines()[2].split()[:4] == ["acme", "1", "empty", "7"]
    assert json.loads(command("workspaces", "delete", "acme", "--yes", "--format", "json"))["name"] == "acme"
    assert "acme" not in command("workspaces", "list")
    assert "There is no workspace 'acme'" in refusal(capsys, "keys", "list", "--workspace", "acme")


def test_a_workspace_is_not_deleted_where_nobody_can_be_asked(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command("workspaces", "create", "acme")
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert "use --yes" in refusal(capsys, "workspaces", "delete", "acme")
    assert "acme" in command("workspaces", "list")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_workspace_is_not_deleted_by_who_says_no(command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command("workspaces", "create", "acme")
    monkeypatch.setattr(sys, "stdin", _Terminal("n\n"))
    with pytest.raises(SystemExit) as ended:
        main(["workspaces", "delete", "acme"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("sandbox: nothing was done.\n")
    assert "acme" in command("workspaces", "list")


def test_a_reset_without_a_server_is_there_when_one_starts(command: Command, tmp_path: Path) -> None:
    key = json.loads(command("keys", "create", "--format", "json"))["key"]
    assert "scenario empty, seed 42" in command("reset", "--scenario", "empty")
    with running(tmp_path, "--data-dir", "data", "--scenario", "demo") as server:
        assert ask(f"{server.api}/customers", key=key)[1]["data"] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["keys", "create", "--role", "owner"], "Role 'owner' is not a role; known are administrator, read-only, staff"),
        (["keys", "create", "--workspace", "defualt"], "There is no workspace 'defualt'; did you mean 'default'?"),
        (["keys", "create", "--label", "x" * 256], "Label must have 1 to 255 characters"),
        (["workspaces", "create", "../up"], "Name must be 1 to 64 letters"),
        (["workspaces", "create", "default"], "Name default is taken"),
        (["workspaces", "create", "acme", "--scenario", "nope"], "There is no scenario 'nope'"),
        (["workspaces", "create", "acme", "--seed", "-1"], "--seed: must be a whole number from 0 to 9007199254740991, not '-1'"),
        (["reset", "--scenario", "dmeo"], "There is no scenario 'dmeo'; did you mean 'demo'?"),
        (["reset", "--workspace", "acme"], "There is no workspace 'acme'"),
        (["reset", "--seed", "x"], "--seed: must be a whole number from 0 to 9007199254740991, not 'x'"),
        (["reset", "--seed", "9007199254740992"], "--seed: must be a whole number from 0 to 9007199254740991, not '9007199254740992'"),
        (["keys", "list", "--format", "xml"], "'xml' is not one of"),
    ],
)
@pytest.mark.usefixtures("command")
def test_what_cannot_be_done_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    Path("data").mkdir(0o700)
    assert sentence in refusal(capsys, *arguments)


LOOKING = [["keys", "list"], ["keys", "revoke", "1"], ["workspaces", "list"], ["workspaces", "delete", "acme", "--yes"], ["reset"], ["doctor"]]


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
def test_a_directory_that_is_not_there_is_said_and_not_made(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert refusal(capsys, *arguments) == "There is no data directory data; name the one that the server was started with."
    assert not Path("data").exists()


@pytest.mark.parametrize("arguments", [*LOOKING, ["keys", "create"], ["workspaces", "create", "acme"]], ids=" ".join)
def test_without_a_data_directory_the_way_to_name_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SANDBOX_DATA_DIR", raising=False)
    assert "--data-dir or SANDBOX_DATA_DIR" in refusal(capsys, *arguments)


def test_the_data_directory_may_stand_in_the_settings_file(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_DATA_DIR")
    (tmp_path / "sandbox.toml").write_text('data_dir = "elsewhere"\n')
    command("workspaces", "create", "acme")
    assert (tmp_path / "elsewhere").is_dir()


def test_beside_a_running_server_every_command_is_done_by_it(command: Command, tmp_path: Path) -> None:
    with running(tmp_path, "--data-dir", "data", "--scenario", "empty") as server:
        command("workspaces", "create", "acme")
        key = json.loads(command("keys", "create", "--workspace", "acme", "--format", "json"))
        customers = f"{server.api}/customers"
        assert ask(customers, {"account": "Jane"}, key=key["key"])[0] == 201
        assert json.loads(command("reset", "--workspace", "acme", "--format", "json"))["workspace"] == "acme"
        assert ask(customers, key=key["key"])[1]["data"] == []
        command("keys", "revoke", str(key["id"]), "--workspace", "acme")
        assert ask(customers, key=key["key"])[0] == 401
        assert "acme" in command("workspaces", "list")
        command("workspaces", "delete", "acme", "--yes")
        command("keys", "create", "--label", "Kept")
    assert "acme" not in command("workspaces", "list")
    assert [one["revoked_at"] for one in json.loads(command("keys", "list", "--format", "json")) if one["label"] == "Kept"] == [None]


COMMANDS = [
    ["serve"],
    ["keys"],
    ["keys", "create"],
    ["keys", "list"],
    ["keys", "revoke"],
    ["workspaces"],
    ["workspaces", "create"],
    ["workspaces", "list"],
    ["workspaces", "delete"],
    ["reset"],
    ["doctor"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_fits_a_terminal(command: Command, arguments: list[str]) -> None:
    assert "Example" in command(*arguments, "--help")


@pytest.mark.parametrize("arguments", [[], ["keys"], ["workspaces"]], ids=" ".join)
def test_no_line_of_a_list_of_commands_is_cut_short(command: Command, arguments: list[str]) -> None:
    _, commands = command(*arguments, "--help").split("Commands:")
    assert "..." not in commands


@pytest.mark.parametrize("arguments", [["serve"], ["workspaces", "create"], ["reset"]], ids=" ".join)
def test_help_names_the_scenarios(command: Command, arguments: list[str]) -> None:
    assert set(scenario_names()) <= set(re.findall(r"[a-z]+", command(*arguments, "--help")))


def test_the_key_that_a_new_workspace_needs_is_made_as_it_is_told(command: Command) -> None:
    told = command("workspaces", "create", "acme", "--data-dir", "my data")
    assert "of workspace acme" in command(*shlex.split(told.splitlines()[-1])[1:])


def test_a_label_cannot_command_the_terminal() -> None:
    assert terminal_safe("a\x1b[31mb\r\nc") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}c"
