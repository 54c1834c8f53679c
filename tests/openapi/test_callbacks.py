"""What a webhook is sent is described where it is registered: each event that there is, with the object as the API answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openapi.contract import Contract
from openapi.schemas import Direction, json_schema
from openapi.vocabulary import walk

Refusal = Callable[[Any], str]


def test_each_event_that_there_is_has_a_callback_and_no_other_has(contract: Contract) -> None:
    register = contract.operations["registerWebhook"]
    asked_for = (register.body or {})["properties"]["events"]["items"]["enum"]
    assert list(register.callbacks) == asked_for
    assert {one.event for operation in contract.operations.values() for one in operation.emits} == set(asked_for)
    assert [one.id for one in contract.operations.values() if one.callbacks] == ["registerWebhook"]


def test_a_callback_tells_its_event_with_the_object_as_it_is_answered(contract: Contract) -> None:
    emitted = {one.event: operation for operation in contract.operations.values() for one in operation.emits}
    for event, schema in contract.operations["registerWebhook"].callbacks.items():
        assert schema["required"] == ["id", "type", "created_at", "data"]
        assert schema["properties"]["type"]["enum"] == [event]
        answered = (emitted[event].success.schema or {})["properties"]["data"]
        assert json_schema(schema["properties"]["data"], Direction.ANSWER) == json_schema(answered, Direction.ANSWER)


def test_a_callback_calls_the_address_that_was_registered_and_needs_no_key(sound_document: dict[str, Any]) -> None:
    calls = [(where, node) for kind, where, node in walk(sound_document) if kind == "callback"]
    assert len(calls) == 2
    for where, node in calls:
        assert where[-2:] == ("{$request.body#/url}", "post")
        assert node["security"] == []
        assert [one["$ref"].rsplit("/", 1)[-1] for one in node["parameters"]] == ["WebhookId", "WebhookTimestamp", "WebhookSignature"]


def callback(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/webhooks"]["post"]["callbacks"]["invoice.created"]["{$request.body#/url}"]["post"]
    return found


@pytest.mark.parametrize(
    ("word", "value", "what"),
    [
        ("x-emit", [], "unknown word; did you mean 'x-emits'?"),
        ("x-emits", [{"event": "a.b"}], "stands on operation, not on callback"),
    ],
)
def test_a_word_that_a_callback_cannot_have_is_refused(document: dict[str, Any], refusal: Refusal, word: str, value: Any, what: str) -> None:
    callback(document)[word] = value
    place = '$.paths["/webhooks"].post.callbacks["invoice.created"]["{$request.body#/url}"].post'
    assert refusal(document) == f'{place}["{word}"]: {what}' or refusal(document) == f"{place}.{word}: {what}"


def test_a_callback_that_refers_to_nothing_is_refused(document: dict[str, Any], refusal: Refusal) -> None:
    callback(document)["requestBody"]["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Nothing"}
    assert "'#/components/schemas/Nothing' names nothing in this document" in refusal(document)


def test_a_contract_without_callbacks_is_read_too(document: dict[str, Any], load: Callable[[Any], Contract]) -> None:
    del document["paths"]["/webhooks"]["post"]["callbacks"]
    assert not load(document).operations["registerWebhook"].callbacks


def test_a_callback_may_stand_among_the_components(document: dict[str, Any], load: Callable[[Any], Contract]) -> None:
    callbacks = document["paths"]["/webhooks"]["post"]["callbacks"]
    document["components"]["callbacks"] = {"Created": callbacks["invoice.created"]}
    callbacks["invoice.created"] = {"$ref": "#/components/callbacks/Created"}
    assert load(document).operations["registerWebhook"].callbacks["invoice.created"]["properties"]["type"]["enum"] == ["invoice.created"]
