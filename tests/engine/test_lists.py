"""Lists: in order, by pages, narrowed by filters and search."""

from datetime import timedelta

import pytest

from tests.engine.world import World

DAYS = ("2024-01-09", "2024-01-10", "2024-01-15", "2024-01-20", "2024-01-21")


@pytest.fixture
def five(world: World) -> World:
    """Five customers, each with an invoice of another day, and a transaction of that day."""
    for number, day in enumerate(DAYS, start=1):
        world.make("createCustomer", account=f"Customer {number}")
        world.make("createInvoice", customer_id=number, date=day)
        world.make("recordTransaction", date=day, account_id=number % 2 + 1, type="Income" if number < 3 else "Expense")
    return world


def test_an_empty_list_has_no_pages(world: World) -> None:
    result = world.do("listCustomers")
    assert (result.data, result.meta) == ([], {"current_page": 1, "total_pages": 0, "total_records": 0})


def test_a_list_begins_with_the_oldest(five: World) -> None:
    five.clock.advance(timedelta(days=1))
    five.do("updateCustomer", {"account": "Changed"}, id=2)
    assert five.ids("listCustomers") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("page", "ids"), [(1, [1, 2]), (2, [3, 4]), (3, [5]), (4, []), (9007199254740991, [])])
def test_pages_follow_each_other_and_are_empty_past_the_end(five: World, page: int, ids: list[int]) -> None:
    result = five.do("listCustomers", page=page, limit=2)
    assert [one["id"] for one in result.data] == ids
    assert result.meta == {"current_page": page, "total_pages": 3, "total_records": 5}


def test_a_page_that_is_just_full_is_the_last(five: World) -> None:
    assert (five.do("listCustomers", limit=5).meta or {})["total_pages"] == 1


def test_a_page_has_twenty_objects_by_default(world: World) -> None:
    world.do("batchCreateCustomers", {"customers": [{"account": "a"}] * 21})
    assert world.ids("listCustomers") == list(range(1, 21))
    assert world.ids("listCustomers", page=2) == [21]


def test_both_ends_of_a_range_of_dates_belong_to_it(five: World) -> None:
    assert five.ids("listInvoices", date_from="2024-01-10", date_to="2024-01-20") == [2, 3, 4]
    assert five.ids("listTransactions", date_from="2024-01-10", date_to="2024-01-20") == [2, 3, 4]


def test_a_range_may_be_one_day(five: World) -> None:
    assert five.ids("listInvoices", date_from="2024-01-15", date_to="2024-01-15") == [3]


def test_a_range_may_have_one_end(five: World) -> None:
    assert five.ids("listInvoices", date_from="2024-01-15") == [3, 4, 5]
    assert five.ids("listInvoices", date_to="2024-01-15") == [1, 2, 3]


@pytest.mark.parametrize("operation_id", ["listInvoices", "listTransactions"])
def test_a_range_that_ends_before_it_begins_is_refused(five: World, operation_id: str) -> None:
    refusal = five.refusal(operation_id, date_from="2024-01-16", date_to="2024-01-15")
    assert refusal == {"date_from": "Date_from 2024-01-16 is after date_to 2024-01-15; it must be the same or earlier"}


def test_filters_narrow_each_other(five: World) -> None:
    assert five.ids("listTransactions", type="Expense") == [3, 4, 5]
    assert five.ids("listTransactions", account_id=2) == [1, 3, 5]
    assert five.ids("listTransactions", account_id=2, type="Expense", date_to="2024-01-20") == [3]


def test_invoices_are_found_by_customer_and_by_status(five: World) -> None:
    five.pay(2, 1500)
    five.pay(3, 1)
    assert five.ids("listInvoices", customer_id=4) == [4]
    assert [five.ids("listInvoices", status=one) for one in ("Paid", "Partially Paid", "Unpaid")] == [[2], [3], [1, 4, 5]]
    assert five.ids("listInvoices", customer_id=2, status="Unpaid") == []


def test_tickets_are_found_by_status_and_department(world: World) -> None:
    world.make("createCustomer")
    for department in (1, 2, 2):
        world.make("createTicket", department_id=department)
    world.amend("tickets", 2, status="Pending")
    assert world.ids("listTickets", status="Open") == [1, 3]
    assert world.ids("listTickets", department_id=2) == [2, 3]
    assert world.ids("listTickets", department_id=2, status="Pending") == [2]


def test_a_filter_counts_before_the_pages_are_made(five: World) -> None:
    result = five.do("listTransactions", type="Expense", limit=2, page=2)
    assert [one["id"] for one in result.data] == [5]
    assert result.meta == {"current_page": 2, "total_pages": 2, "total_records": 3}


@pytest.mark.parametrize(
    ("term", "ids"),
    [("MILLER", [1]), ("example.COM", [1, 2]), ("555", [2]), ("straße", [3]), ("STRASSE", [3]), ("london", []), ("", [1, 2, 3]), ("nobody", [])],
)
def test_a_term_is_found_in_any_case_in_account_email_or_phone_alone(world: World, term: str, ids: list[int]) -> None:
    world.make("createCustomer", account="Jane Miller", email="jane@Example.com", city="London")
    world.make("createCustomer", account="Bob", email="bob@example.com", phone="+1 555 01")
    world.make("createCustomer", account="Straße GmbH")
    assert world.ids("listCustomers", search=term) == ids


def test_a_search_follows_a_change(world: World) -> None:
    world.make("createCustomer", account="Before")
    world.do("updateCustomer", {"account": "After"}, id=1)
    assert (world.ids("listCustomers", search="before"), world.ids("listCustomers", search="after")) == ([], [1])


def test_lists_without_filters_hold_everything(world: World) -> None:
    world.make("createCustomer")
    for creation, listing in (("createQuote", "listQuotes"), ("createProduct", "listProducts"), ("createUser", "listUsers")):
        world.make(creation)
        assert world.ids(listing) == [1]
