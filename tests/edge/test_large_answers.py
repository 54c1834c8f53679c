"""An answer is at most 4 MiB: a page that would be larger is refused with the limit that fits, and what has no limit is given."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.edge import page_size, responses
from sandbox.edge.page_size import MOST_BYTES
from sandbox.edge.serialization import DocumentSerializer
from sandbox.state.image import Image
from tests.asgi import ADMINISTRATOR, Client, Reply, Sandbox
from tests.servers import SPEC

_AT = {"created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z"}


def invoices(sizes: list[int]) -> Image:
    """Each of so many times 100,000 bytes."""
    table = {
        id: {"id": id, "invoice_number": f"INV-2024-{id:03}", "customer_id": 1, "date": "2024-01-01", "due_date": "2024-01-02",
             "items": [{"description": "x" * 10_000, "amount": 1.0, "qty": 1}] * (10 * size or 1), "amount": 10.0 * size or 1.0, "status": "Unpaid",
             "_paid": 0, **_AT}
        for id, size in enumerate(sizes, 1)
    }  # fmt: skip
    return Image({"customers": {1: {"id": 1, "account": "Jane", **_AT}}, "invoices": table}, {"id/invoices": len(sizes), "invoice_number/2024": 999})


def told_limit(reply: Reply) -> int:
    assert reply.status == 400
    ((field, sentence),) = reply.errors.items()
    assert field == "limit"
    assert "more than 4194304 bytes" in sentence
    return int(sentence.split("; limit ")[1].split()[0])


PLACES = {"the API": "/api/v2/invoices", "the control plane": "/_sandbox/documents/invoices"}


def asked(sandbox: Sandbox, where: str, query: str) -> Reply:
    client = Client(sandbox.server.app)
    try:
        return client.send("GET", f"{PLACES[where]}?{query}", key=ADMINISTRATOR)
    finally:
        client.close()


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_page_that_is_too_large_names_a_limit_that_fits(sandbox: Sandbox, where: str, page: int) -> None:
    # The later ones are smaller, so that with a smaller limit the same page holds larger ones.
    sandbox.server.workspaces.get("default").restore(invoices([9] * 60 + [1] * 240))
    limit = told_limit(asked(sandbox, where, f"limit=100&page={page}"))
    assert 1 < limit < 100
    fitting = asked(sandbox, where, f"limit={limit}&page={page}")
    assert (fitting.status, len(fitting.data)) == (200, limit)
    assert len(fitting.body) <= MOST_BYTES


@pytest.mark.parametrize("where", PLACES)
def test_the_limit_that_holds_where_none_is_asked_for_is_named_too(sandbox: Sandbox, where: str) -> None:
    sandbox.server.workspaces.get("default").restore(invoices([9] * 60))
    reply = asked(sandbox, where, "")
    assert told_limit(reply) == 4
    assert reply.errors["limit"].startswith("Limit 20 ")


def test_what_does_not_fit_is_not_encoded_first(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[Any] = []
    before = DocumentSerializer.encoded
    monkeypatch.setattr(
        DocumentSerializer, "encoded", lambda shape, document, operation: encoded.append(document) or before(shape, document, operation)
    )
    sandbox.server.workspaces.get("default").restore(invoices([9] * 100))
    assert asked(sandbox, "the API", "limit=100").status == 400
    assert len(encoded) == 5


def test_a_page_just_below_the_bound_is_given(sandbox: Sandbox) -> None:
    sandbox.server.workspaces.get("default").restore(invoices([9] * 4))
    reply = asked(sandbox, "the API", "limit=100")
    assert (reply.status, len(reply.data)) == (200, 4)


@pytest.mark.parametrize("where", PLACES)
def test_one_object_is_given_however_large_it_is(sandbox: Sandbox, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (page_size, responses):
        monkeypatch.setattr(module, "MOST_OF_OBJECTS", 500_000)
    sandbox.server.workspaces.get("default").restore(invoices([9, 9]))
    reply = asked(sandbox, where, "limit=1&page=2")
    assert (reply.status, [one["id"] for one in reply.data]) == (200, [2])
    assert told_limit(asked(sandbox, where, "limit=2")) == 1


@pytest.mark.parametrize("count", [50, 6_000])
def test_a_list_of_a_contract_that_has_no_limit_is_given_whole(make_sandbox: Callable[..., Sandbox], tmp_path: Path, count: int) -> None:
    document = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    listing = document["paths"]["/invoices"]["get"]
    listing["parameters"] = []
    del document["components"]["schemas"]["InvoiceListAnswer"]["properties"]["data"]["maxItems"]
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    sandbox = make_sandbox(spec=tmp_path / "spec.yaml")
    sandbox.server.workspaces.get("default").restore(invoices([1] * min(count, 50) + [0] * max(0, count - 50)))
    reply = asked(sandbox, "the API", "")
    assert (reply.status, len(reply.data)) == (200, count)
    assert len(reply.body) > MOST_BYTES
    again = asked(sandbox, "the API", "")
    assert (again.body, again.header("etag")) == (reply.body, reply.header("etag"))
