"""`contract-tests lint`: exit codes, formats, mending, and sentences where something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli import main

SOUND = """\
openapi: 3.0.3
info: {title: An API, version: '1'}
security: []
paths:
  /things:
    get:
      operationId: listThings
      summary: List things
      responses:
        "200": {description: Things.}
"""
CARELESS = SOUND.replace("      operationId: listThings\n", "").replace('"200"', "200")
WRONG = SOUND.replace("summary:", "sumary:")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "api.yaml"
    found.write_text(SOUND)
    return found


def lint(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[Any, str, str]:
    """Exit code, what was printed, what was complained of."""
    with pytest.raises(SystemExit) as ended:
        main(["lint", *map(str, words)])
    printed = capsys.readouterr()
    return ended.value.code or 0, printed.out, printed.err


def test_a_sound_document_ends_with_0(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lint(capsys, file)
    assert (code, out) == (0, "Nothing found. Exit code 0.\n")


def test_an_error_ends_with_1_and_is_shown_with_its_place(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(WRONG)
    code, out, _ = lint(capsys, file)
    assert code == 1
    assert "8:7 error" in " ".join(out.split())
    assert "did you mean 'summary'?" in " ".join(out.split())


@pytest.mark.parametrize(("bar", "code"), [("error", 0), ("warning", 1), ("info", 1), ("none", 0)])
def test_the_bar_decides(bar: str, code: int, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CARELESS)
    assert lint(capsys, "--fail-on", bar, file)[0] == code


def test_nothing_is_so_bad_that_none_fails(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(WRONG)
    assert lint(capsys, "--fail-on", "none", file)[0] == 0


def test_json_has_exactly_what_is_promised(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CARELESS)
    code, out, _ = lint(capsys, "--format", "json", "--rule", "operation-id", file)
    text = "GET /things has no `operationId`: give it a name such as `getThings`."
    finding = {"id": "operation-id", "level": "warning", "file": str(file), "pointer": "/paths/~1things/get", "line": 6, "column": 5}
    assert (code, json.loads(out)) == (0, {"findings": [{**finding, "text": text, "fixable": True}]})


def test_sarif_names_the_rules_and_the_lines(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CARELESS)
    run = json.loads(lint(capsys, "--format", "sarif", file)[1])["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["operation-id", "status-quoted"]
    lines = [result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in run["results"]]
    assert lines == [6, 9]


def test_rules_can_be_chosen_and_left_out(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CARELESS)
    assert "status-quoted" not in lint(capsys, "--skip", "status-quoted", file)[1]
    assert "operation-id" not in lint(capsys, "--rule", "status-quoted", file)[1]


def test_mending_says_what_it_did_and_does_it_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("# mine\n" + CARELESS)
    code, out, _ = lint(capsys, "--fix", "--fail-on", "info", file)
    assert code == 0
    assert f"fixed {file}:7 operation-id: GET /things has no `operationId`" in out
    assert out.endswith("Nothing found. Exit code 0.\n")
    assert file.read_text() == "# mine\n" + SOUND.replace("listThings", "getThings")
    assert "fixed" not in lint(capsys, "--fix", file)[1]


def test_what_was_mended_is_kept_apart_from_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CARELESS)
    _, out, err = lint(capsys, "--fix", "--format", "json", file)
    assert json.loads(out) == {"findings": []}
    assert err.count("fixed ") == 2


def test_a_byte_order_mark_and_windows_lines_survive_mending(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + CARELESS.replace("\n", "\r\n").encode())
    lint(capsys, "--fix", file)
    assert file.read_bytes() == b"\xef\xbb\xbf" + SOUND.replace("listThings", "getThings").replace("\n", "\r\n").encode()


def test_several_documents_are_looked_at_together(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = file.with_name("other.yaml")
    other.write_text(WRONG)
    code, out, _ = lint(capsys, "--format", "json", file, other)
    assert code == 1
    assert {one["file"] for one in json.loads(out)["findings"]} == {str(other)}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"openapi: [", "is not YAML"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"swagger: '2.0'", "convert it to OpenAPI 3.0 or 3.1"),
        (b"openapi: 3.0.3\nopenapi: 3.0.3", "stands twice"),
        (b"openapi: 3.0.3\npaths: {/a: {$ref: 'https://a.example/b.yaml'}}", "other hosts are not asked"),
        (b"a: &a [x, x]\nb: &b [*a, *a, *a, *a]\n" + b"".join(b"%c: &%c [%s]\n" % (n, n, b", ".join([b"*%c" % (n - 1)] * 9)) for n in range(99, 112)),
            "grow beyond"),
        (b"", "is not an OpenAPI document"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_ends_with_2_and_one_sentence(content: bytes, sentence: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(content)
    for words in ((file,), ("--fix", file)):
        code, out, err = lint(capsys, *words)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert sentence in err
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "no document given"),
        (("nowhere.yaml",), "nowhere.yaml: cannot be read"),
        (("--rule", "operationid", "FILE"), "did you mean 'operation-id'?"),
        (("--fail-on", "warnings", "FILE"), "must be error, warning, info or none"),
        (("--format", "html", "FILE"), "must be text, json or sarif"),
        (("--format", "sarif", "--list"), "--list has the formats text and json"),
        (("--fix", "HEAD:openapi/api-v2.yaml"), "check it out"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    words: tuple[str, ...], sentence: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = lint(capsys, *(str(file) if word == "FILE" else word for word in words))
    assert (code, err.count("\n")) == (2, 1)
    assert sentence in err


def test_the_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lint(capsys, "--list")
    assert code == 0
    assert out.startswith("structure ")
    rules = json.loads(lint(capsys, "--list", "--format", "json")[1])["rules"]
    assert {"id", "level", "fixable", "sentence"} == set(rules[0])
    assert all(rule["id"] in out for rule in rules)
