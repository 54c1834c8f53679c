"""The README cannot lie: its commands are run, its answers compared, its tables held against the code."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import typer

from contract_tests.cli import cli as contract_tests_cli
from openapi.vocabulary import WORDS
from sandbox.cli import cli as sandbox_cli
from sandbox.quotas import Quotas
from sandbox.seeding.fixture_files import credentials, scenario_names
from sandbox.settings import Settings
from tests.commands import CONTRACT_TESTS, ROOT, checkout_environment
from tests.servers import Running, running

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("readme")) as started:
        yield started


def blocks(language: str) -> list[str]:
    """The code blocks of one language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def tried(server: Running) -> list[str]:
    """The answers to the curl commands of the section Try it, each run as a user's shell would, but against this server."""
    script = next(block for block in blocks("sh") if "curl" in block)
    setup = "".join(line + "\n" for line in script.splitlines() if re.match(r"(KEY|API)=", line)).replace("http://127.0.0.1:8000/api/v2", server.api)
    commands = re.split(r"(?m)^(?=curl )", script)[1:]
    assert len(commands) == 5
    return [
        subprocess.run(
            ["bash", "-c", f"{setup}{command.replace('curl ', 'curl -sS ', 1)}"], capture_output=True, text=True, check=True, timeout=20
        ).stdout
        for command in commands
    ]


def test_the_commands_work_and_the_mistake_is_answered_as_shown(server: Running) -> None:
    *answers, mistake = (json.loads(answer) for answer in tried(server))
    assert [answer["success"] for answer in answers] == [True] * 4
    found, unpaid, report, invoice = (answer["data"] for answer in answers)
    assert [customer["account"] for customer in found][:1] == ["John Doe"]
    assert {one["status"] for one in unpaid} == {"Unpaid"}
    assert report["income"] > 0
    assert invoice["amount"] == 1500
    assert invoice["invoice_number"].startswith("INV-2024-")
    assert mistake == json.loads(blocks("json")[0])


def test_the_control_plane_obeys_as_the_readme_says(server: Running) -> None:
    script = next(block for block in blocks("sh") if "BOX=" in block).replace("http://127.0.0.1:8000", server.address)
    asked = [line for line in script.splitlines() if line.startswith("curl ")]
    told = subprocess.run(
        ["bash", "-c", re.sub(r"(?m)^(curl .*?)( +#.*)?$", r"\1 -sS -w '\\n'", script)], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    answers = [json.loads(line) for line in told.splitlines()]
    assert len(answers) == len(asked) == 10
    assert all(answer["success"] for answer in answers), told
    health, clock, snapshot, paid, read, _, limit, _, reset, undone = (answer.get("data", {}) for answer in answers)
    assert health["status"] == "ok"
    assert clock["offset"] == "PT1H"
    assert (snapshot["name"], paid["status"], read["status"]) == ("before", "Partially Paid", "Partially Paid")
    assert (limit["limit"], reset["scenario"], reset["undo"]) == (3, "overdue", undone["name"])


def test_the_commands_for_workspaces_and_keys_work(tmp_path: Path) -> None:
    script = next(block for block in blocks("sh") if "sandbox keys create" in block)
    lines = [re.sub(r" +#.*", "", line) for line in script.splitlines()]
    assert len(lines) == 5
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", line.replace("sandbox ", f"{command()} ", 1)],
            cwd=tmp_path, env=checkout_environment(), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        noted = "No server is running on data. A server started with --data-dir data sees this; one without does not.\n"
        assert (done.returncode, done.stderr) == (0, noted if " create " in line else ""), line


# What a new user types that no test can type as it stands: who waits for more, or needs a receiver, has tests of his own.
LEFT_OUT = ("make ", ". .venv", "sandbox listen", "sandbox examine-receiver")
SHELL = """set -e
sandbox() { "$PYTHON" -m sandbox "$@"; }
contract-tests() { "$PYTHON" -c 'from contract_tests.cli import main; main()' "$@"; }
curl() { command curl -sS -w '\\n' "$@" | tee -a answers; }
"""


def test_all_commands_work_in_the_order_in_which_they_stand(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        lines = [line for block in blocks("sh") for line in block.splitlines() if not line.startswith(LEFT_OUT)]
        script = "\n".join(lines).replace("http://127.0.0.1:8000", server.address).replace("HEAD:openapi", str(ROOT / "openapi"))
        script = script.replace(" openapi/api-v2.yaml", f" {ROOT}/openapi/api-v2.yaml").replace(
            "_administrator\ncontract", "_administrator --only paging\ncontract"
        )
        surroundings = checkout_environment(PYTHON=sys.executable)
        done = subprocess.run(["bash", "-c", SHELL + script], cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in (tmp_path / "answers").read_text(encoding="utf-8").splitlines()]
    assert [one["message"] for one in answers if not one["success"]] == ["Validation failed"], "the one mistake that is shown"
    assert len(answers) == sum(line.startswith("curl ") for line in lines)
    assert (tmp_path / "contract-report" / "report.json").exists()


def test_the_message_about_a_misspelt_word_is_the_real_one(tmp_path: Path) -> None:
    spec = (ROOT / "openapi" / "api-v2.yaml").read_text(encoding="utf-8")
    shown = re.search(r"sandbox: openapi/api-v2\.yaml(:.*)", README)
    assert shown
    broken = tmp_path / "broken.yaml"
    broken.write_text(spec.replace("x-role:", "x-rol:", 1), encoding="utf-8")
    done = subprocess.run([*shlex.split(command()), "serve", "--port", "0", "--spec", str(broken)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr == f"sandbox: {broken}{shown[1]}\n"


def command() -> str:
    """The program that the README calls `sandbox`."""
    return f"{shlex.quote(sys.executable)} -m sandbox"


def test_the_commands_about_documents_work() -> None:
    script = next(block for block in blocks("sh") if "contract-tests diff" in block)
    # The branch that the README names need not be there where a change is tested, but what is tested is.
    asked = [shlex.split(line, comments=True)[1:] for line in script.replace("main:", "HEAD:").splitlines()]
    assert [words[0] for words in asked] == ["diff", "lint"]
    for words in asked:
        done = subprocess.run([*CONTRACT_TESTS, *words], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert (done.returncode in (0, 1), done.stderr) == (True, ""), words
        assert "Exit code" in done.stdout or done.stdout.startswith("No changes"), words


PROGRAMS = {"sandbox": sandbox_cli, "contract-tests": contract_tests_cli}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_option_of_a_command_that_is_named_exists(program: str) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith(f"{program} ")]
    assert lines
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        command: Any = typer.main.get_command(PROGRAMS[program])
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        known = {option for one in command.params for option in one.opts}
        assert not command.no_args_is_help
        assert {word for word in words if word.startswith("--")} <= known, line


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {target for line in blocks("sh") for target in re.findall(r"(?m)^make ([a-z-]+)", line)} | set(re.findall(r"`make ([a-z-]+)", README))
    assert {"serve", "test"} <= named <= targets


def test_the_table_of_keys_is_that_of_the_fixtures() -> None:
    shown = re.findall(r"(?m)^\| `(sbx_\w+)` \| ([^|]+) \| ([^|]*) \|$", README)
    assert [key for key, _, _ in shown] == [one.key for one in credentials()]
    for one, (_, role, workspace) in zip(credentials(), shown, strict=True):
        assert ("none any more" if one.revoked else one.role) in role
        assert one.revoked or f"`{one.workspace}`" in workspace


def test_the_table_of_settings_has_each_once_with_its_default() -> None:
    rows = dict(re.findall(r"(?m)^\| `--([a-z-]+)` \| ([^|]+) \|", README))
    assert sorted(rows) == sorted(name.replace("_", "-") for name in Settings.__struct_fields__ if name not in Quotas.__struct_fields__)
    defaults = Settings()
    for flag, shown in rows.items():
        value = getattr(defaults, flag.replace("-", "_"))
        written = "/".join(map(str, value)) if isinstance(value, tuple) else f"{value:%H:%M}" if isinstance(value, time) else str(value)
        expected = {"None": ("none", "`openapi/api-v2.yaml`"), "False": ("off",), "": ("none",)}.get(written, (f"`{written}`",))
        assert shown.strip() in expected, flag
    for name in scenario_names():
        assert f"`{name}`" in README


def test_the_x_words_that_are_named_exist() -> None:
    named = set(re.findall(r"`(x-[a-z]+)`", README))
    assert named <= set(WORDS)
    assert {"x-resource", "x-action", "x-ref", "x-filter", "x-search", "x-unique", "x-role", "x-emits", "x-source", "x-decision"} <= named


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_every_room_of_the_architecture_exists() -> None:
    drawing = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("```")[1]
    for name in re.findall(r"(?m)^ {2}(\w+)/", drawing):
        assert (ROOT / "sandbox" / name).is_dir(), name
    for name in re.findall(r"(?m)^(\w+)/", drawing):
        assert (ROOT / name).is_dir(), name
