"""A document is read as strictly as JSON, whatever YAML would let pass, and each refusal says where and what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from openapi import document as module
from openapi.document import DocumentError, json_path, read_document
from openapi.parsing import yaml_parser

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
        ("a: 1\nb: 2\na: 3\n", "the.yaml:3:1: the key `a` stands twice, first on line 1: keep one of the two"),
        ("a:\n  - {b: 1}\n  - {b: 1, b: 2}\n", "the.yaml:3:12: the key `b` stands twice, first on line 3: keep one of the two"),
        ("a: {[x]: y}\n", "the.yaml:1:5: a key must be text, not a list or mapping"),
        ("a: &self [*self]\n", "the.yaml:1:11: `*self` holds itself: write out what is meant"),
        ("a: [}\n", "the.yaml:1:5: is not YAML: did not find expected node content: close the bracket, or write a value"),
        ("a: *nowhere\n", "the.yaml:1:4: `*nowhere` is named by no anchor before it: write out what is meant"),
        ("a: !!int several\n", "the.yaml:1:4: the tag `tag:yaml.org,2002:int` cannot be read here: write the value without a tag"),
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
    with pytest.raises(DocumentError, match=r":1:4: is not UTF-8 at byte 3: save it as UTF-8$"):
        read_document(path)


def test_a_path_quotes_only_the_keys_that_need_it() -> None:
    assert json_path(()) == "$"
    assert json_path(("paths", "/customers", "get", "parameters", 0, "x-filter")) == '$.paths["/customers"].get.parameters[0].x-filter'
    assert json_path(("responses", "200")) == '$.responses["200"]'


def test_keys_are_the_text_that_was_written_and_words_are_no_booleans(write: Callable[[str], Path]) -> None:
    """As YAML 1.2 has it, which OpenAPI asks for: status codes need no quotes, and Norway is a country."""
    assert read_document(write("a: {200: x, on: y, 1.0: z}\nno: no\n")) == {"a": {"200": "x", "on": "y", "1.0": "z"}, "no": "no"}


def test_what_grows_beyond_measure_by_aliases_is_refused_at_once(refusal_of: Refusal) -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert refusal_of(text).startswith("the.yaml:7:8: aliases such as `*f` make this grow beyond 1,000,000 values")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_that_nests_without_end_is_refused(refusal_of: Refusal, opening: str, closing: str) -> None:
    for depth in (300, 50_000):
        assert "nests deeper than 200 levels" in refusal_of(opening * depth + "1" + closing * depth)


def test_a_build_without_the_parser_in_c_reads_and_refuses_the_same(
    write: Callable[[str], Path], refusal_of: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(str(module.__file__)).with_name("decisions.yaml")
    quickly = read_document(file)
    monkeypatch.setattr(yaml_parser, "_Loader", yaml.SafeLoader)
    assert read_document(file) == quickly
    assert read_document(write("day: 2024-01-15\n")) == {"day": "2024-01-15"}
    assert refusal_of("a: 1\na: 2\n") == "the.yaml:2:1: the key `a` stands twice, first on line 1: keep one of the two"
