"""Every quota, hit: what is refused, with which status and sentence, that nothing of it stays, and what `/usage` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.control import large_resets
from sandbox.events.outbox import EVENTS
from sandbox.quotas import LOCAL, UNLIMITED, Quotas, quotas, shown
from sandbox.state.api_keys import digest_of
from tests.asgi import ADMINISTRATOR, READ_ONLY, STAFF, Reply
from tests.control.plane import FILE, Plane

TABLE = {name: quota for name, _, quota in quotas()}
OVER_SOCKETS = {
    *("max_address_connections", "max_connections", "max_key_long_polls", "max_long_polls"),
    *("max_workspace_uploads", "max_uploads", "write_timeout"),
}
"""Those are hit in tests/edge/test_traffic.py, by several clients at once."""
Hit = Callable[[Plane], Reply]


@dataclass(frozen=True)
class Case:
    """`fill` uses a quota up where `hit` does not by itself; `hit` is what is one too many, or is repeated until it is."""

    limit: int
    hit: Hit
    fill: Callable[[Plane], object] | None = None


def customer(plane: Plane) -> Reply:
    return plane.api("POST", "/customers", {"account": "Jane Smith", "address": "x" * 300})


def two_customers(plane: Plane) -> None:
    assert [customer(plane).status for _ in range(2)] == [201, 201]


def pay(plane: Plane) -> Reply:
    return plane.post("/invoices/1/payments", {"amount": 1})


def invoice(plane: Plane) -> Reply:
    line = {"description": "Web Development", "amount": 1500, "qty": 1}
    return plane.api("POST", "/invoices", {"customer_id": 1, "date": "2025-07-01", "due_date": "2025-08-01", "items": [line]})


def webhook(plane: Plane) -> Reply:
    return plane.api("POST", "/webhooks", {"url": "https://your-domain.com/webhook", "events": ["invoice.created"]})


def events_that_are_pending(plane: Plane) -> None:
    two_customers(plane)
    assert webhook(plane).status == 201
    assert invoice(plane).status == 201


def until_refused(hit: Hit, status: int) -> Hit:
    """The first refusal; whatever is right before it is right."""

    def again(plane: Plane) -> Reply:
        reply = hit(plane)
        for _ in range(100):
            if reply.status == status:
                break
            assert reply.status in (200, 201), reply.body
            reply = hit(plane)
        return reply

    return again


def a_snapshot(plane: Plane) -> Reply:
    number = plane.get("/snapshots").json["meta"]["total_records"]
    return plane.post("/snapshots", {"name": f"kept-{number}"})


def an_upload(plane: Plane) -> Reply:
    return plane.send("PUT", "/snapshots/from-a-file/file", json=FILE | {"counters": {"id/customers": 1}}, key=ADMINISTRATOR)


def a_long_body(plane: Plane) -> Reply:
    plane.base = "/api/v2"
    try:
        return plane.send("POST", "/customers", key=ADMINISTRATOR, body=[b'{"account":', b" " * 2000, b'"a"}'])
    finally:
        plane.base = "/_sandbox"


def a_reset(plane: Plane) -> Reply:
    return plane.post("/reset", {"scenario": "demo"})


def unread(plane: Plane) -> None:
    """As a connection that nobody reads holds it."""
    plane.server.app.traffic.unsent.hold("127.0.0.1", digest_of(ADMINISTRATOR)).become(1000)


HITS: dict[str, Case] = {
    "max_workspaces": Case(3, until_refused(lambda plane: plane.post("/workspaces", {"scenario": "empty"}), 507)),
    "max_keys": Case(4, until_refused(lambda plane: plane.post("/keys", {"label": "CI", "role": "staff"}), 400)),
    "max_documents": Case(2, customer, two_customers),
    "max_documents_size": Case(1000, customer, two_customers),
    "max_data_size": Case(12_000, until_refused(customer, 507)),
    "max_snapshots_size": Case(2000, until_refused(a_snapshot, 507), two_customers),
    "max_upload_size": Case(50, an_upload),
    "max_webhooks": Case(2, until_refused(webhook, 400)),
    "max_pending_deliveries": Case(1, invoice, events_that_are_pending),
    "max_event_log_size": Case(300, invoice, events_that_are_pending),
    "max_control_rate": Case(2, until_refused(lambda plane: plane.get("/clock"), 429)),
    "large_reset_interval": Case(60, until_refused(a_reset, 429)),
    "max_bodies_size": Case(1000, a_long_body),
    "max_address_bodies_size": Case(1000, a_long_body),
    "max_key_bodies_size": Case(1000, a_long_body),
    "max_unsent_size": Case(1000, customer, unread),
    "max_address_unsent_size": Case(1000, customer, unread),
    "max_key_unsent_size": Case(1000, customer, unread),
}
OLDEST_GO = {"max_revoked_keys", "max_events", "max_addresses"}


@pytest.fixture
def begin() -> Iterator[Callable[..., Plane]]:
    planes: list[Plane] = []

    def one(**settings: Any) -> Plane:
        planes.append(Plane(**settings))
        return planes[-1]

    yield one
    for plane in planes:
        plane.close()


Begin = Callable[..., Plane]


def everything(plane: Plane) -> Any:
    """All that a refusal might leave behind."""
    workspace = plane.server.workspaces.get("default")
    image = workspace.image()
    registry = [(one["name"], one["keys"]) for one in plane.server.admin_commands.workspaces_list()]
    return image.tables, image.counters, registry


def used_and_limit(plane: Plane, name: str, key: str = ADMINISTRATOR) -> tuple[int | None, int | None]:
    reply = plane.get("/usage", key)
    assert reply.status == 200, reply.body
    one = next(one for one in reply.data["quotas"] if one["name"] == name)
    return one["used"], one["limit"]


def test_the_table_of_hits_has_every_quota() -> None:
    assert {*HITS, *OVER_SOCKETS, *OLDEST_GO} == {*Quotas.__struct_fields__} == {*TABLE}


@pytest.mark.parametrize("name", HITS)
def test_a_quota_that_is_hit_is_refused_in_a_sentence_and_nothing_stays(name: str, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    case, quota = HITS[name], TABLE[name]
    monkeypatch.setattr(large_resets, "LARGE", 10)
    plane = begin(**{name: case.limit})
    if case.fill is not None:
        case.fill(plane)
    assert case.hit(plane).status == quota.status
    before = everything(plane)
    reply = case.hit(plane)
    assert reply.status == quota.status, reply.body
    assert everything(plane) == before
    said = "; ".join([reply.json["message"], *reply.errors.values()])
    number = shown(case.limit, quota.unit).replace(",", "").removesuffix(" s")
    assert number.removesuffix(" bytes") in said.replace(",", ""), said
    assert (reply.header("retry-after") is not None) == (quota.status == 429)


def test_a_reset_that_is_refused_for_its_size_does_not_use_up_the_next(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_resets, "LARGE", 10)
    plane = begin(scenario="empty", large_reset_interval=60, max_documents=30)
    assert a_reset(plane).status == 507
    monkeypatch.setattr(large_resets, "LARGE", 0)
    assert plane.post("/reset", {"scenario": "empty"}).status == 200


@pytest.mark.parametrize("name", HITS)
def test_usage_shows_the_limit_and_what_is_used(name: str, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_resets, "LARGE", 10)
    case, refuses_for_good = HITS[name], TABLE[name].status in (400, 507)
    limit = case.limit if refuses_for_good else 10 * case.limit  # else the question itself were refused
    plane = begin(**{name: limit})
    before, shown_limit = used_and_limit(plane, name)
    assert shown_limit == limit
    if case.fill is not None:
        case.fill(plane)
    if refuses_for_good:
        assert case.hit(plane).status == TABLE[name].status
    elif name == "large_reset_interval":
        assert a_reset(plane).status == 200
    after, _ = used_and_limit(plane, name)
    if name == "max_upload_size":
        assert (before, after) == (None, None), "it is of each request"
        return
    assert before is not None
    assert after is not None
    assert after > before or name.endswith("bodies_size") or name == "max_control_rate", "those are over when the request is"


def test_what_is_left_out_of_the_documents_goes_on_when_the_workspace_is_full(begin: Begin) -> None:
    plane = begin(max_documents=2, max_documents_size=1000)
    two_customers(plane)
    assert customer(plane).status == 507
    assert plane.api("GET", "/customers").status == 200
    assert plane.api("PUT", "/customers/1", {"account": "Jo"}).status == 200, "what gets smaller is no growth"
    assert plane.api("PUT", "/customers/1", {"account": "Jo", "address": "x" * 900}).status == 507
    assert plane.post("/clock/advance", {"by": "PT1H"}).status == 200
    assert plane.post("/snapshots", {"name": "kept"}).status == 201
    assert plane.api("DELETE", "/customers/1").status == 200
    assert customer(plane).status == 201
    assert used_and_limit(plane, "max_documents") == (2, 2)


# Every way in which a workspace gets more documents.
WAYS_IN: dict[str, Callable[[Plane], Reply]] = {
    "create": customer,
    "batch": lambda plane: plane.api("POST", "/batch/customers", {"customers": [{"account": "a"}, {"account": "b"}]}),
    "create of another collection": lambda plane: plane.api("POST", "/products", {"name": "Hosting", "price": 5}),
    "webhook": webhook,
    "payment": pay,
    "event on demand": lambda plane: plane.post("/events/trigger", {"type": "invoice.created"}),
    "reset": a_reset,
    "restore": lambda plane: plane.post("/snapshots/larger/restore"),
    "undo": lambda plane: plane.post("/reset/undo"),
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_full_workspace_is_full_by_every_way(way: str, begin: Begin) -> None:
    plane = begin(max_documents=3)
    two_customers(plane)
    assert invoice(plane).status == 201
    if way in ("restore", "undo"):
        assert plane.post("/snapshots", {"name": "larger"}).status == 201
        if way == "undo":
            assert plane.post("/reset", {"scenario": "empty"}).status == 200
        else:
            assert plane.api("DELETE", "/customers/2").status == 200
        quota = plane.server.workspaces.quota
        assert quota is not None
        object.__setattr__(quota, "documents", 2)  # as after a start with another setting
    before = everything(plane)
    reply = WAYS_IN[way](plane)
    assert reply.status == 507, reply.body
    assert everything(plane) == before


def test_what_the_server_itself_writes_has_room_in_a_full_workspace(begin: Begin) -> None:
    plane = begin(max_documents_size=1000)
    assert webhook(plane).status == 201
    assert until_refused(customer, 507)(plane).status == 507
    assert plane.post("/webhooks/1/disable").status == 200
    assert plane.post("/webhooks/1/enable").status == 200
    assert plane.post("/webhooks/1/rotate-secret").status == 200


def test_a_file_with_more_than_a_workspace_may_have_is_refused_whole(begin: Begin) -> None:
    plane = begin(max_documents=2, max_webhooks=1)
    now = "2025-07-01T09:00:00Z"
    three = [{"id": id, "account": "a", "created_at": now, "updated_at": now} for id in (1, 2, 3)]
    reply = plane.send(
        "PUT", "/snapshots/file/file", json=FILE | {"collections": {"customers": three}, "counters": {"id/customers": 3}}, key=ADMINISTRATOR
    )
    assert (reply.status, reply.errors["collections"]) == (400, "Collections hold 3 documents; at most 2 are taken")
    hooks = [{"id": id, "url": "https://your-domain.com", "events": ["invoice.created"], "created_at": now, "updated_at": now} for id in (1, 2)]
    reply = plane.send(
        "PUT", "/snapshots/file/file", json=FILE | {"collections": {"webhooks": hooks}, "counters": {"id/webhooks": 2}}, key=ADMINISTRATOR
    )
    assert (reply.status, reply.errors["collections.webhooks"]) == (400, "There are 2 webhooks; a workspace has at most 1")
    assert plane.get("/snapshots").data == []


def test_the_oldest_revoked_keys_go_and_a_test_key_stays_revoked(begin: Begin) -> None:
    plane = begin(max_revoked_keys=2)
    made = [plane.post("/keys", {"label": f"{number}", "role": "staff"}).data["id"] for number in range(4)]
    for id in made:
        assert plane.delete(f"/keys/{id}").status == 200
    revoked = [one["label"] for one in plane.get("/keys?limit=100").data if one["revoked_at"] is not None]
    assert len(revoked) == 3, "the test key is one"
    assert revoked[-2:] == ["2", "3"]
    assert used_and_limit(plane, "max_revoked_keys") == (2, 2)
    assert plane.delete(f"/keys/{made[0]}").status == 404


def test_the_oldest_events_go(begin: Begin) -> None:
    plane = begin(max_events=100)
    for _ in range(350):
        plane.happen()
    used, _ = used_and_limit(plane, "max_events")
    assert used is not None
    assert 100 <= used < 200


def test_events_that_nobody_waits_for_go_when_the_log_has_as_much_as_it_may(begin: Begin) -> None:
    plane = begin(max_event_log_size=2000)
    two_customers(plane)
    assert {invoice(plane).status for _ in range(30)} == {201}
    used, _ = used_and_limit(plane, "max_event_log_size")
    assert used is not None
    assert 1000 < used < 3000
    workspace = plane.server.workspaces.get("default")
    assert 2 <= len(workspace.table(EVENTS).ids()) < 10


def test_addresses_are_counted_as_parsed_and_the_oldest_go(begin: Begin) -> None:
    plane = begin(max_addresses=4, rate_limit="5/3600")

    def ask(address: str) -> int:
        reply = _keyless(plane, address)
        return int(reply.header("x-ratelimit-remaining") or -1)

    same = ["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:C000:0201"]
    assert [ask(one) for one in same] == [4, 3, 2]
    site = ["2001:db8::1", "2001:DB8:0:0::2", "2001:0db8:0000:0000:ffff::3"]
    assert [ask(one) for one in site] == [4, 3, 2]
    assert ask("2001:db8:0:1::1") == 4, "the next site"
    assert [ask("no address"), ask("another")] == [4, 3], "what is none is one"
    for number in range(20):
        ask(f"198.51.100.{number}")
    used, _ = used_and_limit(plane, "max_addresses")
    assert used is not None
    assert used <= 4


def _keyless(plane: Plane, address: str) -> Reply:
    plane.base = "/api/v2"
    try:
        return plane.send("GET", "/customers", address=address)
    finally:
        plane.base = "/_sandbox"


def test_a_daily_reset_is_refused_by_no_quota_and_its_snapshot_takes_the_place_of_older_ones(begin: Begin) -> None:
    plane = begin(max_snapshots_size=1500)
    two_customers(plane)
    for _ in range(4):
        assert plane.post("/reset", {"scenario": "empty"}).status == 200
        two_customers(plane)
    names = [one["name"] for one in plane.get("/snapshots").data]
    assert 1 <= len(names) <= 2, names
    assert plane.post("/reset/undo").status == 200


@pytest.mark.parametrize("key", [STAFF, READ_ONLY])
def test_what_all_use_together_is_for_administrators(key: str, begin: Begin) -> None:
    plane = begin()
    assert used_and_limit(plane, "max_workspaces") == (2, None)
    assert used_and_limit(plane, "max_workspaces", key) == (None, None)
    assert used_and_limit(plane, "max_documents", key) == (0, None)


def test_nobody_sees_what_all_use_together_where_others_can_reach_the_server(begin: Begin) -> None:
    plane = begin(trusted_proxies="127.0.0.1")
    reply = plane.get("/usage")
    if reply.status == 401:  # test keys may be for this machine alone
        key = plane.server.admin_commands.keys_create("default", "Ours", "administrator")["key"]
        reply = plane.get("/usage", key)
    assert {one["name"] for one in reply.data["quotas"] if one["used"] is not None and one["scope"] == "server"} == set()
    limits = {one["name"]: one["limit"] for one in reply.data["quotas"]}
    assert limits == {name: quota.hosted for name, quota in TABLE.items()}


def test_on_this_machine_what_a_person_does_is_not_limited() -> None:
    generous = {
        "max_upload_size",
        "max_workspace_uploads",
        "max_uploads",
        "max_keys",
        "max_revoked_keys",
        "max_events",
        "max_addresses",
        "write_timeout",
    }
    for name in TABLE:
        limit = getattr(LOCAL, name)
        assert limit >= UNLIMITED or name in generous or limit in (0, 256 * 1024**2, 512 * 1024**2), name
