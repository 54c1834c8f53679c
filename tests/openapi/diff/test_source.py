"""What can be read, what is refused and where; and how references lead to other places and files."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.documents.remote_references import fetch
from openapi.diff.compare import compare
from openapi.diff.source import Source
from openapi.parsing.errors import SourceError

_HEAD = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n"


def _refusal(text: str | bytes, name: str = "a.yaml") -> str:
    with pytest.raises(SourceError) as caught:
        Source.of(text, name)
    return str(caught.value)


def test_yaml_and_json_give_the_same_values_and_lines() -> None:
    document = {"openapi": "3.0.3", "paths": {"/a": {"get": {"tags": ["x", "y"], "summary": 'é " \\ \U0001f600'}}}, "x-n": [1, -2.5, None, True]}
    text = json.dumps(document, indent=2)
    from_json, from_yaml = Source.of(text, "a.json"), Source.of("# a remark makes it YAML\n" + text.replace("\\ud83d\\ude00", "\U0001f600"), "a.yaml")
    assert from_json.root.value == from_yaml.root.value == document
    for pointer in ((), ("paths",), ("paths", "/a", "get", "tags", 1), ("paths", "/a", "get", "summary"), ("x-n", 3)):
        assert from_json.first.line(pointer) + 1 == from_yaml.first.line(pointer)
    assert from_json.first.line(("paths", "/a", "get", "tags", 1)) == 8


def test_keys_are_the_text_that_was_written() -> None:
    root = Source.of(f"{_HEAD}paths:\n  /a: {{get: {{responses: {{200: {{}}, no: {{}}, 1.0: {{}}, ~: {{}}}}}}}}\n", "a").root.value
    assert list(root["paths"]["/a"]["get"]["responses"]) == ["200", "no", "1.0", "~"]


def test_values_are_those_of_yaml_1_2() -> None:
    root = Source.of(
        f"{_HEAD}x: [no, 2024-01-15, 12:30, 0x10, 0o7, 010, 1_0, .5, 1e3, ~, , True, !!str 7, !!float 7, 1e999, '5']\n".replace(" , ", " "), "a"
    ).root
    values = root.value["x"]
    assert values == ["no", "2024-01-15", "12:30", 16, 7, 10, "1_0", 0.5, 1000.0, None, True, "7", 7.0, "1e999", "5"]


def test_aliases_and_merge_keys_bring_what_they_name() -> None:
    root = Source.of(f"{_HEAD}a: &a {{x: 1, y: 2}}\nb: {{<<: *a, y: 3}}\nc: {{<<: [*a, {{z: 4}}]}}\nd: *a\n&k e: *k\n", "a").root.value
    assert root["b"] == {"x": 1, "y": 3}
    assert root["c"] == {"x": 1, "y": 2, "z": 4}
    assert (root["d"], root["e"]) == ({"x": 1, "y": 2}, "e")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n", "a.yaml:2:1: is not YAML"),
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key `a` stands twice, first on line 1"),
        ('{"a": 1,\n "b": {"c": 1,\n  "c": 2}}', "a.yaml:3:3: the key `c` stands twice, first on line 2"),
        ("? [a]\n: 1\n", "a.yaml:1:3: a key must be text"),
        ("a: !include b.yaml\n", "a.yaml:1:4: the tag `!include` cannot be read"),
        ("a: !!int x\n", "the tag"),
        ("a: !!omap [b: 1]\n", "the tag"),
        ("a: *b\n", "a.yaml:1:4: `*b` is named by no anchor before it"),
        ("a: &a [*a]\n", "a.yaml:1:8: `*a` holds itself"),
        ("a: &a {b: *a}\n", "`*a` holds itself"),
        ("<<: 1\n", "`<<` merges mappings"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document begins here"),
        ("a: " + "[" * 500 + "]" * 500, "nests deeper than 200 levels"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nests deeper than 200 levels"),
        ('{"a": ' + "[" * 300 + "]" * 300 + "}", "nests deeper than 200 levels"),
        ("", "is not an OpenAPI document"),
        ("- 1\n", "is not an OpenAPI document"),
        ("openapi: 3.2.0\n", "a.yaml:1: is of OpenAPI '3.2.0', and what can be compared is 3.0 and 3.1"),
        ("openapi: [3]\n", "is of OpenAPI [3]"),
        ("info: {}\n", "does not say which OpenAPI"),
        ("info: {}\nswagger: '2.0'\n", "a.yaml:2: is of Swagger 2.0: convert it"),
    ],
    ids=lambda value: str(value)[:20].strip(),
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, message: str) -> None:
    assert message in _refusal(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,}', "a.json:1:8: is not JSON"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
        ("{a: 1}", "is not JSON"),
    ],
)
def test_a_file_that_is_called_json_has_to_be_json(text: str, message: str) -> None:
    assert message in _refusal(text, "a.json")


def test_yaml_that_begins_with_a_brace_is_yaml() -> None:
    assert Source.of("{openapi: 3.1.0}", "a.yaml").version == "3.1"


def test_the_version_may_be_written_as_a_number() -> None:
    assert (Source.of("openapi: 3.1\n", "a").version, Source.of("openapi: 3.0\n", "a").version) == ("3.1", "3.0")


def test_text_that_is_not_utf_8_is_refused_with_its_line() -> None:
    assert "a.yaml:2:2: is not UTF-8 at byte 6" in _refusal(b"a: 1\nb\xff: 2\n")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert Source.of(b"\xef\xbb\xbfopenapi: 3.0.0\n", "a").version == "3.0"


def test_aliases_that_grow_beyond_measure_are_refused_at_once() -> None:
    levels = "\n".join(f"x{number}: &x{number} [{', '.join([f'*x{number - 1}'] * 10)}]" for number in range(1, 20))
    assert "make this grow beyond 1,000,000 values" in _refusal(f"x0: &x0 [{', '.join('a' * 10)}]\n{levels}\n")


def test_twenty_megabytes_are_read_and_more_is_not() -> None:
    line = "- {a: 'a somewhat longer text, so that this takes little time', b: [" + "x" * 5_000 + "]}\n"
    text = f"{_HEAD}x-a:\n" + line * (20 * 1024 * 1024 // len(line) - 1)
    assert 20_000_000 < len(text) <= 20 * 1024 * 1024
    assert compare(Source.of(text, "a"), Source.of(text, "b")) == []
    assert "at most 20,971,520 are read" in _refusal(text + "#" * 2 * len(line))


def _write(folder: Path, **files: str) -> str:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".yaml").write_text(text)
    return str(folder / "api.yaml")


_REFERS = f"{_HEAD}paths: {{/a: {{get: {{parameters: [{{$ref: 'parts/all.yaml#/q'}}], responses: {{}}}}}}}}\n"


def test_references_to_files_beside_it_are_followed_and_named_in_places(tmp_path: Path) -> None:
    one = _write(tmp_path / "one", api=_REFERS, parts__all="q: {in: query, name: q, schema: {$ref: '../more.yaml'}}\n", more="type: integer\n")
    two = _write(tmp_path / "two", api=_REFERS, parts__all="q: {in: query, name: q, schema: {$ref: '../more.yaml'}}\n", more="\ntype: string\n")
    (change,) = compare(Source.read(one), Source.read(two))
    assert change.base is not None
    assert change.head is not None
    assert change.base.file == one.replace("api.yaml", "more.yaml")
    assert (change.head.pointer, change.head.line) == ("/type", 2)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("#/components/schemas/Nothing", "refers to `#/components/schemas/Nothing`, which does not exist"),
        ("nothing.yaml", "nothing.yaml: cannot be read: No such file or directory"),
        ("../../outside.yaml", "is outside of the folder"),
        ("/etc/hostname", "is outside of the folder"),
        ("https://a.example/b.yaml#/c", "refers to `https://a.example/b.yaml#/c`, and other hosts are not asked"),
        ("//a.example/b.yaml", "other hosts are not asked"),
        ("file:///etc/passwd", "other hosts are not asked"),
        ("#/info/title/x", "does not exist"),
        ("#/paths/0", "does not exist"),
        ("#nowhere", "does not exist"),
    ],
)
def test_a_reference_that_may_not_be_followed_is_refused_with_its_line(tmp_path: Path, reference: str, message: str) -> None:
    path = _write(tmp_path / "a", api=f"{_HEAD}paths:\n  /a:\n    get:\n      parameters: [{{$ref: '{reference}'}}]\n      responses: {{}}\n")
    with pytest.raises(SourceError) as caught:
        compare(Source.read(path), Source.read(path))
    assert message in str(caught.value)
    assert "nothing.yaml" in reference or f"{path}:6" in str(caught.value)


def test_references_in_a_circle_are_refused() -> None:
    text = f"{_HEAD}paths: {{/a: {{$ref: '#/x-a'}}}}\nx-a: {{$ref: '#/x-b'}}\nx-b: {{$ref: '#/x-a'}}\n"
    with pytest.raises(SourceError, match="leads back here"):
        compare(Source.of(text, "a"), Source.of(text, "b"))


def test_a_name_that_looks_like_a_reference_in_an_example_is_none() -> None:
    text = f"{_HEAD}paths: {{}}\ncomponents: {{schemas: {{a: {{example: {{$ref: 'https://a.example'}}, properties: {{$ref: {{type: string}}}}}}}}}}\n"
    assert compare(Source.of(text, "a"), Source.of(text, "b")) == []


@pytest.mark.parametrize(
    "reference",
    [
        "#/components/parameters/a~1b%20c",
        "#/components/parameters/a~1b c",
        "#/components/parameters/far/content/a~1b/schema",
        "#here",
        "https://a.example/id",
    ],
)
def test_references_are_found_by_pointer_through_references_by_anchor_and_by_id(reference: str) -> None:
    text = f"""openapi: 3.1.0
info: {{}}
paths: {{}}
components:
  parameters:
    a/b c: {{type: string}}
    far: {{$ref: '#/components/parameters/near'}}
    near: {{in: query, name: q, content: {{a/b: {{schema: {{type: string}}}}}}}}
    anchored: {{$anchor: here, type: string}}
    named: {{$id: 'https://a.example/id', type: string}}
    used: {{$ref: '{reference}'}}
"""
    node = Source.of(text, "a").root.get("components")
    for part in ("parameters", "used"):
        assert node is not None
        node = node.get(part)
    assert node is not None
    assert node.resolved().value["type"] == "string"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With one commit, in which the parameter is an integer, and a work tree in which it is text."""
    who = ["-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "commit.gpgsign=false"]
    part = "q: {in: query, name: q, schema: {type: %s}}\n"
    _write(tmp_path / "specs", api=_REFERS, parts__all=part % "integer")
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    _write(tmp_path / "specs", parts__all=part % "string")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("revision", ["main", "HEAD", "HEAD~0", ""])
def test_a_revision_is_read_with_the_files_that_it_had(repository: Path, revision: str) -> None:
    (change,) = compare(Source.read(f"{revision}:specs/api.yaml"), Source.read("specs/api.yaml"))
    assert change.base is not None
    assert change.head is not None
    assert change.base.file == f"{revision}:specs/parts/all.yaml"
    assert change.head.file == "specs/parts/all.yaml"
    assert repository.name


def test_a_path_of_a_revision_may_begin_where_one_stands(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "specs")
    assert compare(Source.read("HEAD:./api.yaml"), Source.read("HEAD:specs/api.yaml")) == []


@pytest.mark.parametrize(
    "name", ["nowhere:specs/api.yaml", "HEAD:specs/nothing.yaml", "HEAD:specs", "--output=x:a", "HEAD:", ":", "nothing.yaml", "a\0b:c"]
)
def test_what_neither_the_disk_nor_git_knows_is_refused(repository: Path, name: str) -> None:
    with pytest.raises(SourceError) as caught:
        Source.read(name)
    assert str(caught.value).startswith(name)
    assert sorted(path.name for path in repository.iterdir()) == [".git", "specs"]


def test_a_reference_of_a_revision_stays_within_the_repository(repository: Path) -> None:
    _write(repository / "specs", api=f"{_HEAD}paths: {{/a: {{$ref: '../../b.yaml'}}}}\n")
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    with pytest.raises(SourceError, match="outside of the folder"):
        compare(Source.read(":specs/api.yaml"), Source.read(":specs/api.yaml"))


def test_a_name_with_a_colon_that_is_a_file_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "a:b.yaml"
    path.write_text(_HEAD)
    assert Source.read(str(path)).version == "3.0"


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder: name the document in it"):
        Source.read(str(tmp_path))


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = {"/q.yaml": b"{$ref: deep.yaml}", "/deep.yaml": b"{in: query, name: q, schema: {type: string}}"}.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_other_hosts_are_asked_where_that_is_allowed(tmp_path: Path, host: str) -> None:
    path = _write(tmp_path, api=f"{_HEAD}paths: {{/a: {{get: {{parameters: [{{$ref: '{host}/q.yaml'}}], responses: {{}}}}}}}}\n")
    plain = _write(tmp_path / "plain", api=f"{_HEAD}paths: {{/a: {{get: {{responses: {{}}}}}}}}\n")
    (change,) = compare(Source.read(plain), Source.read(path, remote=fetch))
    assert (change.id, change.head and change.head.file) == ("optional-parameter-added", f"{host}/deep.yaml")
    missing = _write(tmp_path / "missing", api=f"{_HEAD}paths: {{/a: {{$ref: '{host}/nothing.yaml'}}}}\n")
    with pytest.raises(SourceError, match="cannot be fetched"):
        compare(Source.read(missing, remote=fetch), Source.read(plain))


def test_a_document_may_come_through_a_pipe() -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"openapi: 3.1.0")
        os.close(writing)
        assert Source.read(f"/dev/fd/{reading}").version == "3.1"
    finally:
        os.close(reading)


def test_what_never_ends_is_refused() -> None:
    with pytest.raises(SourceError, match="more than 20,971,520 bytes"):
        Source.read("/dev/zero")
