"""The objects of the contract have the fields that the shared design decides, and the operations its names.

The design stands beside a checkout, not in it. What it says is recorded here, so that every run compares the contract
with it; where the design is present, the record is compared with it too.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openapi.contract import Contract

DECISIONS = Path(__file__).parents[2].parent / "shared" / "design" / "DECISIONS.md"
TIMES = ("created_at", "updated_at")
IDS = (
    *("listCustomers", "createCustomer", "getCustomer", "updateCustomer", "deleteCustomer", "listInvoices", "createInvoice"),
    *("listTransactions", "recordTransaction", "listProducts", "createProduct", "listQuotes", "createQuote", "listTickets"),
    *("createTicket", "createLead", "listUsers", "createUser", "getFinancialReport", "registerWebhook", "batchCreateCustomers"),
)

# object: required when sent, optional, added by the server
Fields = tuple[set[str], set[str], set[str]]
ADDED = {"id", *TIMES}
OBJECTS: dict[str, Fields] = {
    "customer": ({"account"}, {"email", "phone", "address", "city", "state", "zip", "country"}, ADDED),
    "invoice": ({"customer_id", "date", "due_date", "items"}, {"notes"}, ADDED | {"invoice_number", "amount", "status"}),
    "transaction": ({"type", "account_id", "amount", "date"}, {"category_id", "description"}, ADDED),
    "product": ({"name", "price"}, {"description", "type", "tax_rate"}, ADDED),
    "quote": ({"customer_id", "valid_until", "items"}, set(), ADDED | {"amount"}),
    "ticket": ({"customer_id", "subject", "message"}, {"department_id", "priority"}, ADDED | {"status"}),
    "lead": ({"first_name", "last_name", "email"}, {"company", "phone", "source"}, ADDED),
    "user": ({"name", "email", "password", "role"}, set(), ADDED),
    "webhook": ({"url", "events"}, set(), ADDED | {"secret"}),
}


def names_in(cell: str) -> set[str]:
    """The fields that a cell of the table of objects names, without its remarks; `timestamps` stands for two."""
    plain = re.sub(r"\([^()]*\)", "", cell).split(";")[0]
    return set(re.findall(r"`(\w+)`", plain)) | (set(TIMES) if "timestamps" in plain else set())


def test_the_recorded_objects_are_those_of_the_shared_table() -> None:
    text = DECISIONS.read_text(encoding="utf-8") if DECISIONS.is_file() else ""
    rows = re.findall(r"^\| (\w+) \|([^|]+)\|([^|]+)\|([^|]+)\|$", text.split("## Objects")[-1], re.MULTILINE)
    table = {name: (names_in(a), names_in(b), names_in(c)) for name, a, b, c in rows if name != "object"}
    assert (table if text else OBJECTS) == OBJECTS
    listed = re.findall(r"The operationIds: ([^.]+)\.", text) or [", ".join(IDS)]
    assert tuple(re.findall(r"\w+", listed[0])) == IDS


def test_the_operations_have_the_ids_that_were_decided(contract: Contract) -> None:
    assert tuple(contract.operations) == IDS


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_the_fields_that_were_decided_and_no_others(contract: Contract, name: str) -> None:
    required, optional, added = OBJECTS[name]
    resource = contract.resources[f"{name}s"]
    sent = {field for field, part in resource.input["properties"].items() if not part.get("readOnly")}
    ignored = set(resource.input["properties"]) - sent
    hidden = {field for field, part in resource.input["properties"].items() if part.get("writeOnly")}
    assert (set(resource.input["required"]), sent - set(resource.input["required"]), ignored) == (required, optional, added)
    assert set(resource.schema["properties"]) == (required | optional | added) - hidden
    defaults = {field for field in optional if "default" in resource.input["properties"][field]}
    assert set(resource.schema["required"]) == (required | defaults | added) - hidden
