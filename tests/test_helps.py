"""Every help, at two widths of a terminal: nothing of it is cut."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from contract_tests.cli import cli as contract_tests_cli
from sandbox.cli import cli as sandbox_cli

PROGRAMS = {"sandbox": sandbox_cli, "contract-tests": contract_tests_cli}


def commands(program: str) -> list[list[str]]:
    """The words of each command there is, groups and the program itself included."""

    def below(command: Any, words: list[str]) -> list[list[str]]:
        return [words, *(found for name, one in getattr(command, "commands", {}).items() for found in below(one, [*words, name]))]

    return below(typer.main.get_command(PROGRAMS[program]), [])


EACH = [(program, words) for program in PROGRAMS for words in commands(program)]


def shown(program: str, words: list[str], columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = CliRunner().invoke(PROGRAMS[program], [*words, "--help"], prog_name=program)
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize(("program", "words"), EACH, ids=[" ".join([program, *words]) for program, words in EACH])
def test_no_line_of_a_help_is_cut(program: str, words: list[str], columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(program, words, columns, monkeypatch).splitlines()
    cut = [line for line in lines if line.rstrip().endswith(("...", "…")) and not line.endswith(("[ARGS]...", "SPEC...]"))]
    assert cut == []
    if columns == 80:
        assert max(map(len, lines)) <= columns


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_command_is_listed_with_its_whole_sentence(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(shown(program, [], 60, monkeypatch).split())
    group: Any = typer.main.get_command(PROGRAMS[program])
    for name, command in group.commands.items():
        sentence = command.get_short_help_str(1000)
        assert f"{name} {sentence}" in text
        assert not sentence.endswith("...")
