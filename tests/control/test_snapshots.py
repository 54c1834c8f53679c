"""Snapshots put a world aside under a name, and bring back exactly that one, whatever happened in between."""

from time import perf_counter as timer

import pytest

from tests.asgi import OTHER, STAFF
from tests.control.plane import Plane


def test_a_snapshot_is_listed_and_read_back(plane: Plane) -> None:
    plane.invoice()
    taken = plane.post("/snapshots", {"name": "one"}, STAFF)
    assert taken.status == 201
    assert taken.data == {"name": "one", "created_at": f"{plane.clock.now():%Y-%m-%dT%H:%M:%SZ}", "documents": 2, "expires_at": None}
    assert taken.header("location") == "/_sandbox/snapshots/one"
    assert plane.get("/snapshots/one").data == taken.data
    listed = plane.get("/snapshots")
    assert (listed.data, listed.json["meta"]["total_records"]) == ([taken.data], 1)


def test_the_list_has_pages_oldest_first(plane: Plane) -> None:
    for number in range(5):
        plane.post("/snapshots", {"name": f"s{number}"})
    page = plane.get("/snapshots?page=2&limit=2")
    assert [one["name"] for one in page.data] == ["s2", "s3"]
    assert page.json["meta"] == {"current_page": 2, "total_pages": 3, "total_records": 5}


def test_a_snapshot_is_made_by_the_servers_time(plane: Plane) -> None:
    plane.post("/clock/advance", {"by": "P30D"})
    assert plane.post("/snapshots", {"name": "one"}).data["created_at"] == f"{plane.clock.now():%Y-%m-%dT%H:%M:%SZ}"


def test_restoring_brings_back_documents_and_counters_and_nothing_else(plane: Plane) -> None:
    first = plane.invoice()
    number = plane.get(f"/documents/invoices/{first}").data["invoice_number"]
    plane.post("/snapshots", {"name": "one"})
    image = plane.server.workspaces.get("default").image().world()
    second = plane.invoice()
    plane.post(f"/invoices/{first}/payments", {"amount": 1})
    plane.api("DELETE", f"/customers/{plane.customer()}")
    plane.post("/clock/advance", {"by": "PT1H"})
    plane.put("/rate-limit", {"limit": 7, "window": 60})

    restored = plane.post("/snapshots/one/restore")

    assert (restored.status, restored.data["name"]) == (200, "one")
    assert plane.server.workspaces.get("default").image().world() == image
    assert plane.get(f"/documents/invoices/{first}").data["invoice_number"] == number
    assert plane.invoice() == second
    assert plane.get("/clock").data["offset"] == "PT1H"
    assert plane.get("/rate-limit").data["limit"] == 7
    assert [one["name"] for one in plane.get("/snapshots").data] == ["one"]


def test_a_snapshot_can_be_restored_again_and_again(plane: Plane) -> None:
    plane.post("/snapshots", {"name": "none"})
    for _ in range(3):
        assert plane.customer() == 1
        assert plane.post("/snapshots/none/restore").status == 200
        assert plane.get("/documents/customers").data == []


def test_windows_of_the_rate_limit_stay_when_a_snapshot_is_restored(plane: Plane) -> None:
    plane.post("/snapshots", {"name": "one"})
    plane.put("/rate-limit", {"limit": 1, "window": 60})
    assert [plane.api("GET", "/customers").status for _ in range(2)] == [200, 429]
    plane.post("/snapshots/one/restore")
    assert plane.api("GET", "/customers").status == 429


def test_no_snapshot_is_overwritten(plane: Plane) -> None:
    plane.post("/snapshots", {"name": "one"})
    before = plane.get("/snapshots").body
    again = plane.post("/snapshots", {"name": "one"})
    assert (again.status, [*again.errors]) == (400, ["name"])
    assert plane.get("/snapshots").body == before


def test_a_deleted_snapshot_is_gone_and_its_name_free(plane: Plane) -> None:
    plane.post("/snapshots", {"name": "one"})
    gone = plane.delete("/snapshots/one")
    assert (gone.status, gone.json) == (200, {"success": True, "message": "Snapshot one was deleted"})
    assert plane.get("/snapshots/one").status == 404
    assert plane.post("/snapshots", {"name": "one"}).status == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/snapshots/none"),
        ("DELETE", "/snapshots/none"),
        ("POST", "/snapshots/none/restore"),
        ("GET", "/snapshots/none/file"),
    ],
)
def test_a_name_that_is_not_known_is_a_404(plane: Plane, method: str, path: str) -> None:
    plane.post("/snapshots", {"name": "none"}, OTHER)
    assert plane.send(method, path, key="sbx_test_administrator").status == 404


BAD = ["..", ".", ".hidden", "-x", "a b", "a/b", "a\\b", "../../etc/passwd", "a\x00b", "é", "a\n", "x" * 65, "~", "con:", "%2e%2e", "*"]


@pytest.mark.parametrize("name", [*BAD, ""])
def test_a_bad_name_in_a_body_is_a_400_that_names_it(plane: Plane, name: str) -> None:
    reply = plane.post("/snapshots", {"name": name})
    assert (reply.status, [*reply.errors]) == (400, ["name"])
    assert plane.get("/snapshots").data == []


@pytest.mark.parametrize("name", ["...", ".hidden", "-x", "a%20b", "..%2f..%2fetc%2fpasswd", "a%2Fb", "a%5cb", "%c3%a9", "x" * 65])
def test_a_bad_name_in_a_path_is_a_400_that_names_it(plane: Plane, name: str) -> None:
    file = b'{"format": "business-suite-snapshot", "version": 1, "collections": {}, "counters": {}}'
    replies = [
        plane.get(f"/snapshots/{name}"),
        plane.delete(f"/snapshots/{name}"),
        plane.post(f"/snapshots/{name}/restore"),
        plane.get(f"/snapshots/{name}/file"),
        plane.upload(name, file),
    ]
    assert [(reply.status, [*reply.errors]) for reply in replies] == [(400, ["name"])] * 5
    assert plane.get("/snapshots").data == []


@pytest.mark.parametrize("name", ["..", "%2e%2e", ".", "a%00b", "%ff", "%", "a/b"])
def test_a_path_that_can_name_nothing_is_404(plane: Plane, name: str) -> None:
    replies = [plane.get(f"/snapshots/{name}"), plane.delete(f"/snapshots/{name}"), plane.post(f"/snapshots/{name}/restore")]
    assert [reply.status for reply in replies] == [404] * 3


def test_a_world_of_ten_thousand_documents_is_taken_and_restored_in_an_instant(plane: Plane) -> None:
    workspace = plane.server.workspaces.get("default")
    with workspace.transaction() as tx:
        for number in range(10_000):
            tx.insert("leads", {"first_name": "Jane", "last_name": f"Smith {number}", "email": f"jane{number}@example.com"})
    began = timer()
    assert plane.post("/snapshots", {"name": "large"}).data["documents"] == 10_000
    taken = timer()
    assert plane.post("/snapshots/large/restore").status == 200
    restored = timer()
    assert taken - began < 0.5
    assert restored - taken < 0.5
