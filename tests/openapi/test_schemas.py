"""Schemas are put together, and turned into what holds for a request or for an answer."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs import Draft4Validator

from openapi.document import DocumentError
from openapi.schemas import Direction, References, Schema, json_schema

REQUEST, ANSWER = Direction.REQUEST, Direction.ANSWER


def flat(schema: Any, **schemas: Any) -> Schema:
    return References({"components": {"schemas": schemas}}, "api.yaml").flatten(schema, ("here",))


def refused(schema: Any, **schemas: Any) -> str:
    with pytest.raises(DocumentError) as caught:
        flat(schema, **schemas)
    return str(caught.value)


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def test_references_are_written_out_wherever_a_schema_may_stand() -> None:
    a = {"type": "integer"}
    words: Schema = {
        "properties": {"x": ref("A")},
        "patternProperties": {"^y": ref("A")},
        "items": ref("A"),
        "not": ref("A"),
        "additionalProperties": ref("A"),
        "anyOf": [ref("A")],
        "oneOf": [ref("A")],
    }
    assert flat(words, A=a) == {
        "properties": {"x": a},
        "patternProperties": {"^y": a},
        "items": a,
        "not": a,
        "additionalProperties": a,
        "anyOf": [a],
        "oneOf": [a],
    }


def test_a_reference_may_lead_to_another_and_through_escaped_names() -> None:
    assert flat(ref("A"), A=ref("B~1C~0D"), **{"B/C~D": {"type": "string"}}) == {"type": "string"}


def test_parts_of_all_of_become_one_schema_with_the_fields_of_all() -> None:
    both = flat(
        {
            "required": ["c", "a"],
            "properties": {"c": {"type": "boolean"}},
            "allOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "x-source": "documented"}}},
                {"type": "object", "properties": {"a": {"maxLength": 5, "x-source": "inferred"}, "b": {"type": "integer"}}},
            ],
        }
    )
    assert both == {
        "type": "object",
        "required": ["a", "c"],
        "properties": {"a": {"type": "string", "maxLength": 5, "x-source": "inferred"}, "b": {"type": "integer"}, "c": {"type": "boolean"}},
    }


def test_a_field_that_is_the_same_in_two_parts_stands_once() -> None:
    part = {"properties": {"a": {"type": "string"}}}
    assert flat({"allOf": [part, part]}) == part


def test_of_words_for_people_and_of_our_own_the_nearer_one_stays() -> None:
    told = flat({"description": "near", "x-source": "inferred", "allOf": [{"type": "string", "description": "far", "x-source": "documented"}]})
    assert told == {"type": "string", "description": "near", "x-source": "inferred"}


def test_parts_that_contradict_each_other_are_left_as_they_are_and_both_hold() -> None:
    schema = {"maxLength": 3, "allOf": [{"type": "string", "maxLength": 5}]}
    assert flat(schema) == schema
    check = Draft4Validator(json_schema(flat(schema), REQUEST))
    assert check.is_valid("abc")
    assert not check.is_valid("abcd")
    assert not check.is_valid(3)


def test_fields_that_contradict_each_other_do_not_keep_their_objects_apart() -> None:
    a, b = {"maxLength": 3}, {"maxLength": 5}
    assert flat({"allOf": [{"properties": {"a": a}}, {"properties": {"a": b}}]}) == {"properties": {"a": {"allOf": [a, b]}}}


def test_a_field_that_a_closed_part_does_not_know_is_refused_since_no_object_could_have_it() -> None:
    closed = {"properties": {"a": {}}, "additionalProperties": False}
    message = refused({"allOf": [closed, {"properties": {"b": {}}}]})
    assert message == "api.yaml: $.here.allOf: one part names 'b', which another refuses by its additionalProperties"
    assert flat({"allOf": [closed, {"properties": {"a": {"type": "string"}}}]})["additionalProperties"] is False


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (ref("B"), "$.here[\"$ref\"]: '#/components/schemas/B' names nothing in this document"),
        ({"$ref": "#/components/schemas/A/type/deeper"}, "$.here[\"$ref\"]: '#/components/schemas/A/type/deeper' names nothing in this document"),
        ({"$ref": "other.yaml#/A"}, "$.here[\"$ref\"]: 'other.yaml#/A' leaves the document; only references of the form #/… are followed"),
        ({"$ref": 7}, '$.here["$ref"]: 7 leaves the document; only references of the form #/… are followed'),
        (ref("Ring"), "$.here[\"$ref\"]: '#/components/schemas/Ring' refers to itself"),
        (ref("Tree"), "$.components.schemas.Tree: this schema holds itself, which the reader cannot put together; write its levels out"),
        ({"items": ["string"]}, '$.here.items: must be a mapping, not ["string"]'),
        ({"properties": []}, "$.here.properties: must be a mapping, not []"),
        ({"anyOf": {}}, "$.here.anyOf: must be a list, not {}"),
        ({"required": "a"}, "$.here.required: must be a list, not 'a'"),
        ({"required": [1]}, "$.here.required: must be a list of names, not [1]"),
    ],
)
def test_a_schema_that_cannot_be_put_together_is_refused_with_its_place(schema: Any, message: str) -> None:
    known: dict[str, Any] = {"A": {"type": "string"}, "Ring": ref("Ring"), "Tree": {"properties": {"child": ref("Tree")}}}
    assert refused(schema, **known) == f"api.yaml: {message}"


USER: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "name", "password"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
    },
}


@pytest.mark.parametrize("id", [1, "one", None, [], {}])
def test_in_a_request_a_read_only_field_may_be_anything_and_need_not_be_there(id: Any) -> None:
    check = Draft4Validator(json_schema(USER, REQUEST))
    assert check.is_valid({"id": id, "name": "A", "password": "secret"})
    assert check.is_valid({"name": "A", "password": "secret"})
    assert not check.is_valid({"id": id, "name": "A"})


def test_in_an_answer_a_write_only_field_may_not_stand_and_is_not_required() -> None:
    check = Draft4Validator(json_schema(USER, ANSWER))
    assert check.is_valid({"id": 1, "name": "A"})
    assert not check.is_valid({"id": 1, "name": "A", "password": "secret"})
    assert not check.is_valid({"id": "one", "name": "A"})
    assert not check.is_valid({"name": "A"})


def test_where_every_required_field_is_hidden_nothing_is_required() -> None:
    schema = {"required": ["id"], "properties": {"id": {"readOnly": True}}}
    assert json_schema(schema, REQUEST) == {"properties": {"id": {}}}
    assert json_schema(schema, ANSWER) == {"required": ["id"], "properties": {"id": {}}}


def test_a_required_field_that_no_schema_describes_stays_required() -> None:
    assert json_schema({"required": ["a"]}, REQUEST) == {"required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "nullable": True}, [None, "a"], [1]),
        ({"type": "string", "enum": ["a"], "nullable": True}, [None, "a"], ["b"]),
        ({"type": "string", "enum": ["a", None], "nullable": True}, [None, "a"], ["b"]),
        ({"type": "string", "nullable": False}, ["a"], [None]),
        ({"nullable": True, "minimum": 1}, [None, 1], [0]),
    ],
)
def test_what_is_nullable_may_be_null_beside_what_it_may_be_anyway(schema: Schema, good: list[Any], bad: list[Any]) -> None:
    check = Draft4Validator(json_schema(schema, REQUEST))
    assert all(check.is_valid(value) for value in good)
    assert not any(check.is_valid(value) for value in bad)


def test_the_direction_holds_in_every_schema_within_a_schema() -> None:
    hidden = {"type": "object", "properties": {"a": {"type": "string", "readOnly": True}}}
    open_to_all = {"type": "object", "properties": {"a": {}}}
    words: Schema = {"items": hidden, "not": hidden, "additionalProperties": hidden, "anyOf": [hidden], "oneOf": [hidden], "allOf": [hidden]}
    assert json_schema(words, REQUEST) == {
        "items": open_to_all,
        "not": open_to_all,
        "additionalProperties": open_to_all,
        "anyOf": [open_to_all],
        "oneOf": [open_to_all],
        "allOf": [open_to_all],
    }


def test_words_for_people_and_our_own_do_not_reach_the_validator() -> None:
    told = {"type": "string", "description": "d", "example": "e", "default": "f", "x-ref": "a", "x-source": "inferred", "deprecated": True}
    assert json_schema(told, ANSWER) == {"type": "string"}
    named = {"properties": {"description": {"type": "string"}, "nullable": {"type": "boolean"}}}
    assert json_schema(named, ANSWER) == named
