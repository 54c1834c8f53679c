"""What is stored can be read back, as the contract shows it: also of collections that the API only writes to."""

import pytest

from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, STAFF
from tests.control.plane import Plane

SENT = {
    "customers": {"account": "Jane Smith"},
    "transactions": {"type": "Income", "account_id": 1, "amount": 1.5, "date": "2025-07-01"},
    "products": {"name": "Web Hosting", "price": 99.99},
    "tickets": {"customer_id": 1, "subject": "Help", "message": "Please"},
    "leads": {"first_name": "Jane", "last_name": "Smith", "email": "jane@example.com"},
    "users": {"name": "Admin User", "email": "john@example.com", "password": "securepassword", "role": "administrator"},
    "webhooks": {"url": "https://your-domain.com/webhook", "events": ["invoice.created"]},
}
COLLECTIONS = ["customers", "invoices", "leads", "products", "quotes", "tickets", "transactions", "users", "webhooks"]


@pytest.fixture
def furnished(plane: Plane) -> Plane:
    """With one object of each collection."""
    plane.invoice()
    for collection, body in SENT.items():
        assert plane.api("POST", f"/{collection}", body).status == 201, collection
    line = {"description": "Consulting", "amount": 10, "qty": 1}
    assert plane.api("POST", "/quotes", {"customer_id": 1, "valid_until": "2025-08-01", "items": [line]}).status == 201
    return plane


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_collection_can_be_read(furnished: Plane, collection: str) -> None:
    page = furnished.get(f"/documents/{collection}")
    assert page.status == 200
    assert page.json["meta"]["total_records"] == len(page.data) > 0
    assert furnished.get(f"/documents/{collection}/{page.data[0]['id']}").data == page.data[0]


@pytest.mark.parametrize("collection", ["customers", "invoices", "transactions", "products", "quotes", "tickets", "users"])
def test_a_document_looks_as_the_api_shows_it(furnished: Plane, collection: str) -> None:
    assert furnished.get(f"/documents/{collection}").data == furnished.api("GET", f"/{collection}").data


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_nothing_private_and_no_secret_is_shown(furnished: Plane, collection: str) -> None:
    furnished.post("/invoices/1/payments", {"amount": 1})
    for body in (furnished.get(f"/documents/{collection}").body, furnished.get(f"/documents/{collection}/1").body):
        assert b'"_' not in body
        assert b"argon2" not in body
        assert b"whsec_" not in body
        assert b"securepassword" not in body


def test_pages_are_cut_as_the_api_cuts_them(plane: Plane) -> None:
    for _ in range(25):
        plane.customer()
    assert plane.get("/documents/customers").json == plane.api("GET", "/customers").json
    assert plane.get("/documents/customers?page=3&limit=10").json == plane.api("GET", "/customers?page=3&limit=10").json
    empty = plane.get("/documents/leads")
    assert (empty.data, empty.json["meta"]) == ([], {"current_page": 1, "total_pages": 0, "total_records": 0})


def test_users_are_for_administrators_only(furnished: Plane) -> None:
    for path in ("/documents/users", "/documents/users/1", "/documents/users/999"):
        assert [furnished.get(path, key).status for key in (STAFF, READ_ONLY)] == [403, 403]
    assert furnished.get("/documents/users", ADMINISTRATOR).status == 200


@pytest.mark.parametrize(
    "collection", ["nothing", "customer", "Customers", "_facts", "_snapshots", "reports", "keys", "..", "a%2Fb", "%00", "x" * 5000]
)
def test_a_collection_that_is_not_there_is_a_404(plane: Plane, collection: str) -> None:
    reply = plane.get(f"/documents/{collection}")
    assert reply.status == 404
    assert len(reply.body) < 1000
    assert plane.get(f"/documents/{collection}/1").status == 404


@pytest.mark.parametrize("id", ["2", "0", "-1", "abc", "1.0", "9007199254740991", "9007199254740992", "%31%00", "01"])
def test_a_document_that_is_not_there_is_a_404(plane: Plane, id: str) -> None:
    plane.customer()
    assert plane.get(f"/documents/customers/{id}").status == 404


def test_a_misspelt_collection_is_told_the_right_one(plane: Plane) -> None:
    assert "did you mean 'customers'" in plane.get("/documents/custmers").json["message"]


def test_another_workspace_shows_its_own(furnished: Plane) -> None:
    assert all(furnished.get(f"/documents/{collection}", OTHER).data == [] for collection in COLLECTIONS)


def test_a_document_that_an_older_contract_let_in_can_still_be_looked_at(plane: Plane) -> None:
    with plane.server.workspaces.get("default").transaction() as tx:
        tx.insert("leads", {"first_name": 5, "gone": True})
    assert plane.get("/documents/leads").data == [{"id": 1, "first_name": 5}]
