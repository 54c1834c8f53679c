"""What a role may not see by the API it sees nowhere on the control plane; what it may not change it replaces by no file.

A table of role × operation × collection, under a contract whose restricted collections are not called users.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.events.outbox import Outbox
from tests.asgi import READ_ONLY, STAFF, Reply
from tests.control.deliveries import delivered
from tests.control.plane import FILE, Plane, PlaneOf
from tests.control.restricted import ALL, EMITTED, KEYS, PAY, READERS, STAFF_TOO, WRITERS, furnish, mark, with_restricted_collections
from tests.engine.spec_edits import own_document

SECRET = "token=do-not-tell"
URL = f"https://your-domain.com/webhook?{SECRET}#here"
EMPTY: dict[str, Any] = {**FILE, "collections": {}, "counters": {}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    document = own_document()
    with_restricted_collections(document)
    file = tmp_path_factory.mktemp("restricted") / "edited.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    plane = Plane(spec=file)
    yield plane
    plane.close()


@pytest.fixture
def restricted(server: Plane) -> Plane:
    server.begin_again()
    furnish(server)
    return server


ANSWER = {"type": "object", "properties": {"success": {"type": "boolean"}, "data": {"type": "object", "properties": {"id": {"type": "integer"}}}}}


def bodies(plane: Plane, key: str, collection: str) -> dict[str, Reply]:
    """What each operation that shows documents answers of the collection, by key."""
    events = {one["type"]: one["id"] for one in plane.get("/events").data}
    asked = {"listDocuments": f"/documents/{collection}", "getDocument": f"/documents/{collection}/1", "listEvents": "/events?limit=100"}
    if collection in EMITTED:
        asked["getEvent"] = f"/events/{events[EMITTED[collection]]}"
        asked["listEvents of a type"] = f"/events?type={EMITTED[collection]}"
        asked["listEvents that waits"] = "/events?after=evt_0_0000000000000000&wait=1&limit=100"
    return {name: plane.get(path, key) for name, path in asked.items()}


@pytest.mark.parametrize("role", KEYS)
@pytest.mark.parametrize("collection", READERS)
def test_a_collection_is_shown_to_those_who_may_read_it_and_to_nobody_else(restricted: Plane, collection: str, role: str) -> None:
    seen = role in READERS[collection]
    for name, reply in bodies(restricted, KEYS[role], collection).items():
        of_events = "Event" in name
        assert (mark(collection) in reply.body.decode()) == (seen and (not of_events or collection in EMITTED)), name
        if not seen:
            assert reply.status == {"getEvent": 404, "listDocuments": 403, "getDocument": 403, "listEvents of a type": 403}.get(name, 200), name
            assert reply.status == 200 or reply.json["message"]


@pytest.mark.parametrize("role", KEYS)
def test_the_pages_of_a_log_count_what_the_key_may_see(restricted: Plane, role: str) -> None:
    seen = [type for collection, type in EMITTED.items() if role in READERS[collection]]
    page = restricted.get("/events?limit=100", KEYS[role])
    assert [one["type"] for one in page.data] == [*reversed(seen)]
    assert page.json["meta"]["total_records"] == len(seen)
    assert [one["type"] for one in restricted.get("/events?after=evt_0_0000000000000000", KEYS[role]).data] == seen


@pytest.mark.parametrize("role", KEYS)
def test_a_field_is_shown_to_those_whom_an_operation_shows_it(restricted: Plane, role: str) -> None:
    person = restricted.get("/documents/people/1", KEYS[role]).data
    event = restricted.get("/events?type=person.made", KEYS[role]).data[0]
    assert (person.get("pay") == PAY) == (event["data"].get("pay") == PAY) == (role in STAFF_TOO)
    assert {*person} == ({"id", "name", "pay", "created_at", "updated_at"} if role in STAFF_TOO else {"id", "name"})


def test_nobody_who_waits_is_woken_by_what_he_may_not_see(restricted: Plane) -> None:
    last = restricted.get("/events").data[0]["id"]

    def happen() -> None:
        with restricted.server.workspaces.get("default").transaction() as tx:
            Outbox(bytes).record(tx, "payslip.made", {"id": 1, "name": mark("payslips")}, "payslips")

    restricted.meanwhile(happen)
    reply = restricted.get(f"/events?after={last}&wait=1", STAFF)
    assert (reply.status, reply.data) == (200, [])
    assert [one["type"] for one in restricted.get(f"/events?after={last}&wait=1").data] == ["payslip.made"]


# Deliveries, and what they carry.


def test_a_webhook_is_called_with_what_the_key_that_registered_it_may_read(restricted: Plane) -> None:
    calls = delivered(restricted)
    told = {host: {json.loads(one.body)["type"] for one in calls if host in one.url} for host in ("staff", "administrator")}
    assert told["administrator"] == {*EMITTED.values()}
    assert told["staff"] == {EMITTED[collection] for collection in EMITTED if "staff" in READERS[collection]}
    assert not any(mark("payslips") in one.body.decode() for one in calls if "staff" in one.url)


def test_who_writes_the_address_anew_decides_what_is_told(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        with_restricted_collections(document)
        post = document["paths"]["/webhooks"]["post"]
        put = {name: post[name] for name in ("requestBody", "x-role")} | {"operationId": "replaceWebhook", "x-action": "replace"}
        put["responses"] = {"200": {**post["responses"]["201"], "content": {"application/json": {"schema": ANSWER}}}}
        document["paths"]["/webhooks/{id}"] = {"x-resource": "webhooks", "parameters": [{"$ref": "#/components/parameters/Id"}], "put": put}

    plane = plane_of(edit)
    body = {"url": "https://administrator.example/hook", "events": ["payslip.made"]}
    assert plane.api("POST", "/webhooks", body).status == 201
    reply = plane.api("PUT", "/webhooks/1", {**body, "url": "https://staff.example/hook"}, STAFF)
    assert reply.status == 200, reply.body
    plane.api("POST", "/payslips", {"name": mark("payslips")})
    assert delivered(plane) == []


def test_a_webhook_out_of_a_file_is_told_what_the_key_that_brought_it_may_read(restricted: Plane) -> None:
    restricted.post("/reset")
    now = "2025-07-01T09:00:00Z"
    hook = {"id": 1, "url": "https://staff.example/hook", "events": ["payslip.made", "bid.made"], "created_at": now, "updated_at": now}
    file = {**EMPTY, "collections": {"webhooks": [hook]}, "counters": {"id/webhooks": 1}}
    assert restricted.upload("brought", json.dumps(file).encode(), STAFF).status == 201
    assert restricted.post("/snapshots/brought/restore", key=STAFF).status == 200
    for collection in ("payslips", "bids"):
        restricted.api("POST", f"/{collection}", {"name": mark(collection)})
    assert [json.loads(one.body)["type"] for one in delivered(restricted)] == ["bid.made"]


@pytest.mark.parametrize("role", KEYS)
def test_deliveries_are_shown_as_their_events_are(restricted: Plane, role: str) -> None:
    all_of_them = restricted.get("/deliveries?limit=100").data
    seen = {type for collection, type in EMITTED.items() if role in READERS[collection]}
    page = restricted.get("/deliveries?limit=100", KEYS[role])
    assert [one["id"] for one in page.data] == [one["id"] for one in all_of_them if one["event_type"] in seen]
    assert page.json["meta"]["total_records"] == len(page.data)
    for one in all_of_them:
        shown = one["event_type"] in seen
        assert restricted.get(f"/deliveries/{one['id']}", KEYS[role]).status == (200 if shown else 404)
        if role != "read-only":
            assert restricted.post(f"/deliveries/{one['id']}/redeliver", key=KEYS[role]).status == (200 if shown else 404)


@pytest.mark.parametrize(("type", "status"), [("payslip.made", 403), ("notice.made", 403), ("bid.made", 201), ("person.made", 201)])
def test_staff_triggers_what_it_may_do_and_see(restricted: Plane, type: str, status: int) -> None:
    before = restricted.server.workspaces.get("default").image()
    reply = restricted.post("/events/trigger", {"type": type}, STAFF)
    assert reply.status == status, reply.body
    assert (restricted.server.workspaces.get("default").image() == before) == (status == 403)


def test_a_trigger_makes_nothing_that_the_key_may_not_create(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        for operation in (document["paths"]["/customers"]["post"], document["paths"]["/batch/customers"]["post"]):
            operation["x-role"] = ["administrator"]

    plane = plane_of(edit)
    reply = plane.post("/events/trigger", {"type": "invoice.created"}, STAFF)
    assert (reply.status, "customers" in reply.json["message"]) == (403, True)
    assert plane.get("/documents/customers").data == plane.get("/documents/invoices").data == []
    assert plane.post("/events/trigger", {"type": "invoice.created"}).status == 201
    assert plane.post("/events/trigger", {"type": "invoice.created"}, STAFF).status == 201


@pytest.mark.parametrize(("path", "method"), [("/invoices", "get"), ("/invoices", "post"), ("/transactions", "post")])
def test_nobody_pays_what_he_may_not_see_or_change(plane_of: PlaneOf, path: str, method: str) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["paths"][path][method]["x-role"] = ["administrator"]

    plane = plane_of(edit)
    plane.invoice()
    before = plane.server.workspaces.get("default").image()
    assert plane.post("/invoices/1/payments", {"amount": 1}, STAFF).status == 403
    assert plane.server.workspaces.get("default").image() == before
    assert plane.post("/invoices/1/payments", {"amount": 1}).status == 201


# Snapshots.


@pytest.mark.parametrize("role", KEYS)
@pytest.mark.parametrize("collection", READERS)
def test_a_file_leaves_whole_or_not_at_all(restricted: Plane, collection: str, role: str) -> None:
    restricted.post("/reset")
    if collection == "users":
        restricted.user(name=mark("users"))
    elif collection == "leads":
        restricted.api("POST", "/leads", {"first_name": mark("leads"), "last_name": "Smith", "email": "jane@example.com"})
    else:
        restricted.api("POST", f"/{collection}", {"account" if collection == "customers" else "name": mark(collection)})
    restricted.post("/snapshots", {"name": "one"})
    whole = role in READERS[collection] and (collection, role) != ("people", "read-only")  # who may not see each field
    for method in ("GET", "HEAD"):
        reply = restricted.send(method, "/snapshots/one/file", key=KEYS[role])
        assert reply.status == (200 if whole else 403)
    reply = restricted.get("/snapshots/one/file", KEYS[role])
    assert (mark(collection) in reply.body.decode()) == whole
    assert whole or (collection in reply.json["message"] and role in reply.json["message"])


def test_a_file_is_refused_to_him_too_who_says_that_he_has_it(restricted: Plane) -> None:
    restricted.post("/snapshots", {"name": "one"})
    tag = restricted.get("/snapshots/one/file").header("etag") or ""
    assert restricted.get("/snapshots/one/file", STAFF, headers={"If-None-Match": tag}).status == 403


@pytest.mark.parametrize("what", ["documents", "a counter"])
@pytest.mark.parametrize("collection", WRITERS)
def test_staff_brings_in_what_it_may_change(restricted: Plane, collection: str, what: str) -> None:
    restricted.post("/snapshots", {"name": "one"})
    file = restricted.get("/snapshots/one/file").json
    documents = file["collections"][collection] if what == "documents" else []
    sent = {**EMPTY, "collections": {collection: documents}, "counters": {f"id/{collection}": 1}}
    before = restricted.server.workspaces.get("default").image()
    reply = restricted.upload("two", json.dumps(sent).encode(), STAFF)
    allowed = "staff" in WRITERS[collection]
    assert reply.status == (201 if allowed else 403), reply.body
    assert allowed or collection in reply.json["message"]
    assert (restricted.server.workspaces.get("default").image() == before) != allowed
    assert restricted.upload("three", json.dumps(sent).encode()).status == 201


def test_a_file_that_says_of_a_collection_that_it_is_empty_is_no_attempt(restricted: Plane) -> None:
    file = {**EMPTY, "collections": {name: [] for name in WRITERS}, "counters": {"id/payslips": 0}}
    assert restricted.upload("two", json.dumps(file).encode(), STAFF).status == 201


@pytest.mark.parametrize("path", ["/snapshots/one/restore", "/reset/undo"])
@pytest.mark.parametrize("change", ["added", "removed"])
@pytest.mark.parametrize("collection", WRITERS)
def test_staff_restores_where_that_changes_what_it_may_change(restricted: Plane, collection: str, change: str, path: str) -> None:
    workspace = restricted.server.workspaces.get("default")
    restricted.post("/snapshots", {"name": "one"})
    workspace.change(undo="one")
    with workspace.transaction() as tx:
        if change == "removed":
            tx.remove(collection, 1)
        else:
            tx.insert(collection, {"name": "new", "created_at": tx.timestamp, "updated_at": tx.timestamp})
    before = workspace.image()
    reply = restricted.post(path, key=STAFF)
    allowed = "staff" in WRITERS[collection]
    assert reply.status == (200 if allowed else 403), reply.body
    assert allowed or (collection in reply.json["message"] and workspace.image() == before)
    assert restricted.post(path).status == (400 if allowed and "undo" in path else 200)  # an undo works once


def test_staff_restores_a_snapshot_off_the_disk_in_which_the_restricted_are_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    plane = Plane(data_dir=tmp_path_factory.mktemp("data"))
    plane.user()
    for name in ("one", "two", "three"):  # of which but two are at hand
        plane.customer()
        plane.post("/snapshots", {"name": name})
    plane.customer()
    assert plane.post("/snapshots/one/restore", key=STAFF).status == 200
    assert len(plane.get("/documents/customers").data) == 1
    plane.user(email="jane@example.com")
    assert plane.post("/snapshots/two/restore", key=STAFF).status == 403
    plane.close()


def test_staff_takes_its_own_reset_back_and_no_file_that_stands_in_its_place(restricted: Plane) -> None:
    users = restricted.get("/documents/users").data
    undo = restricted.post("/reset", key=STAFF).data["undo"]
    assert restricted.post("/reset/undo", key=STAFF).status == 200
    assert restricted.get("/documents/users").data == users
    undo = restricted.post("/reset", key=STAFF).data["undo"]
    restricted.user(name="Another")
    assert restricted.delete(f"/snapshots/{undo}", STAFF).status == 200
    assert restricted.upload(undo, json.dumps(EMPTY).encode(), STAFF).status == 201
    assert restricted.post("/reset/undo", key=STAFF).status == 403
    assert [one["name"] for one in restricted.get("/documents/users").data] == ["Another"]


def test_staff_commands_time_and_data_on_loopback(restricted: Plane) -> None:
    for method, path, body in COMMANDS:
        assert restricted.send(method, path, json=body, key=STAFF).status in (200, 201), path


# Webhooks.


@pytest.mark.parametrize("role", KEYS)
def test_a_read_only_key_sees_no_query_of_a_webhook(plane: Plane, role: str) -> None:
    plane.webhook(URL)
    plane.happen()
    replies = [plane.get(path, KEYS[role]) for path in ("/webhooks", "/webhooks/1", "/deliveries", "/deliveries?webhook_id=1", "/documents/webhooks")]
    for reply in replies:
        assert (SECRET in reply.body.decode()) == (role != "read-only")
    if role == "read-only":
        assert [reply.status for reply in replies] == [200, 200, 200, 200, 403]
        assert (
            plane.get("/webhooks/1", READ_ONLY).data["url"] == plane.get("/deliveries", READ_ONLY).data[0]["url"] == "https://your-domain.com/webhook"
        )


def test_where_registering_is_for_administrators_nobody_else_sees_or_changes_a_webhook(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["paths"]["/webhooks"]["post"]["x-role"] = ["administrator"]

    plane = plane_of(edit)
    plane.webhook(URL)
    plane.invoice()
    event = plane.get("/events").data[0]
    changes = [("DELETE", ""), ("POST", "/disable"), ("POST", "/enable"), ("POST", "/rotate-secret")]
    for key in (STAFF, READ_ONLY):
        for path in ("/webhooks", "/webhooks/1", "/deliveries", "/deliveries/1"):
            assert plane.get(path, key).status == 403, path
        for method, rest in changes:
            assert plane.send(method, f"/webhooks/1{rest}", key=key).status == 403, rest
        assert plane.post("/deliveries/1/redeliver", key=key).status == 403
        assert plane.get(f"/events/{event['id']}", key).data == {**event, "deliveries": []}
    assert plane.get("/deliveries").data[0]["url"] == URL


def test_what_keeps_a_webhook_is_named_to_those_who_may_know_of_it(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        with_restricted_collections(document)
        sent = document["paths"]["/payslips"]["post"]["requestBody"]["content"]["application/json"]
        hook = {"type": "integer", "minimum": 1, "x-ref": "webhooks"}
        sent["schema"] = {**sent["schema"], "properties": {**sent["schema"]["properties"], "hook": hook}}

    plane = plane_of(edit)
    plane.webhook()
    assert plane.api("POST", "/payslips", {"name": "Ours", "hook": 1}).status == 201
    assert "payslip" in plane.delete("/webhooks/1").errors["id"]
    assert "payslip" not in plane.delete("/webhooks/1", STAFF).errors["id"]


def test_what_the_api_answers_is_the_contracts_alone(plane_of: PlaneOf) -> None:
    """An author who lets read-only keys list webhooks has said what they see; the control plane shows them no query all the same."""

    def edit(document: dict[str, Any]) -> None:
        item, post = document["paths"]["/webhooks"], document["paths"]["/webhooks"]["post"]
        envelope = json.loads(json.dumps(document["components"]["schemas"]["WebhookAnswer"]))
        envelope["properties"]["data"] = {
            "type": "array",
            "items": {"type": "object", "properties": {"id": {"type": "integer"}, "url": {"type": "string"}}},
        }
        envelope["properties"]["meta"] = {"type": "object"}
        answer = {"description": "All.", "content": {"application/json": {"schema": envelope}}}
        item["get"] = {"operationId": "listWebhooks", "x-action": "list", "x-role": ALL, "responses": {"200": answer}}
        assert post["x-role"] == STAFF_TOO

    plane = plane_of(edit)
    plane.webhook(URL)
    assert plane.api("GET", "/webhooks", key=READ_ONLY).data == [{"id": 1, "url": URL}]
    assert plane.get("/documents/webhooks", READ_ONLY).data == [{"id": 1, "url": "https://your-domain.com/webhook"}]
    plane.post("/snapshots", {"name": "one"})
    assert plane.get("/snapshots/one/file", READ_ONLY).status == 403


# Off loopback.

COMMANDS: list[tuple[str, str, Any]] = [
    ("POST", "/reset", None),
    ("POST", "/reset/undo", None),
    ("POST", "/reset/pin", None),
    ("POST", "/snapshots", {"name": "mine"}),
    ("POST", "/snapshots/mine/restore", None),
    ("PUT", "/snapshots/theirs/file", FILE),
    ("PUT", "/rate-limit", {"limit": 3, "window": 60}),
    ("DELETE", "/rate-limit", None),
    ("POST", "/clock/advance", {"by": "PT1H"}),
    ("POST", "/clock/reset", None),
]
STILL_STAFFS = {"/snapshots", "/clock/advance", "/clock/reset"}


@pytest.fixture(params=[{"host": "0.0.0.0"}, {"trusted_proxies": "127.0.0.1"}], ids=["off loopback", "behind a proxy"])
def hosted(request: pytest.FixtureRequest) -> Iterator[tuple[Plane, dict[str, str]]]:
    """A server that others reach, and a key of its own for each role, which may ask as often as it likes."""
    plane = Plane(**request.param, max_control_rate="none")
    create = plane.server.admin_commands.keys_create
    yield plane, {role: create("default", "Ours", role)["key"] for role in KEYS}
    plane.close()


def test_off_loopback_what_replaces_everything_is_the_administrators(hosted: tuple[Plane, dict[str, str]]) -> None:
    plane, keys = hosted
    for method, path, body in COMMANDS:
        for role in ("read-only", "staff"):
            allowed = role == "staff" and path in STILL_STAFFS
            reply = plane.send(method, path, json=body, key=keys[role])
            assert reply.status in ((200, 201) if allowed else (403,)), (path, role)
            assert allowed or "administrator" in reply.json["message"] or role == "read-only"
        reply = plane.send(method, path, json={"name": "other"} if path == "/snapshots" else body, key=keys["administrator"])
        assert reply.status in (200, 201), (path, reply.body)
    for method, path in (("GET", "/keys"), ("POST", "/keys"), ("DELETE", "/keys/1")):
        assert plane.send(method, path, key=keys["staff"]).status == 403


@pytest.mark.parametrize(
    "body", [{"limit": 1_000_000, "window": 1}, {"limit": 36_001, "window": 3600}, {"limit": 11, "window": 1}, {"limit": 36_001, "window": 86_400}]
)
def test_off_loopback_no_workspace_lets_more_through_than_the_ceiling(hosted: tuple[Plane, dict[str, str]], body: dict[str, int]) -> None:
    plane, keys = hosted
    reply = plane.put("/rate-limit", body, keys["administrator"])
    assert (reply.status, [*reply.errors]) == (400, ["limit"])
    assert "36000 requests in 3600 seconds" in reply.errors["limit"]
    assert plane.get("/rate-limit", keys["administrator"]).data["default"] is True
    for allowed in ({"limit": 36_000, "window": 3600}, {"limit": 10, "window": 1}, {"limit": 1, "window": 60}):
        assert plane.put("/rate-limit", allowed, keys["administrator"]).status == 200
        assert plane.api("GET", "/customers", key=keys["staff"]).header("x-ratelimit-limit") == str(allowed["limit"])


def test_a_ceiling_that_is_given_holds_on_loopback_too() -> None:
    plane = Plane(max_rate_limit="100/60")
    assert plane.put("/rate-limit", {"limit": 101, "window": 60}).status == 400
    assert plane.put("/rate-limit", {"limit": 100, "window": 60}).status == 200
    plane.close()


def test_the_ceiling_is_no_lower_than_what_the_server_gives_everybody() -> None:
    plane = Plane(host="0.0.0.0", rate_limit="100000/60")
    key = plane.server.admin_commands.keys_create("default", "Ours", "administrator")["key"]
    assert plane.put("/rate-limit", {"limit": 90_000, "window": 60}, key).status == 200
    plane.close()


def test_a_limit_that_was_set_on_loopback_holds_as_far_as_the_ceiling_lets_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("data")
    plane = Plane(data_dir=folder)
    assert plane.put("/rate-limit", {"limit": 1_000_000, "window": 1}).status == 200
    plane.close()
    plane = Plane(data_dir=folder, host="0.0.0.0")
    key = plane.server.admin_commands.keys_create("default", "Ours", "administrator")["key"]
    assert plane.get("/rate-limit", key).data == {"limit": 36_000, "window": 3600, "default": False}
    assert plane.api("GET", "/customers", key=key).header("x-ratelimit-limit") == "36000"
    plane.close()


def test_an_edit_of_the_contract_changes_who_sees_what_was_stored_before(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An event that an earlier contract emitted, of a collection that there is no more, is the administrator's."""
    folder = tmp_path_factory.mktemp("data")
    document = own_document()
    with_restricted_collections(document)
    file = folder / "edited.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    plane = Plane(data_dir=folder / "data", spec=file)
    furnish(plane)
    plane.close()
    plane = Plane(data_dir=folder / "data")
    plane.clock.advance(timedelta(seconds=1))
    assert plane.get("/events", STAFF).data == plane.get("/events", READ_ONLY).data == []
    assert {one["type"] for one in plane.get("/events").data} == {*EMITTED.values()}
    assert plane.get("/deliveries", STAFF).data == []
    plane.close()
