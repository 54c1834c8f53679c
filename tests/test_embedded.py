"""The sandbox inside a process: what a workspace of it offers, and that it ends."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.embedded import BusinessSuite, EmbeddedServer, embedded_server
from sandbox.errors import Invalid, Missing, Refusal, StartError
from tests.commands import ROOT

INVOICE = {
    "customer_id": 1,
    "date": "2025-07-01",
    "due_date": "2025-07-31",
    "items": [{"description": "Consulting", "amount": 19.99, "qty": 1}],
}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with embedded_server() as running:
        yield running


@pytest.fixture
def suite(server: EmbeddedServer) -> Iterator[BusinessSuite]:
    with server.workspace(scenario="empty") as one:
        yield one


def invoice(suite: BusinessSuite) -> Any:
    suite.client.post("/customers", json={"account": "Jane Smith"})
    return suite.client.post("/invoices", json=INVOICE).json()["data"]


def customers_seen_by(suite: BusinessSuite, key: str) -> httpx.Response:
    return httpx.get(f"{suite.base_url}/customers", headers={"Authorization": f"Bearer {key}"}, trust_env=False)


def now(suite: BusinessSuite) -> datetime:
    return suite.advance(timedelta(0))


def test_two_workspaces_at_a_time_do_not_see_each_other(server: EmbeddedServer) -> None:
    with server.workspace("empty") as one, server.workspace("empty") as other:
        assert [each.client.post("/customers", json={"account": "Jane"}).json()["data"]["id"] for each in (one, other)] == [1, 1]
        assert one.client.get("/customers").json()["meta"]["total_records"] == 1


def test_a_workspace_ends_with_its_block_and_its_keys_with_it(server: EmbeddedServer) -> None:
    with server.workspace() as suite:
        assert customers_seen_by(suite, suite.key).status_code == 200
    assert customers_seen_by(suite, suite.key).status_code == 401
    assert suite.client.is_closed
    assert suite.control.is_closed


def test_a_workspace_is_filled_by_its_scenario_and_seed(server: EmbeddedServer) -> None:
    def accounts(seed: int) -> Any:
        with server.workspace("demo", seed) as suite:
            return [one["account"] for one in suite.client.get("/customers", params={"limit": 100}).json()["data"]]

    assert accounts(1) == accounts(1) != accounts(2)


@pytest.mark.parametrize(("chosen", "field"), [({"scenario": "dmeo"}, "scenario"), ({"seed": 2**53}, "seed")])
def test_what_a_workspace_cannot_begin_with_is_refused(server: EmbeddedServer, chosen: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused, server.workspace(**chosen):
        pass
    assert list(refused.value.errors) == [field]


def test_a_new_key_may_what_its_role_may(suite: BusinessSuite) -> None:
    staff, reader = suite.new_key(), suite.new_key("read-only")
    assert customers_seen_by(suite, staff).status_code == 200
    body, url = {"account": "Jane"}, f"{suite.base_url}/customers"
    statuses = [httpx.post(url, json=body, headers={"Authorization": f"Bearer {key}"}, trust_env=False).status_code for key in (staff, reader)]
    assert statuses == [201, 403]


def test_a_role_that_there_is_not_is_refused(suite: BusinessSuite) -> None:
    with pytest.raises(Invalid, match=r"POST /_sandbox/keys: 400: ") as refused:
        suite.new_key("stuff")  # type: ignore[arg-type]
    assert list(refused.value.errors) == ["role"]


def test_the_clock_goes_forward_and_documents_tell_by_how_much(suite: BusinessSuite) -> None:
    before = now(suite)
    assert before.tzinfo == UTC
    after = suite.advance(timedelta(days=400, hours=2, milliseconds=500))
    assert timedelta(days=400, hours=2) <= after - before < timedelta(days=400, hours=3)
    assert datetime.fromisoformat(invoice(suite)["created_at"]) >= after


def test_the_clock_does_not_go_back(suite: BusinessSuite) -> None:
    with pytest.raises(Invalid, match="must not be negative"):
        suite.advance(-timedelta(hours=1))


def test_a_reset_begins_anew_and_keeps_the_key(suite: BusinessSuite) -> None:
    invoice(suite)
    suite.reset()
    assert suite.client.get("/customers").json()["data"] == []
    suite.reset("demo", 7)
    assert suite.control.get("/reset").json()["data"]["seed"] == 7
    suite.reset(seed=8)
    metadata = suite.control.get("/reset").json()["data"]
    assert (metadata["scenario"], metadata["seed"]) == ("demo", 8)
    assert suite.client.get("/customers").json()["data"][0]["account"] == "John Doe"


def test_a_reset_to_an_unknown_scenario_changes_nothing(suite: BusinessSuite) -> None:
    invoice(suite)
    with pytest.raises(Invalid, match=r"POST /_sandbox/reset: 400: .* 'demo'"):
        suite.reset("dmeo")
    assert suite.client.get("/invoices").json()["meta"]["total_records"] == 1


@pytest.mark.parametrize("amount", [Decimal("19.99"), 19.99])
def test_an_invoice_is_paid_to_the_cent(suite: BusinessSuite, amount: Decimal | float) -> None:
    assert suite.pay(invoice(suite)["id"], amount)["status"] == "Paid"


def test_payments_that_cannot_be_are_refused(suite: BusinessSuite) -> None:
    one = invoice(suite)
    with pytest.raises(Invalid) as refused:
        suite.pay(one["id"], 20)
    assert list(refused.value.errors) == ["amount"]
    with pytest.raises(Missing, match="404"):
        suite.pay(2, 1)
    assert suite.pay(one["id"], 19)["status"] == "Partially Paid"


def test_a_key_that_was_revoked_makes_a_method_raise_what_the_server_said(suite: BusinessSuite) -> None:
    suite.control.delete("/keys/1")
    with pytest.raises(Refusal, match="401: Invalid API key or unauthorized access"):
        suite.pay(1, 1)


def test_a_limit_is_met_where_a_test_sets_one_and_only_there(server: EmbeddedServer, suite: BusinessSuite) -> None:
    assert suite.control.put("/rate-limit", json={"limit": 2, "window": 60}).status_code == 200
    assert [suite.client.get("/customers").status_code for _ in range(3)] == [200, 200, 429]
    with server.workspace("empty") as other:
        assert other.client.get("/customers").headers["X-RateLimit-Limit"] == "1000000"


def test_after_the_end_there_is_no_thread_and_nobody_listens() -> None:
    before = set(threading.enumerate())
    with embedded_server() as server, server.workspace("empty") as suite:
        assert suite.client.get("/customers").status_code == 200
        assert "business-suite-sandbox" in {one.name for one in threading.enumerate()}
    assert set(threading.enumerate()) <= before
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", urlsplit(server.address).port)) != 0


def test_what_fails_in_the_block_passes_through_and_ends_the_server() -> None:
    before = set(threading.enumerate())
    with pytest.raises(TimeoutError, match="mine"), embedded_server():
        raise TimeoutError("mine")
    assert set(threading.enumerate()) <= before


def test_no_free_port_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: Any, **__: Any) -> socket.socket:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket, "create_server", none_left)
    with pytest.raises(StartError, match=r"No port of 127\.0\.0\.1 can be used: Address already in use"), embedded_server():
        pass


def test_a_server_that_fails_while_it_starts_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox.edge.server import Server

    async def fails(*_: Any, **__: Any) -> None:
        raise SystemExit(3)

    monkeypatch.setattr(Server, "startup", fails)
    with pytest.raises(StartError, match="The server ended while it started, with exit code 3"), embedded_server():
        pass


def test_a_process_that_does_not_end_the_server_ends_with_it() -> None:
    program = "import sys\nfrom sandbox.embedded import embedded_server\nkept = embedded_server()\nprint(kept.__enter__().address)\nsys.exit(7)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")
