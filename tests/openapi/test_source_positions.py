"""A JSON path, as messages have it, becomes a line and a column."""

import pytest

from openapi.document import DocumentError, json_path
from openapi.source_positions import with_position

DOCUMENT = """\
openapi: 3.0.3
info: {title: Mine, version: "1"}
paths:
  /customers/{id}:
    get:
      parameters:
        - name: page
          in: query
        - {name: limit, in: query}
      x-role: [staff]
"""


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ((), "1:1"),
        (("openapi",), "1:1"),
        (("info", "version"), "2:21"),
        (("paths", "/customers/{id}"), "4:3"),
        (("paths", "/customers/{id}", "get", "parameters", 0), "7:9"),
        (("paths", "/customers/{id}", "get", "parameters", 0, "in"), "8:11"),
        (("paths", "/customers/{id}", "get", "parameters", 1, "in"), "9:25"),
        (("paths", "/customers/{id}", "get", "x-role", 0), "10:7"),
        (("paths", "/customers/{id}", "get", "responses", "200"), "5:5"),
    ],
)
def test_the_place_of_a_part_is_where_its_key_stands(parts: tuple[str | int, ...], place: str) -> None:
    problem = DocumentError("spec.yaml", json_path(parts), "is wrong")
    assert str(with_position(problem, DOCUMENT.encode(), "spec.yaml")) == f"spec.yaml:{place}: {json_path(parts)}: is wrong"


def test_a_json_document_has_places_too() -> None:
    content = b'{\n "openapi": "3.0.3",\n "paths": {"/a": {}}\n}'
    assert str(with_position(DocumentError("a.json", '$.paths["/a"]', "is wrong"), content, "a.json")) == 'a.json:3:12: $.paths["/a"]: is wrong'


def test_an_error_that_names_no_place_is_told_without_one() -> None:
    assert str(with_position(ValueError("spec.yaml: lacks everything"), DOCUMENT.encode(), "spec.yaml")) == "spec.yaml: lacks everything"


@pytest.mark.parametrize(("content", "place"), [(b"openapi: 3.0.3\n\tx: 1", "2:1"), (b"a: 1\nb: \xff", "2:4"), (b'{"a": 1,}', "1:8")])
def test_what_is_no_document_is_told_by_its_reader(content: bytes, place: str) -> None:
    label = "spec.json" if content.startswith(b"{") else "spec.yaml"
    assert str(with_position(DocumentError("spec.yaml", "", "is not this or that"), content, label)).startswith(f"{label}:{place}: ")
