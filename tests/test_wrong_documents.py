"""A refusal of a document names the file, the line and the reason, to whoever starts a server and to whoever edits beside a running one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.document_cache import DocumentCache
from sandbox.domain import ALL_RULES
from sandbox.loaded_contract import Spec, compile_contract
from sandbox.reloading import reloader
from tests.commands import SANDBOX, run
from tests.openapi.wrong_documents import ACCOUNT, SEARCH, TEXT, WRONG, Wrong
from tests.reloading.watching_server import Desk

PYTHON = re.compile(r"\b(None|True|False|NoneType|dict|str)\b|\['|\{'|Traceback|oneOf schema|valid under any")
"""What only a programmer in Python would write, or a validator of schemas."""
ONE_OF_THEM = WRONG[::4]


def by_id(wrong: Wrong) -> str:
    return wrong.id


def assert_told(said: str, wrong: Wrong, file: str) -> None:
    assert re.match(rf"{re.escape(file)}:{wrong.line}:\d+: ", said), said
    assert wrong.says in said
    assert "\n" not in said
    assert not PYTHON.search(said), said
    assert len(said) < 500 + len(file)


@pytest.mark.parametrize("wrong", WRONG, ids=by_id)
def test_the_start_says_file_line_and_reason(wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DocumentCache, "find", lambda *_: None)
    file = tmp_path / wrong.name
    file.write_bytes(wrong.content)
    with pytest.raises(ValueError, match=re.escape(wrong.name)) as stopped:
        compile_contract(Spec.read(file), ALL_RULES, tmp_path)
    assert_told(str(stopped.value), wrong, str(file))


def test_there_are_enough_of_them_and_the_document_that_they_are_made_of_is_right(tmp_path: Path) -> None:
    assert len(WRONG) > 100
    assert len(ONE_OF_THEM) > 30
    assert len({wrong.id for wrong in WRONG}) == len(WRONG)
    assert compile_contract(Spec(TEXT.encode(), "spec.yaml", own=False), ALL_RULES, tmp_path).contract.operations


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("            default: 20\n", "            default: 20.0\n"),
        ("            maxLength: 255\n", "            maxLength: 255.0\n"),
        (SEARCH, SEARCH.replace("'^[^\\u0000]*$'", "'^\\p{L}*$'")),
        (SEARCH, SEARCH.replace("'^[^\\u0000]*$'", "'^(?<first>.)'")),
        (ACCOUNT, "        rank: {type: integer, enum: [1.0, 2e0]}\n" + ACCOUNT),
        ("  - url: https://sandbox.your-domain.com/api/v2\n", "  - url: ''\n"),
    ],
)
def test_what_openapi_allows_is_served(before: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DocumentCache, "find", lambda *_: None)
    assert before in TEXT
    spec = Spec(TEXT.replace(before, after, 1).encode(), "spec.yaml", own=False)
    assert compile_contract(spec, ALL_RULES, tmp_path).contract.operations


def test_a_running_server_says_the_same_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One server for all of them: what it serves must outlive each."""
    monkeypatch.setattr(reloader, "_PAUSES", 1)
    desk = Desk(tmp_path)
    try:
        for wrong in (one for one in ONE_OF_THEM if one.name == desk.file.name):
            desk.told.clear()
            desk.file.write_bytes(wrong.content)
            desk.until(lambda: "  Invalid" in desk.shown)
            said, after = desk.shown.removeprefix("  Invalid   ").split("\n", 1)
            assert_told(said, wrong, str(desk.file))
            assert after.strip() == "The previous version is still served."
            assert desk.ask("GET", "/customers").status == 200
        desk.write(TEXT)
        desk.until(lambda: "  Sound" in desk.shown)
    finally:
        desk.close()


@pytest.mark.parametrize("wrong", [one for one in WRONG if one.id in ("3.1", "types of 3.1", "a tab", "a list without an envelope")], ids=by_id)
def test_the_command_says_so_in_one_line_and_ends_with_2(wrong: Wrong, tmp_path: Path) -> None:
    file = tmp_path / wrong.name
    file.write_bytes(wrong.content)
    ended = run(tmp_path, "serve", "--port", "0", "--spec", file, command=SANDBOX)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert_told(ended.stderr.strip().removeprefix("sandbox: "), wrong, str(file))


@pytest.mark.parametrize(
    ("make", "says"), [(Path.mkdir, "is a folder: name the document in it"), (lambda path: None, "cannot be read: No such file or directory")]
)
def test_what_is_no_file_is_told_so(tmp_path: Path, make: object, says: str) -> None:
    assert callable(make)
    make(tmp_path / "spec.yaml")
    with pytest.raises(ValueError, match=r"spec\.yaml") as stopped:
        Spec.read(tmp_path / "spec.yaml")
    assert str(stopped.value) == f"{tmp_path / 'spec.yaml'}: {says}"
