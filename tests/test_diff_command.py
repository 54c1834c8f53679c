"""The command `contract-tests diff`: what it prints and writes, and its exit codes."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest

from contract_tests.cli import main
from contract_tests.documents.diff import compared
from contract_tests.documents.diff_command import BARS, FORMATS
from contract_tests.documents.reports.comparison import FailOn
from tests.commands import ROOT
from tests.commands import run as run_command
from tests.diff_specs import CONTRACT, with_a_bound_tightened, with_a_parameter_required, with_a_status_more, written

TODAY = date(2026, 1, 15)
DOCUMENTATION = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8")


def called(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The command in this process: exit code, stdout, stderr."""
    with pytest.raises(SystemExit) as end:
        main(["diff", *words])
    printed = capsys.readouterr()
    return int(end.value.code or 0), printed.out, printed.err


@pytest.mark.parametrize(
    ("head", "fail_on", "code"),
    [
        (CONTRACT, "breaking", 0),
        (CONTRACT, "warning", 0),
        (with_a_status_more(), "breaking", 0),
        (with_a_status_more(), "warning", 1),
        (with_a_status_more(), "none", 0),
        (with_a_bound_tightened(), "breaking", 1),
        (with_a_bound_tightened(), "warning", 1),
        (with_a_bound_tightened(), "none", 0),
    ],
)
def test_the_exit_code_says_whether_something_is_as_bad_as_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, head: str, fail_on: str, code: int
) -> None:
    assert called(capsys, *written(tmp_path, head), "--fail-on", fail_on)[0] == code


def test_without_options_only_what_breaks_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert called(capsys, *written(tmp_path, with_a_status_more()))[0] == 0
    assert called(capsys, *written(tmp_path, with_a_parameter_required()))[0] == 1


def test_no_change_is_two_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert called(capsys, *written(tmp_path, CONTRACT)) == (0, "No changes.\n", "")


def test_json_has_an_entry_for_each_operation_and_exactly_these_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    base, head = written(tmp_path, with_a_bound_tightened())
    code, out, err = called(capsys, base, head, "--format", "json")
    assert (code, err) == (1, "")
    document = json.loads(out)
    assert document.keys() == {"changes"}
    first = document["changes"][0]
    assert list(first) == ["id", "level", "operation", "path", "base", "head", "text"]
    assert (first["id"], first["level"], first["path"]) == ("request-maximum-lowered", "breaking", "request body, items[].amount")
    assert list(first["base"]) == ["file", "pointer", "line"]
    assert first["base"]["file"] == base
    line = int(first["head"]["line"])
    assert Path(head).read_text(encoding="utf-8").splitlines()[line - 1].strip() == "maximum: 1000"
    breaking = [one["operation"] for one in document["changes"] if one["level"] == "breaking"]
    assert sorted(breaking) == ["POST /invoices", "POST /quotes"]


def test_json_of_no_change_is_an_empty_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert json.loads(called(capsys, *written(tmp_path, CONTRACT), "--format", "json")[1]) == {"changes": []}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("absent.yaml", None, "absent.yaml: cannot be read"),
        ("scalar.yaml", "just words", "is not an OpenAPI document"),
        ("twice.yaml", "openapi: 3.0.3\npaths: {}\npaths: {}\n", "twice.yaml:3"),
        ("old.json", '{"swagger": "2.0", "paths": {}}', "is of Swagger 2.0: convert it"),
        ("remote.yaml", "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /a: {$ref: 'https://example.com/a.yaml'}\n", "other hosts"),
        ("escape\x1b[31m.yaml", None, "escape\\u001b[31m.yaml"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    other = tmp_path / name
    if content is not None:
        other.write_text(content, encoding="utf-8")
    good = written(tmp_path, CONTRACT)[0]
    for words in ((str(other), good), (good, str(other))):
        code, out, err = called(capsys, *words)
        assert (code, out) == (2, "")
        assert told in err
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("a", "b", "--format", "pdf"), "--format pdf: must be text, json, markdown, sarif or html"),
        (("a", "b", "--fail-on", "info"), "--fail-on info: must be breaking, warning or none"),
        (("a",), "Missing argument"),
    ],
)
def test_what_was_asked_wrongly_is_said_in_one_line(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str) -> None:
    code, out, err = called(capsys, *words)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("format", FORMATS)
def test_a_report_goes_to_a_file_and_its_last_line_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path, format: str) -> None:
    output = tmp_path / "report"
    code, out, err = called(capsys, *written(tmp_path, with_a_bound_tightened()), "--format", format, "--output", str(output))
    assert (code, err) == (1, "")
    assert out == "1 breaking, 1 info. Exit code 1: something is breaking (--fail-on breaking).\n"
    assert "request-maximum-lowered" in output.read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = called(capsys, *written(tmp_path, CONTRACT), "--output", str(tmp_path / "no" / "where"))
    assert (code, "it cannot be written" in err, len(err.splitlines())) == (2, True, 1)


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_whose_name_is_no_text_breaks_no_format(capsys: pytest.CaptureFixture[str], tmp_path: Path, format: str) -> None:
    base, head = written(tmp_path, with_a_bound_tightened())
    odd = tmp_path / "api\udcff.yaml"
    try:
        odd.write_text(CONTRACT, encoding="utf-8")
    except (OSError, UnicodeError):
        odd = Path(base)  # a file system that takes no such name
    code, out, _ = called(capsys, str(odd), head, "--format", format)
    assert code == 1
    assert "request-maximum-lowered" in out
    assert "api\udcff" not in out


def test_revisions_of_a_repository_are_compared(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words], cwd=tmp_path, check=True, capture_output=True)

    spec = tmp_path / "api.yaml"
    git("init", "-b", "main")
    spec.write_text(CONTRACT, encoding="utf-8")
    git("add", ".")
    git("commit", "-m", "first")
    spec.write_text(with_a_parameter_required(), encoding="utf-8")
    done = run_command(tmp_path, "diff", "main:api.yaml", "api.yaml")
    assert (done.returncode, done.stderr) == (1, "")
    assert "main:api.yaml:" in done.stdout
    assert "parameter-became-required" in done.stdout
    assert run_command(tmp_path, "diff", "HEAD:./api.yaml", "main:api.yaml").stdout == "No changes.\n"
    unknown = run_command(tmp_path, "diff", "no-such:api.yaml", "api.yaml")
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (2, 1)


def accepting(tmp_path: Path, text: str) -> str:
    path = tmp_path / "accepted.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


_ACCEPTED = """- id: request-maximum-lowered
  operation: POST /invoices
  reason: Nobody bills that much.
  until: 2026-01-15
- id: request-maximum-lowered
  operation: POST /quotes
  reason: Nor offers it.
  until: {until}
- id: operation-removed
  reason: Was meant for another change.
  until: 2027-01-01
"""


def test_accepted_changes_do_not_fail_and_are_counted(tmp_path: Path) -> None:
    base, head = written(tmp_path, with_a_bound_tightened())
    file = accepting(tmp_path, _ACCEPTED.format(until="2026-02-01"))
    comparison = compared(base, head, "breaking", file, TODAY)
    assert comparison.exit_code == 0
    assert {one.level.value for one in comparison.changes} == {"info"}
    assert [(one.operation, entry.reason) for one, entry in comparison.accepted] == [
        ("POST /invoices", "Nobody bills that much."),
        ("POST /quotes", "Nor offers it."),
    ]
    assert comparison.notes == [f"{file}:9: `operation-removed` covers no change, and can go."]


def test_what_was_accepted_until_yesterday_fails_again_and_is_told(tmp_path: Path) -> None:
    base, head = written(tmp_path, with_a_bound_tightened())
    file = accepting(tmp_path, _ACCEPTED.format(until="2026-01-14"))
    comparison = compared(base, head, "breaking", file, TODAY)
    assert comparison.exit_code == 1
    assert [one.operation for one in comparison.changes if one.level.value == "breaking"] == ["POST /quotes"]
    assert comparison.notes[0] == f"{file}:5: `request-maximum-lowered` was accepted until 2026-01-14, which is over: what it covers counts again."


@pytest.mark.parametrize("format", ["json", "sarif"])
def test_formats_without_a_place_for_notes_have_them_on_stderr(capsys: pytest.CaptureFixture[str], tmp_path: Path, format: str) -> None:
    file = accepting(tmp_path, "- {id: operation-removd, reason: a typo, until: 2999-01-01}\n")
    code, out, err = called(capsys, *written(tmp_path, CONTRACT), "--ignore", file, "--format", format)
    assert code == 0
    assert json.loads(out)
    assert (
        err == f"contract-tests: {file}:1: `operation-removd` covers no change: no kind of change is called so; did you mean 'operation-removed'?\n"
    )


def test_the_documentation_names_every_option_format_and_exit_code() -> None:
    import typer

    from contract_tests.cli import cli

    parameters = typer.main.get_command(cli).commands["diff"].params  # type: ignore[attr-defined]
    options = {word for one in parameters for word in one.opts if word.startswith("--")} - {"--help"}
    assert set(re.findall(r"(?m)^\| `(--[a-z-]+)` \|", DOCUMENTATION)) == options
    assert re.findall(r"(?m)^\| `(text|json|markdown|sarif|html)` \|", DOCUMENTATION) == list(FORMATS)
    assert re.findall(r"(?m)^\| ([0-9]) \|", DOCUMENTATION) == ["0", "1", "2"]
    assert list(BARS) == [one.value for one in FailOn]


def test_the_documentation_shows_what_is_really_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, with_a_bound_tightened())
    monkeypatch.chdir(tmp_path)
    shown = next(block for block in re.findall(r"\n\n```\n(.*?)```", DOCUMENTATION, re.DOTALL) if "request-maximum-lowered" in block)
    lines = re.sub(r":\d+", ":N", called(capsys, "old.yaml", "new.yaml")[1])
    assert re.sub(r":\d+", ":N", shown) in lines
    example = json.loads(re.findall(r"```json\n(.*?)```", DOCUMENTATION, re.DOTALL)[0])["changes"][0]
    real = json.loads(called(capsys, "old.yaml", "new.yaml", "--format", "json")[1])["changes"][0]
    for side in ("base", "head"):
        example[side]["line"] = real[side]["line"]
    assert example == real


def test_the_accepted_changes_of_the_documentation_are_understood(tmp_path: Path) -> None:
    block = next(block for block in re.findall(r"```yaml\n(.*?)```", DOCUMENTATION, re.DOTALL))
    base, head = written(tmp_path, with_a_bound_tightened())
    comparison = compared(base, head, "breaking", accepting(tmp_path, block), TODAY)
    assert [entry.id for _, entry in comparison.accepted] == ["request-maximum-lowered"]
