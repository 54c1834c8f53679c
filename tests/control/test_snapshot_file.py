"""A snapshot leaves as a file without a secret in it, and comes in only if the API could have made what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from sandbox.control.snapshot_scanner import SnapshotScanner
from sandbox.control.snapshot_validation import SnapshotReader
from sandbox.fair_scheduler import Pause
from sandbox.state.image import Image
from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, Reply
from tests.control.plane import FILE, Plane

USER = {"name": "Admin User", "email": "john@example.com", "password": "securepassword", "role": "administrator"}
WEBHOOK = {"url": "https://your-domain.com/webhook", "events": ["invoice.created"]}
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def furnished(plane: Plane) -> Plane:
    """With a snapshot `one` that has something of every kind."""
    first, second = plane.invoice(1500), plane.invoice(0.3, date="2024-02-29")
    plane.post(f"/invoices/{first}/payments", {"amount": 500.25})
    plane.post(f"/invoices/{second}/payments", {"amount": 0.3})
    plane.api("DELETE", f"/customers/{plane.customer()}")
    plane.api("POST", "/customers", {"account": "Zoë 東京 😀 \u202e", "email": "zoe@example.com"})
    plane.user()
    plane.user(email="jane@example.com")
    for _ in range(2):
        assert plane.api("POST", "/webhooks", WEBHOOK).status == 201
    plane.post("/snapshots", {"name": "one"})
    return plane


def downloaded(plane: Plane, name: str = "one") -> dict[str, Any]:
    file: dict[str, Any] = plane.get(f"/snapshots/{name}/file").json
    return file


def sent(plane: Plane, file: Any, name: str = "two", key: str = ADMINISTRATOR) -> Reply:
    return plane.upload(name, json.dumps(file).encode(), key)


def refused(plane: Plane, file: Any) -> dict[str, str]:
    """What is wrong with a file, once it is seen that nothing of it stayed."""
    before = plane.server.workspaces.get("default").image()
    reply = sent(plane, file)
    assert (reply.status, reply.json["success"]) == (400, False)
    assert plane.server.workspaces.get("default").image() == before
    assert reply.errors
    return reply.errors


def test_a_download_is_a_file_of_json_without_an_envelope(furnished: Plane) -> None:
    reply = furnished.get("/snapshots/one/file")
    assert (reply.status, reply.header("content-type")) == (200, "application/json")
    assert reply.header("content-disposition") == 'attachment; filename="one.json"'
    assert [*reply.json] == ["format", "version", "collections", "counters"]
    assert (reply.json["format"], reply.json["version"]) == ("business-suite-snapshot", 1)
    assert reply.json["counters"]["id/customers"] == 4
    assert reply.json["counters"]["invoice_number/2024"] == 1
    assert [one["_paid"] for one in reply.json["collections"]["invoices"]] == [500.25, 0.3]


def test_a_download_leaves_the_snapshot_as_it_is(furnished: Plane) -> None:
    """Also one that is refused, and of a snapshot that is not among the newest."""
    for name in ("two", "three", "four"):
        assert furnished.post("/snapshots", {"name": name}).status == 201
    before = downloaded(furnished)
    assert furnished.get("/snapshots/one/file", key=READ_ONLY).status == 403
    assert downloaded(furnished) == before
    assert any(before["collections"].values())
    assert furnished.post("/snapshots/one/restore").status == 200
    assert furnished.api("GET", "/customers").json["data"]


def test_no_secret_and_no_digest_leaves_in_a_file(furnished: Plane) -> None:
    body = furnished.get("/snapshots/one/file").body
    for secret in (b"argon2", b"whsec_", b"_password", b"_secret", b"securepassword", b"sbx_", b"digest", b"_facts", b"_snapshots"):
        assert secret not in body
    assert b"john@example.com" in body


def test_what_was_downloaded_comes_back_under_another_name(furnished: Plane) -> None:
    before = furnished.server.workspaces.get("default").image().world()
    body = furnished.get("/snapshots/one/file").body
    reply = furnished.upload("two", body)
    assert (reply.status, reply.header("location")) == (201, "/_sandbox/snapshots/two")
    assert reply.data == furnished.get("/snapshots/two").data
    assert reply.data["documents"] == furnished.get("/snapshots/one").data["documents"]
    assert furnished.get("/snapshots/two/file").body == body

    furnished.post("/reset")
    furnished.post("/snapshots/two/restore")

    after = furnished.server.workspaces.get("default").image().world()
    assert after.counters == before.counters
    assert without_secrets(after.tables) == without_secrets(before.tables)
    assert furnished.invoice() == 3


def without_secrets(tables: dict[str, dict[int, Any]]) -> Any:
    hidden = ("_password", "_secret")
    return {name: {id: {key: part for key, part in one.items() if key not in hidden} for id, one in table.items()} for name, table in tables.items()}


def test_users_and_webhooks_get_new_secrets(furnished: Plane) -> None:
    before = furnished.server.workspaces.get("default").image().tables
    sent(furnished, downloaded(furnished))
    furnished.post("/snapshots/two/restore")
    after = furnished.server.workspaces.get("default").image().tables
    secrets = [one["_secret"] for one in (*before["webhooks"].values(), *after["webhooks"].values())]
    assert len(set(secrets)) == 4
    assert all(secret.startswith("whsec_") for secret in secrets)
    digests = {one["_password"] for one in after["users"].values()}
    assert all(digest.startswith("$argon2id$") for digest in digests)
    assert not digests & {one["_password"] for one in before["users"].values()}


def test_a_file_may_be_taken_to_another_workspace(furnished: Plane) -> None:
    file = downloaded(furnished)
    assert sent(furnished, file, "theirs", OTHER).status == 201
    furnished.post("/snapshots/theirs/restore", key=OTHER)
    assert furnished.get("/documents/invoices", OTHER).data == furnished.get("/documents/invoices").data
    assert furnished.get("/snapshots/theirs").status == 404


def test_a_restored_file_works_like_any_world(furnished: Plane) -> None:
    sent(furnished, downloaded(furnished))
    furnished.post("/snapshots/two/restore")
    assert furnished.post("/invoices/1/payments", {"amount": 999.75}).data["status"] == "Paid"
    assert furnished.post("/invoices/2/payments", {"amount": 0.01}).status == 400
    assert furnished.api("GET", "/customers?search=zo%C3%AB").data[0]["id"] == 4
    assert furnished.api("POST", "/users", USER).status == 400
    assert furnished.api("DELETE", "/customers/1").status == 400


def test_an_empty_world_is_a_file_too(plane: Plane) -> None:
    assert sent(plane, FILE).status == 201
    plane.customer()
    plane.post("/snapshots/two/restore")
    assert plane.get("/documents/customers").data == []


def test_documents_may_stand_in_any_order(furnished: Plane) -> None:
    file = downloaded(furnished)
    file["collections"]["customers"].reverse()
    assert sent(furnished, file).status == 201
    furnished.post("/snapshots/two/restore")
    assert [one["id"] for one in furnished.get("/documents/customers").data] == [1, 2, 4]


def test_a_name_that_is_taken_is_not_overwritten(furnished: Plane) -> None:
    before = furnished.get("/snapshots/one/file").body
    reply = furnished.upload("one", json.dumps(FILE).encode())
    assert (reply.status, [*reply.errors]) == (400, ["name"])
    assert furnished.get("/snapshots/one/file").body == before


def test_an_invoice_number_of_another_form_is_in_nobodys_way(furnished: Plane) -> None:
    file = downloaded(furnished)
    invoice(file)["invoice_number"] = "2025/7"
    file["counters"]["invoice_number/2025"] = 0
    assert sent(furnished, file).status == 201


def test_more_documents_than_are_taken_are_refused(furnished: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.control.snapshot_validation.MOST_DOCUMENTS", 5)
    assert [*refused(furnished, downloaded(furnished))] == ["collections"]


def test_a_workspace_that_is_deleted_while_its_file_is_read_gets_no_snapshot(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    plane.server.admin_commands.workspaces_create("short")
    key = plane.server.admin_commands.keys_create("short", "Ours", "staff")["key"]
    assert plane.get("/snapshots", key).status == 200

    def delete_and_read(reader: SnapshotReader, scanned: SnapshotScanner, role: str, pause: Pause) -> Image:
        plane.server.admin_commands.workspaces_delete("short")
        return Image()

    monkeypatch.setattr(SnapshotReader, "read", delete_and_read)
    assert sent(plane, FILE, key=key).status == 401
    assert plane.get("/snapshots", key).status == 401


def customer(file: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = file["collections"]["customers"][1]
    return found


def invoice(file: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = file["collections"]["invoices"][0]
    return found


WRONG: dict[str, tuple[Edit, str]] = {
    "another format": (lambda file: file.update(format="zip"), "format"),
    "another version": (lambda file: file.update(version=2), "version"),
    "no version": (lambda file: file.pop("version"), "body"),
    "no collections": (lambda file: file.pop("collections"), "body"),
    "a stranger": (lambda file: file.update(keys=[]), "body"),
    "collections in a list": (lambda file: file.update(collections=[]), "body"),
    "counters in a list": (lambda file: file.update(counters=[]), "body"),
    "an unknown collection": (lambda file: file["collections"].update(nothing=[]), "collections.nothing"),
    "a private table": (lambda file: file["collections"].update(_facts=[{"id": 1}]), "collections._facts"),
    "a collection that is no list": (lambda file: file["collections"].update(leads={}), "collections.leads"),
    "a document that is no object": (lambda file: file["collections"].update(leads=[1]), "collections.leads.0"),
    "an unknown field": (lambda file: customer(file).update(nonsense=1), "collections.customers.1.nonsense"),
    "a field of the wrong kind": (lambda file: customer(file).update(city=5), "collections.customers.1.city"),
    "a null": (lambda file: customer(file).update(city=None), "collections.customers.1.city"),
    "a NUL": (lambda file: customer(file).update(city="\x00"), "collections.customers.1.city"),
    "no account": (lambda file: customer(file).pop("account"), "collections.customers.1.account"),
    "no time of creation": (lambda file: customer(file).pop("created_at"), "collections.customers.1.created_at"),
    "a time with a zone": (lambda file: customer(file).update(created_at="2024-01-15T10:00:00+01:00"), "collections.customers.1.created_at"),
    "no id": (lambda file: customer(file).pop("id"), "collections.customers.1.id"),
    "an id of 0": (lambda file: customer(file).update(id=0), "collections.customers.1.id"),
    "an id that is a text": (lambda file: customer(file).update(id="1"), "collections.customers.1.id"),
    "an id that is true": (lambda file: customer(file).update(id=True), "collections.customers.1.id"),
    "an id beyond all counters": (lambda file: customer(file).update(id=2**53 - 1), "collections.customers.1.id"),
    "an id twice": (lambda file: customer(file).update(id=1), "collections.customers.1.id"),
    "an id above its counter": (lambda file: file["counters"].update({"id/customers": 3}), "counters.id/customers"),
    "no counter": (lambda file: file["counters"].pop("id/invoices"), "counters.id/invoices"),
    "an unknown counter": (lambda file: file["counters"].update({"id/nothing": 1}), "counters.id/nothing"),
    "a private counter": (lambda file: file["counters"].update({"id/_facts": 1}), "counters.id/_facts"),
    "a counter of no year": (lambda file: file["counters"].update({"invoice_number/24": 1}), "counters.invoice_number/24"),
    "a counter below 0": (lambda file: file["counters"].update({"id/leads": -1}), "counters.id/leads"),
    "a counter that is no whole number": (lambda file: file["counters"].update({"id/leads": 1.5}), "counters.id/leads"),
    "a counter that is a text": (lambda file: file["counters"].update({"id/leads": "1"}), "counters.id/leads"),
    "a counter that is true": (lambda file: file["counters"].update({"id/leads": True}), "counters.id/leads"),
    "a counter near its end": (lambda file: file["counters"].update({"id/leads": 2**53 - 1}), "counters.id/leads"),
    "a number that would come again": (lambda file: file["counters"].update({"invoice_number/2025": 0}), "counters.invoice_number/2025"),
    "an invoice of nobody": (lambda file: invoice(file).update(customer_id=3), "collections.invoices.0.customer_id"),
    "an invoice without items": (lambda file: invoice(file).update(items=[]), "collections.invoices.0.items"),
    "an item of the wrong kind": (lambda file: invoice(file)["items"][0].update(qty="1"), "collections.invoices.0.items.0.qty"),
    "an amount with three decimals": (lambda file: invoice(file).update(amount=1500.001), "collections.invoices.0.amount"),
    "an invoice number twice": (lambda file: invoice(file).update(invoice_number="INV-2024-001"), "collections.invoices.0.invoice_number"),
    "an unknown status": (lambda file: invoice(file).update(status="Lost"), "collections.invoices.0.status"),
    "more paid than owed": (lambda file: invoice(file).update(_paid=1500.01), "collections.invoices.0._paid"),
    "less paid than nothing": (lambda file: invoice(file).update(_paid=-0.01), "collections.invoices.0._paid"),
    "a part of a cent paid": (lambda file: invoice(file).update(_paid=0.001), "collections.invoices.0._paid"),
    "a payment in words": (lambda file: invoice(file).update(_paid="1"), "collections.invoices.0._paid"),
    "a payment that is true": (lambda file: invoice(file).update(_paid=True), "collections.invoices.0._paid"),
    "a payment of a customer": (lambda file: customer(file).update(_paid=0), "collections.customers.1._paid"),
    "a digest": (lambda file: file["collections"]["users"][0].update(_password="$argon2id$"), "collections.users.0._password"),
    "a password": (lambda file: file["collections"]["users"][0].update(password="securepassword"), "collections.users.0.password"),
    "a secret": (lambda file: file["collections"]["webhooks"][0].update(_secret="whsec_AAAA"), "collections.webhooks.0._secret"),
    "a secret that is shown once": (lambda file: file["collections"]["webhooks"][0].update(secret="whsec_AAAA"), "collections.webhooks.0.secret"),
    "an address twice": (lambda file: file["collections"]["users"][0].update(email="JANE@example.com"), "collections.users.0.email"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_with_one_fault_is_refused_and_its_place_named(furnished: Plane, what: str) -> None:
    file = deepcopy(downloaded(furnished))
    edit, place = WRONG[what]
    edit(file)
    assert place in refused(furnished, file)


def test_at_most_twenty_faults_are_told(furnished: Plane) -> None:
    file = downloaded(furnished)
    file["collections"]["leads"] = [{"id": number} for number in range(1, 1000)]
    faults = refused(furnished, file)
    assert len(faults) == 20
    assert all(place.startswith("collections.leads.") for place in faults)


@pytest.mark.parametrize(
    "inside",
    [
        b'{"leads": [{"id": 1, "id": 2}]}',
        b'{"leads": [{"id": NaN}]}',
        b'{"leads": [{"id": 1e999999999999}]}',
        b'{"leads": [{"id": "\xff"}]}',
        b'{"leads": [{"id": "\\ud800"}]}',
        b'{"leads": [{"id": %b}]}' % (b"9" * 5000),
        b'{"leads": [%b]}' % (b"[" * 5000 + b"]" * 5000),
        b'{"leads": %b}' % (b"[" * 100_000),
        b'{"leads": [{"id": 1}, ]}',
        b'{"leads": [{"email": "%b"}]}' % (b"x" * 1_000_000),
        b'{"invoices": [{"items": [%b]}]}' % b",".join([b"1"] * 100_000),
        b'{"%b": []}' % (b"x" * 100_000),
        b'{"\\u0000": []}',
        b'{"\xff": []}',
    ],
)
def test_hostile_pieces_are_refused_in_few_words(plane: Plane, inside: bytes) -> None:
    reply = plane.upload("two", b'{"format": "business-suite-snapshot", "version": 1, "collections": %b, "counters": {}}' % inside)
    assert reply.status == 400
    assert reply.errors
    assert len(reply.body) < 20_000
    assert plane.get("/snapshots").data == []


def test_lists_without_end_are_refused_before_they_are_taken_apart(plane: Plane) -> None:
    inside = b",".join([b"1"] * 4_000_010)
    reply = plane.upload("two", b'{"format": "business-suite-snapshot", "version": 1, "collections": {"leads": [%b]}, "counters": {}}' % inside)
    assert (reply.status, [*reply.errors]) == (400, ["body"])


def test_a_body_beyond_64_mib_is_too_large_whether_it_says_so_or_not(plane: Plane) -> None:
    headers = {"content-type": "application/json"}
    assert plane.put("/snapshots/two/file", headers={**headers, "content-length": str(64 * 1024 * 1024 + 1)}, leaves=True).status == 413
    chunks = [b" " * 1024 * 1024] * 65
    assert plane.put("/snapshots/two/file", headers=headers, body=chunks).status == 413


def test_a_file_of_another_kind_or_encoding_is_415(plane: Plane) -> None:
    body = json.dumps(FILE).encode()
    assert plane.put("/snapshots/two/file", body=body, headers={"content-type": "application/zip"}).status == 415
    assert plane.put("/snapshots/two/file", body=body, headers={"content-encoding": "gzip"}).status == 415


def test_every_scenario_survives_its_way_out_and_in() -> None:
    for scenario in ("demo", "nasty"):
        plane = Plane(scenario=scenario)
        try:
            plane.post("/snapshots", {"name": "one"})
            body = plane.get("/snapshots/one/file").body
            assert plane.upload("two", body).status == 201
            assert plane.get("/snapshots/two/file").body == body
        finally:
            plane.close()
