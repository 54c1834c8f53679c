"""SECURITY.md promises what is attacked here: each item has its file, each file its row, and every test that is named exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.commands import ROOT

SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
FILES = sorted((ROOT / "tests" / "attacks").glob("test_api*.py"))
ROWS = dict(re.findall(r"(?m)^\| (API\d+) \| .+ \| \[`(tests/[^`]+)`\]\(\2\) \|$", SECURITY))
NAMED = re.compile(r"`(tests/[\w/]+\.py)`")


def test_each_of_the_ten_items_is_promised_and_attacked() -> None:
    assert list(ROWS) == [f"API{number}" for number in range(1, 11)]
    assert sorted(ROWS.values()) == sorted(str(file.relative_to(ROOT)) for file in FILES)
    for item, file in ROWS.items():
        assert f"/test_{item.lower()}_" in file


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_says_what_is_claimed_and_attacks(file: Path) -> None:
    module = ast.parse(file.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(module) or ""
    item = re.match(r"test_api(\d+)_", file.name)
    assert item is not None
    assert docstring.startswith(f"API{item[1]}:2023, ")
    assert "Claimed: " in docstring
    assert [one for one in module.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")]


def test_every_test_that_is_named_exists() -> None:
    named = {name for text in (SECURITY, *(file.read_text(encoding="utf-8") for file in FILES)) for name in NAMED.findall(text)}
    assert len(named) > len(FILES)
    assert not [name for name in sorted(named) if not (ROOT / name).is_file()]


def test_what_it_links_to_exists_and_it_is_linked() -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", SECURITY):
        assert (ROOT / target).exists(), target
    for name in ("README.md", "CONTRIBUTING.md"):
        assert "(SECURITY.md)" in (ROOT / name).read_text(encoding="utf-8")


def test_it_stays_short() -> None:
    assert len(SECURITY.splitlines()) <= 75
