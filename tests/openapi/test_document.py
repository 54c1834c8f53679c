"""A document is read as strictly as JSON, whatever YAML would let pass, and each refusal says where and what."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from openapi import document as module
from openapi.document import DocumentError, json_path, read_document

Refusal = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    path = tmp_path / "document.yaml"

    def write_text(text: str) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.fixture
def refusal_of(write: Callable[[str], Path]) -> Refusal:
    def message(text: str) -> str:
        with pytest.raises(DocumentError) as caught:
            read_document(write(text), "the.yaml")
        return str(caught.value)

    return message


def test_yaml_and_json_give_the_same_plain_values(write: Callable[[str], Path]) -> None:
    from_yaml = read_document(write("a: [1, 2.5, true, null]\nb: {c: text}\n"))
    assert from_yaml == {"a": [1, 2.5, True, None], "b": {"c": "text"}}
    assert read_document(write('{"a": [1, 2.5, true, null], "b": {"c": "text"}}')) == from_yaml


def test_a_date_stays_the_text_that_was_written(write: Callable[[str], Path]) -> None:
    text = "day: 2024-01-15\nmoment: 2024-01-15T10:00:00Z\n"
    assert read_document(write(text)) == {"day": "2024-01-15", "moment": "2024-01-15T10:00:00Z"}


def test_an_empty_file_is_nothing(write: Callable[[str], Path]) -> None:
    assert read_document(write("# only a remark\n")) is None


def test_what_a_merge_key_brings_is_there_beside_the_rest(write: Callable[[str], Path]) -> None:
    assert read_document(write("a: &a {x: 1}\nb: {<<: *a, y: 2}\n"))["b"] == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "the.yaml: $.a: is written twice, on lines 1 and 3"),
        ("a:\n  - {b: 1}\n  - {b: 1, b: 2}\n", "the.yaml: $.a[1].b: is written twice, on lines 3 and 3"),
        ("a: {200: x}\n", 'the.yaml: $.a["200"]: a key must be text, and YAML takes this one for int: put it in quotes'),
        ("on: x\n", "the.yaml: $.on: a key must be text, and YAML takes this one for bool: put it in quotes"),
        ("a: {[x]: y}\n", "the.yaml: $.a: has a key on line 1 that is not text"),
        ("a: &self [*self]\n", "the.yaml: nests too deep, or holds itself"),
        ("a: [}\n", "the.yaml: is not YAML: did not find expected node content at line 1, column 5"),
        ("a: *nowhere\n", "the.yaml: is not YAML: found undefined alias at line 1, column 4"),
        ("a: !!int several\n", "the.yaml: holds a value that YAML cannot read: invalid literal for int() with base 10: 'several'"),
    ],
)
def test_what_json_does_not_have_is_refused_with_its_place(refusal_of: Refusal, text: str, message: str) -> None:
    assert refusal_of(text) == message


def test_a_sign_that_yaml_forbids_is_refused_in_one_line(refusal_of: Refusal) -> None:
    message = refusal_of("a: \x01\n")
    assert message.startswith("the.yaml: is not YAML: ")
    assert "\n" not in message


def test_a_file_that_is_not_there_is_named_by_its_path_where_it_has_no_label(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    with pytest.raises(DocumentError) as caught:
        read_document(missing)
    assert str(caught.value) == f"{missing}: cannot be read: No such file or directory"
    assert (caught.value.file, caught.value.where) == (str(missing), "")


def test_bytes_that_are_not_text_are_refused_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "document.yaml"
    path.write_bytes(b"a: \xff")
    with pytest.raises(DocumentError, match=r"is not UTF-8 at byte 3$"):
        read_document(path)


def test_a_path_quotes_only_the_keys_that_need_it() -> None:
    assert json_path(()) == "$"
    assert json_path(("paths", "/customers", "get", "parameters", 0, "x-filter")) == '$.paths["/customers"].get.parameters[0].x-filter'
    assert json_path(("responses", "200")) == '$.responses["200"]'


def _without_the_parser_in_c(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    spec = importlib.util.spec_from_file_location("document_in_python", str(module.__file__))
    assert spec is not None
    assert spec.loader is not None
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    return fresh


def test_a_build_without_the_parser_in_c_reads_and_refuses_the_same(write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    slow = _without_the_parser_in_c(monkeypatch)
    file = Path(str(module.__file__)).with_name("decisions.yaml")
    assert slow.read_document(file) == read_document(file)
    assert slow.read_document(write("day: 2024-01-15\n")) == {"day": "2024-01-15"}
    with pytest.raises(slow.DocumentError, match=r"\$\.a: is written twice, on lines 1 and 2$"):
        slow.read_document(write("a: 1\na: 2\n"))
