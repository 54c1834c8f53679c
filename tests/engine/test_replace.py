"""A PUT replaces all that a client may set, and nothing that the server sets (decision `put`)."""

from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.errors import Missing
from tests.engine.spec_edits import contract_of, own_document, with_replacement_of
from tests.engine.world import BODIES, LINE, World


def test_optional_fields_that_were_not_sent_are_cleared(world: World) -> None:
    world.make("createCustomer", email="jane@example.com", phone="123")
    replaced = world.do("updateCustomer", {"account": "Jane Miller", "phone": "456"}, id=1).data
    assert (replaced["account"], replaced["phone"]) == ("Jane Miller", "456")
    assert "email" not in replaced
    assert world.do("getCustomer", id=1).data == replaced


def test_the_id_and_the_time_of_creation_stay(world: World) -> None:
    world.make("createCustomer")
    world.clock.advance(timedelta(hours=1))
    replaced = world.do("updateCustomer", {"account": "Other"}, id=1).data
    assert replaced == {"id": 1, "account": "Other", "created_at": "2024-01-15T10:00:00Z", "updated_at": "2024-01-15T11:00:00Z"}


def test_what_was_read_can_be_sent_back(world: World) -> None:
    read = world.make("createCustomer", email="jane@example.com")
    assert world.do("updateCustomer", read, id=1).data == read


def test_another_id_in_the_body_moves_nothing(world: World) -> None:
    for account in ("a", "b"):
        world.make("createCustomer", account=account)
    world.do("updateCustomer", {"account": "c", "id": 2, "created_at": 5}, id=1)
    assert [one["account"] for one in world.do("listCustomers").data] == ["c", "b"]


def test_replacing_what_is_not_there_makes_nothing(world: World) -> None:
    before = world.image
    with pytest.raises(Missing, match="There is no object 3 in customers"):
        world.do("updateCustomer", {"account": "a"}, id=3)
    assert world.image == before


def test_a_replaced_ticket_keeps_its_status_and_gets_its_defaults_anew(tmp_path: Path) -> None:
    world = World(contract_of(with_replacement_of(own_document(), "tickets", "Ticket"), tmp_path))
    world.make("createCustomer")
    world.make("createTicket", department_id=4, priority="High")
    world.amend("tickets", 1, status="Closed")
    replaced = world.do("replaceTicket", BODIES["createTicket"] | {"status": "Open"}, id=1).data
    assert (replaced["status"], replaced["department_id"], replaced["priority"]) == ("Closed", 1, "Medium")


def test_a_replaced_invoice_keeps_its_number_and_what_was_paid(tmp_path: Path) -> None:
    world = World(contract_of(with_replacement_of(own_document(), "invoices", "Invoice"), tmp_path))
    world.make("createCustomer")
    world.make("createInvoice")
    world.pay(1, 500)
    body = BODIES["createInvoice"] | {"date": "2025-01-01", "due_date": "2025-01-02", "items": [LINE | {"amount": 500.0}], "invoice_number": "mine"}
    replaced = world.do("replaceInvoice", body, id=1).data
    assert (replaced["invoice_number"], replaced["amount"], replaced["status"]) == ("INV-2024-001", 500.0, "Paid")


def test_a_replaced_user_keeps_the_digest_of_no_older_password(tmp_path: Path) -> None:
    world = World(contract_of(with_replacement_of(own_document(), "users", "User"), tmp_path))
    old = world.make("createUser")
    new = world.do("replaceUser", BODIES["createUser"] | {"password": "another one"}, id=1).data
    assert new["_password"] != old["_password"]
    assert "another one" not in repr(world.image)


def test_a_replacement_that_breaks_a_rule_changes_nothing(tmp_path: Path) -> None:
    world = World(contract_of(with_replacement_of(own_document(), "invoices", "Invoice"), tmp_path))
    world.make("createCustomer")
    world.make("createInvoice")
    assert world.refusal("replaceInvoice", BODIES["createInvoice"] | {"customer_id": 9}, id=1).keys() == {"customer_id"}


def test_amending_what_is_not_there_says_so(world: World) -> None:
    with pytest.raises(Missing, match="There is no object 5 in tickets"):
        world.amend("tickets", 5, status="Closed")
