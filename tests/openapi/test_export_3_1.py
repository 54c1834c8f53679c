"""The OpenAPI 3.1 export is current, sound by the standard, and says what the contract says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from openapi import export_3_1
from openapi.document import read_document
from openapi.export_3_1 import EXPORT, as_yaml, to_openapi_3_1
from openapi.schemas import Direction, References, json_schema
from openapi.vocabulary import faults, walk


@pytest.fixture(scope="module")
def generated(sound_document: dict[str, Any]) -> dict[str, Any]:
    return to_openapi_3_1(sound_document)


def schemas(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for kind, _, node in walk(document) if kind == "schema"]


def test_the_file_is_what_the_contract_makes_today(generated: dict[str, Any], tmp_path: Path) -> None:
    export_3_1.main(tmp_path / "made.yaml")
    assert EXPORT.read_text(encoding="utf-8") == (tmp_path / "made.yaml").read_text(encoding="utf-8"), "run: python -m openapi.export_3_1"
    assert read_document(EXPORT) == generated


def test_it_is_sound_by_the_standard(generated: dict[str, Any]) -> None:
    assert generated["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(generated).iter_errors()] == []


def test_it_has_the_same_operations_and_the_same_words_of_our_own(sound_document: dict[str, Any], generated: dict[str, Any]) -> None:
    def told(document: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [(kind, where, {name: node[name] for name in node if name.startswith("x-")}) for kind, where, node in walk(document)]

    assert told(generated) == told(sound_document)
    assert list(faults(generated)) == []


def test_its_webhooks_are_the_callbacks(sound_document: dict[str, Any], generated: dict[str, Any]) -> None:
    callbacks = sound_document["paths"]["/webhooks"]["post"]["callbacks"]
    assert generated["webhooks"] == {name: next(iter(one.values())) for name, one in callbacks.items()}
    assert list(generated).index("webhooks") == list(generated).index("paths") + 1
    assert set(callbacks) == set(generated["paths"]["/webhooks"]["post"]["callbacks"])


def test_no_word_is_left_that_json_schema_does_not_know(generated: dict[str, Any]) -> None:
    found = schemas(generated)
    assert len(found) > 100
    for one in found:
        assert not {"nullable", "example"} & one.keys()
        assert not any(isinstance(one.get(word), bool) for word in ("exclusiveMinimum", "exclusiveMaximum"))


def test_its_examples_fit_its_own_schemas(generated: dict[str, Any]) -> None:
    references = References(generated, "export")
    bodies = [(where, node["schema"], node["example"]) for kind, where, node in walk(generated) if kind == "media type"]
    fields = [(where, one, one["examples"][0]) for kind, where, one in walk(generated) if kind == "schema" and "examples" in one]
    assert len(bodies) > 30
    assert len(fields) > 90
    for where, schema, example in (*bodies, *fields):
        sent = ("requestBody" in where and "callbacks" not in where) or "password" in where
        plain = json_schema(references.flatten(schema, where), Direction.REQUEST if sent else Direction.ANSWER)
        check = Draft202012Validator(plain, validate_formats=True)
        assert [error.message for error in check.iter_errors(example)] == [], where


def test_what_changes_between_the_versions_is_translated() -> None:
    schema = {
        "properties": {
            "above": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 9, "example": 1},
            "below": {"type": "number", "maximum": 9, "exclusiveMaximum": True, "exclusiveMinimum": False},
            "maybe": {"type": "string", "nullable": True, "enum": ["a"]},
            "never": {"type": "string", "nullable": False},
        }
    }
    document = {"openapi": "3.0.3", "paths": {}, "components": {"schemas": {"One": schema}}}
    assert to_openapi_3_1(document)["components"]["schemas"]["One"]["properties"] == {
        "above": {"type": "number", "exclusiveMinimum": 0, "maximum": 9, "examples": [1]},
        "below": {"type": "number", "exclusiveMaximum": 9},
        "maybe": {"type": ["string", "null"], "enum": ["a", None]},
        "never": {"type": "string"},
    }
    assert "webhooks" not in to_openapi_3_1(document)
    assert schema["properties"]["maybe"]["nullable"] is True


def test_two_callbacks_of_one_name_cannot_both_be_webhooks() -> None:
    post = {"post": {"callbacks": {"a.b": {"{$request.body#/url}": {"post": {}}, "{$request.body#/other}": {"post": {}}}}}}
    with pytest.raises(ValueError, match=r"two callbacks are called 'a\.b'"):
        to_openapi_3_1({"openapi": "3.0.3", "paths": {"/hooks": post}})


def test_texts_of_several_lines_are_blocks_and_moments_stay_texts() -> None:
    text = as_yaml({"a": "one\ntwo\n", "b": "2024-01-15", "c": [{"200": True}]})
    assert text.endswith("a: |\n  one\n  two\nb: '2024-01-15'\nc:\n  - '200': true\n")
