"""What stands on answers for browsers and caches: `nosniff` on every one, `no-store` on whatever shows a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openapi.reader import load_contract
from sandbox.control.application import FILE as CONTROL_FILE
from sandbox.edge.fast_protocol import protocol_with
from sandbox.edge.protocol import StrictProtocol
from tests.asgi import ADMINISTRATOR, READ_ONLY, Client, Reply, Sandbox
from tests.hostile.case import CUSTOMER, get, head, post, streamed
from tests.hostile.raw_connection import Wire
from tests.threaded_server import served

NOSNIFF, CACHE = "x-content-type-options", "cache-control"
SECRETS = {"secret", "key", "keys", "password", "token"}
"""What a field is called that shows one."""


@pytest.fixture
def plane(sandbox: Sandbox) -> Iterator[Client]:
    client = Client(sandbox.app, "/_sandbox")
    yield client
    client.close()


def test_every_kind_of_answer_of_the_api_says_nosniff(sandbox: Sandbox) -> None:
    created = sandbox.post("/customers", {"account": "Jane Smith"})
    read = sandbox.get("/customers/1")
    asks = {"Origin": "https://page.example", "Access-Control-Request-Method": "GET"}
    answers = [
        created, read, sandbox.get("/customers/1", headers={"If-None-Match": read.header("etag") or ""}), sandbox.get("/customers"),
        sandbox.send("HEAD", "/customers", key=ADMINISTRATOR), sandbox.send("OPTIONS", "/customers", headers=asks),
        sandbox.post("/customers", {}), sandbox.get("/customers", None), sandbox.get("/users", READ_ONLY), sandbox.get("/nothing"),
        sandbox.get("/customers", headers={"Origin": "https://page.example"}), sandbox.send("PATCH", "/customers", key=ADMINISTRATOR),
        sandbox.post("/customers", body=[b""], headers={"Content-Length": "9999999"}), sandbox.get("/customers", headers={"X-One": "x" * 20_000}),
        sandbox.post("/customers", body=b"x", headers={"Content-Type": "text/plain"}), sandbox.get("/customers", host=""),
        sandbox.delete("/customers/1"),
    ]  # fmt: skip
    assert [one.status for one in answers] == [201, 200, 304, 200, 200, 204, 400, 401, 403, 404, 403, 405, 413, 431, 415, 400, 200]
    assert {one.header(NOSNIFF) for one in answers} == {"nosniff"}


def test_that_the_limit_is_used_up_and_that_the_server_failed_too(make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = make_sandbox(rate_limit=(1, 60))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("sandbox.engine.Engine.perform", fail)
    answers = [sandbox.get("/customers") for _ in range(2)]
    assert [(one.status, one.header(NOSNIFF)) for one in answers] == [(500, "nosniff"), (429, "nosniff")]


def test_every_kind_of_answer_of_the_control_plane_says_nosniff(plane: Client) -> None:
    plane.send("POST", "/snapshots", key=ADMINISTRATOR, json={"name": "kept"})
    read = plane.send("GET", "/clock", key=ADMINISTRATOR)
    answers = [
        read, plane.send("GET", "/health"), plane.send("HEAD", "/health"), plane.send("GET", "/snapshots/kept/file", key=ADMINISTRATOR),
        plane.send("POST", "/keys", key=ADMINISTRATOR, json={"label": "A", "role": "staff"}), plane.send("POST", "/keys", key=ADMINISTRATOR, json={}),
        plane.send("GET", "/clock"), plane.send("GET", "/clock", host="evil.example"), plane.send("GET", "/nothing"), plane.send("PATCH", "/clock"),
        plane.send("GET", "/clock", key=ADMINISTRATOR, headers={"X-Forwarded-For": "203.0.113.7"}), plane.send("GET", "/clock", host=""),
    ]  # fmt: skip
    plane.send("DELETE", "/snapshots/kept", key=ADMINISTRATOR)
    assert [one.status for one in answers] == [200, 200, 200, 200, 201, 400, 401, 403, 404, 405, 401, 400]
    assert {one.header(NOSNIFF) for one in answers} == {"nosniff"}


@pytest.mark.parametrize("path", ["fast", "ordinary"])
def test_on_a_connection_it_stands_on_each_answer_once(shared_sandbox: Sandbox, path: str) -> None:
    protocol: Any = protocol_with(shared_sandbox.app.gateway_to) if path == "fast" else StrictProtocol
    usual = [post("/customers", CUSTOMER), get("/customers?limit=1"), get("/customers/99999"), get("/nothing"), post("/customers", b"{}")]
    last = [b"nonsense\r\n\r\n", get("/customers", "X-One: " + "x" * 20_000), head("GET", "/customers", version="HTTP/1.0"),
            streamed("/customers", b"nonsense\r\n"), head("POST", "/customers", "Content-Length: 9999999")]  # fmt: skip
    with served(shared_sandbox.app, protocol, 5) as address:
        with Wire(address) as wire:
            for raw in usual * 2:  # the second time their headers are known
                wire.send(raw)
                assert wire.answer().header(NOSNIFF) == "nosniff"
        for raw in last:
            with Wire(address) as wire:
                wire.send(raw)
                assert wire.answer().header(NOSNIFF) == "nosniff"


def _of_secrets(file: Any) -> list[str]:
    """The operations whose good answer has a field that shows a secret, by the document's own words."""
    contract = load_contract(file) if file else load_contract()
    return [one.id for one in contract.operations.values() if one.success.schema and SECRETS & _names(one.success.schema)]


def _names(schema: Any) -> set[str]:
    """Of all properties, however deep."""
    if isinstance(schema, list):
        return set().union(*map(_names, schema))
    if not isinstance(schema, dict):
        return set()
    return {*schema.get("properties", {}), *set().union(*map(_names, schema.values()))}


def test_these_operations_show_secrets_and_no_others() -> None:
    assert _of_secrets(None) == ["registerWebhook"]
    assert sorted(_of_secrets(CONTROL_FILE)) == ["createKey", "createWorkspace", "rotateWebhookSecret"]


def test_whatever_shows_a_secret_is_stored_nowhere(sandbox: Sandbox, plane: Client) -> None:
    webhook = sandbox.post("/webhooks", {"url": "https://your-domain.com/webhook", "events": ["invoice.created"]})
    key = plane.send("POST", "/keys", key=ADMINISTRATOR, json={"label": "A", "role": "staff"})
    workspace = plane.send("POST", "/workspaces", key=ADMINISTRATOR, json={"scenario": "empty"})
    rotated = plane.send("POST", f"/webhooks/{webhook.data['id']}/rotate-secret", key=ADMINISTRATOR)
    answers: list[tuple[Reply, str]] = [(webhook, "secret"), (key, "key"), (workspace, "keys"), (rotated, "secret")]
    for reply, field in answers:
        assert reply.data[field]
        assert reply.header(CACHE) == "no-store"


def test_what_a_read_answers_is_asked_again_each_time_as_before(sandbox: Sandbox, plane: Client) -> None:
    assert sandbox.get("/customers").header(CACHE) == "private, no-cache"
    assert plane.send("GET", "/keys", key=ADMINISTRATOR).header(CACHE) == "private, no-cache"
