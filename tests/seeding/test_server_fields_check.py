"""What the server sets itself must fit the contract; what was sent fitted already, and is not looked at twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openapi.contract import Contract
from sandbox.errors import StartError
from sandbox.seeding.server_fields_check import ServerFieldsCheck
from tests.seeding.conftest import Edit

STAMPS = {"created_at": "2024-01-15T10:00:00Z", "updated_at": "2024-01-15T10:00:00Z"}
WEBHOOK = {"id": 1, "url": "https://example.org/hook", "events": ["invoice.created"], "_secret": "whsec_AAAA", **STAMPS}
QUOTE = {"id": 1, "customer_id": 1, "valid_until": "2024-02-15", "amount": 5.0, **STAMPS}


def test_what_is_shown_only_once_may_be_missing_from_a_document(contract: Contract) -> None:
    ServerFieldsCheck(contract, "mine").check("webhooks", WEBHOOK)


@pytest.mark.parametrize(("field", "value"), [("id", 0), ("amount", 0.001), ("created_at", "yesterday")])
def test_what_the_server_set_and_does_not_fit_is_named(contract: Contract, field: str, value: Any) -> None:
    items = [{"description": "Work", "amount": 5.0, "qty": 1}]
    with pytest.raises(StartError, match=f"^the scenario mine makes an object of quotes whose {field} does not fit the contract: "):
        ServerFieldsCheck(contract, "mine").check("quotes", {**QUOTE, "items": items, field: value})


def test_a_default_that_does_not_fit_is_named_however_deep_it_lies(edited: Callable[[Edit], Contract]) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["LineItem"]["properties"]["unit"] = {"type": "string", "enum": ["hour"], "default": "day"}

    items = [{"description": "Work", "amount": 5.0, "qty": 1, "unit": "day"}]
    with pytest.raises(StartError, match=r"whose items\.0\.unit does not fit the contract"):
        ServerFieldsCheck(edited(edit), "mine").check("quotes", {**QUOTE, "items": items})


def test_a_rule_over_the_whole_object_is_looked_at_as_a_whole(edited: Callable[[Edit], Contract]) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["LeadInput"]["anyOf"] = [{"properties": {"phone": {"type": "string"}}}]

    with pytest.raises(StartError, match="whose phone does not fit the contract"):
        ServerFieldsCheck(edited(edit), "mine").check(
            "leads", {"id": 1, "first_name": "A", "last_name": "B", "email": "a@example.org", "phone": 5, **STAMPS}
        )
