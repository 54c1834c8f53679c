"""docs/lint.md tells of every rule, and each of its examples is what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openapi.diff.source import Source
from openapi.lint import all_rules, lint
from tests.openapi.lint.documents import BEGINNING

PAGE = (Path(__file__).parents[3] / "docs" / "lint.md").read_text()
SECTIONS = {part.partition("`\n")[0]: part for part in PAGE.split("\n### `")[1:]}
RULES = all_rules()


def document(part: str) -> str:
    """As text, since some rules look at how something is written."""
    beginning = f"openapi: {BEGINNING['openapi']}\ninfo: {{title: An API, version: '1'}}\n" + ("" if "paths:" in part else "paths: {}\n")
    return beginning + part


def test_every_rule_has_its_section_in_the_order_of_the_list() -> None:
    assert list(SECTIONS) == list(RULES)


@pytest.mark.parametrize("id", RULES)
def test_a_section_tells_level_sentence_and_reason(id: str) -> None:
    level = RULES[id].level.value.capitalize() + (", fixable" if RULES[id].fixable else "")
    first, reason = SECTIONS[id].split("\n\n")[1:3]
    assert first == f"{level}. {RULES[id].sentence}"
    assert len(reason) > 20
    assert not reason.startswith("```")


@pytest.mark.parametrize("id", RULES)
def test_the_first_example_is_found_and_the_second_is_not(id: str, tmp_path: Path) -> None:
    wrong, right = re.findall(r"```yaml\n(.*?)\n```", SECTIONS[id], re.DOTALL)
    file = tmp_path / "api.yaml"
    file.write_text(document(wrong))
    told = lint(Source.read(str(file)), only=[id])
    assert told
    assert {one.id for one in told} == {id}
    file.write_text(document(right))
    assert lint(Source.read(str(file)), only=[id, "structure"]) == []


@pytest.mark.parametrize("id", RULES)
def test_a_rule_that_is_said_to_be_fixed_fixes_its_example(id: str, tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(document(re.findall(r"```yaml\n(.*?)\n```", SECTIONS[id], re.DOTALL)[0]))
    assert any(one.fixable for one in lint(Source.read(str(file)), only=[id])) == RULES[id].fixable


def test_the_usage_names_every_option() -> None:
    from typer.main import get_command

    from contract_tests.cli import cli

    command = get_command(cli).commands["lint"]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")} - {"--help"}
    assert options == set(re.findall(r"^\| `(--[a-z-]+)`", PAGE, re.MULTILINE))
