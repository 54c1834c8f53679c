"""The control plane and the files of snapshots read numbers as the API does: what is validated is what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.asgi import STAFF, Reply
from tests.control.plane import FILE, Plane
from tests.edge.permissive_contract import loose_document, written

SEVEN = ("7", "7.0", "7e0", "70e-1", "0.7E+1", "7.000")
CUSTOMER = {"id": 1, "account": "Jane Smith", "created_at": "2025-01-15T10:00:00Z", "updated_at": "2025-01-15T10:00:00Z"}


def _short(text: str) -> str:
    return text[:20]


@pytest.fixture(scope="module")
def shared_loose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    plane = Plane(spec=written(loose_document(), tmp_path_factory.mktemp("loose")))
    yield plane
    plane.close()


@pytest.fixture
def loose(shared_loose: Plane) -> Plane:
    """The control plane of a server whose contract sets numbers no bounds."""
    shared_loose.begin_again()
    return shared_loose


def put(plane: Plane, method: str, target: str, body: str) -> Reply:
    return plane.send(method, target, key=STAFF, body=body.encode())


@pytest.mark.parametrize("spelled", SEVEN)
def test_every_spelling_of_seven_is_seven_in_a_body(plane: Plane, spelled: str) -> None:
    limit = put(plane, "PUT", "/rate-limit", f'{{"limit": {spelled}, "window": {spelled}}}')
    assert b'"limit":7,"window":7,' in limit.body
    assert b'"limit":7,"window":7,' in plane.get("/rate-limit").body
    plane.send("DELETE", "/rate-limit", key=STAFF)
    assert b'"seed":7,' in put(plane, "POST", "/reset", f'{{"scenario": "empty", "seed": {spelled}}}').body
    invoice = plane.invoice(10)
    paid = put(plane, "POST", f"/invoices/{invoice}/payments", f'{{"amount": {spelled}, "account_id": {spelled}}}')
    assert (paid.status, paid.data["status"]) == (201, "Partially Paid")
    assert b'"account_id":7,' in plane.get("/documents/transactions").body


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 40, "18446744073709551616", "1e-400", "7.5", "true", '"7"', "1e99999999"])
def test_a_number_that_is_none_of_theirs_changes_nothing(plane: Plane, number: str) -> None:
    before = plane.server.workspaces.get("default").image()
    assert list(put(plane, "PUT", "/rate-limit", f'{{"limit": {number}, "window": 7}}').errors) == ["limit"]
    assert list(put(plane, "POST", "/reset", f'{{"scenario": "empty", "seed": {number}}}').errors) == ["seed"]
    assert plane.server.workspaces.get("default").image() == before


@pytest.mark.parametrize("query", ["page=1.0", "page=1e0", "limit=2e1", "wait=1e0", "wait=1.0"])
def test_in_a_query_only_digits_are_a_number(plane: Plane, query: str) -> None:
    assert list(plane.get(f"/events?{query}").errors) == [query.partition("=")[0]]


def invoice(**spelled: str) -> str:
    """The file of a snapshot with one invoice, in which some numbers are spelled so."""
    told = {"id": "1", "customer_id": "1", "qty": "1", "price": "7", "amount": "7", "paid": "0", "counter": "1", "version": "1", **spelled}
    stamps = '"created_at": "2025-01-15T10:00:00Z", "updated_at": "2025-01-15T10:00:00Z"'
    lines = f'[{{"description": "Work", "amount": {told["price"]}, "qty": {told["qty"]}}}]'
    one = (
        f'{{"id": {told["id"]}, "invoice_number": "INV-2025-001", "customer_id": {told["customer_id"]}, "date": "2025-01-15", '
        f'"due_date": "2025-02-15", "items": {lines}, "amount": {told["amount"]}, "status": "Unpaid", {stamps}, "_paid": {told["paid"]}}}'
    )
    counters = f'{{"id/customers": 1, "id/invoices": {told["counter"]}, "invoice_number/2025": {told["counter"]}}}'
    collections = f'{{"customers": [{json.dumps(CUSTOMER)}], "invoices": [{one}]}}'
    return f'{{"format": "business-suite-snapshot", "version": {told["version"]}, "collections": {collections}, "counters": {counters}}}'


ONES = ("1", "1.0", "1e0", "10e-1", "0.1E+1")


@pytest.mark.parametrize("field", ["id", "customer_id", "qty", "price", "paid", "counter", "version"])
@pytest.mark.parametrize("one", ONES)
def test_every_spelling_of_one_is_one_in_a_file(plane: Plane, field: str, one: str) -> None:
    taken = plane.upload("two", invoice(**{field: one}).encode(), STAFF)
    assert taken.status == 201, taken.body
    plane.post("/snapshots/two/restore")
    stored = plane.server.workspaces.get("default").image()
    document = stored.tables["invoices"][1]
    counted = (stored.counters["id/invoices"], stored.counters["invoice_number/2025"])
    whole = (document["id"], document["customer_id"], document["items"][0]["qty"], *counted)
    assert [(number, type(number)) for number in whole] == [(1, int)] * len(whole)
    assert plane.api("GET", "/invoices").status == plane.get("/documents/invoices/1").status == 200
    assert b'"qty":1}' in plane.get("/snapshots/two/file").body
    assert plane.invoice() == 2


@pytest.mark.parametrize("field", ["id", "customer_id", "qty", "price", "amount", "paid", "counter"])
@pytest.mark.parametrize(
    "number", ["1.5e400", "1e400", "-1e400", "9" * 40, "18446744073709551616", "1e-400", "1e30", "1e99999999", "-1e-99999999", "null", "true", '"1"',
               "[1]", "{}", "1.0000000000000000000000001"], ids=_short
)  # fmt: skip
def test_a_number_that_cannot_be_kept_is_refused_with_the_file(plane: Plane, field: str, number: str) -> None:
    places = {"id": "id", "customer_id": "customer_id", "qty": "items.0.qty", "price": "items.0.amount", "amount": "amount", "paid": "_paid"}
    place = f"collections.invoices.0.{places[field]}" if field in places else "counters.id/invoices"
    reply = plane.upload("two", invoice(**{field: number}).encode(), STAFF)
    assert reply.status == 400
    assert place in reply.errors
    assert plane.get("/snapshots/two").status == 404


def reading(**fields: str) -> str:
    """A file with one reading of the loose contract."""
    told = {"id": "1", "created_at": '"now"', "updated_at": '"now"', **fields}
    body = ", ".join(f'"{name}": {value}' for name, value in told.items())
    return json.dumps({**FILE, "counters": {"id/readings": 1}}).replace('"collections": {}', f'"collections": {{"readings": [{{{body}}}]}}')


@pytest.mark.parametrize("field", ["whole", "long", "nullable", "referred", "all_of", "any_of", "one_of", "no_text", "free", "unique"])
@pytest.mark.parametrize("spelled", SEVEN)
def test_a_file_is_read_by_the_schema_as_a_body_is(loose: Plane, field: str, spelled: str) -> None:
    assert loose.upload("two", reading(**{field: spelled}).encode(), STAFF).status == 201
    loose.post("/snapshots/two/restore")
    value = loose.server.workspaces.get("default").image().tables["readings"][1][field]
    assert (value, type(value)) == (7, int)
    assert loose.api("GET", "/readings").data[0][field] == 7


@pytest.mark.parametrize("field", ["whole", "number", "free", "no_text"])
@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 40, "18446744073709551616", "1e-400", "0." + "1" * 40, "1e99999999"], ids=_short)
def test_without_bounds_a_file_holds_no_other_numbers_than_a_body(loose: Plane, field: str, number: str) -> None:
    reply = loose.upload("two", reading(**{field: number}).encode(), STAFF)
    assert (reply.status, list(reply.errors)) == (400, [f"collections.readings.0.{field}"])


@pytest.mark.parametrize(
    "value",
    ["1500.01", "0.10000000000000001", "-0.01", "0.001", '"1"', "true", "null", "[1]", "{}", "1e400", "1e-400", "9" * 40],
    ids=_short,
)
def test_what_is_paid_of_an_invoice_has_the_form_that_the_server_gives_it(plane: Plane, value: str) -> None:
    reply = plane.upload("two", invoice(paid=value).encode(), STAFF)
    assert (reply.status, list(reply.errors)) == (400, ["collections.invoices.0._paid"])


@pytest.mark.parametrize("name", ["_secret", "_disabled", "_password", "_anything", "_"])
@pytest.mark.parametrize("place", ["", "free", "extra", "no_text"])
def test_no_other_private_field_comes_in_by_a_file(loose: Plane, name: str, place: str) -> None:
    fields: dict[str, Any] = {place: f'{{"{name}": 1}}'} if place else {name: "1"}
    reply = loose.upload("two", reading(**fields).encode(), STAFF)
    assert (reply.status, list(reply.errors)) == (400, [f"collections.readings.0.{f'{place}.' if place else ''}{name}"])


def test_what_a_loose_contract_let_in_survives_its_way_out_and_in(loose: Plane) -> None:
    body = '{"free": 1e300, "number": 7.0, "whole": 7e0, "extra": {"in": [0.5, 2e0]}, "long": 9223372036854775807}'
    loose.base = "/api/v2"
    assert loose.send("POST", "/readings", key=STAFF, body=body.encode()).status == 201
    loose.base = "/_sandbox"
    loose.post("/snapshots", {"name": "one"})
    file = loose.get("/snapshots/one/file").body
    assert loose.upload("two", file, STAFF).status == 201
    assert loose.get("/snapshots/two/file").body == file
