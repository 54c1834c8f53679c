"""What is validated is what is stored: every spelling of a whole number is the integer, and what cannot be kept is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.asgi import Reply, Sandbox, sandbox_of
from tests.edge.permissive_contract import loose_document, written

SEVEN = ("7", "7.0", "7.000", "7e0", "7E0", "70e-1", "0.7e1", "7e00", "7e-0", "7E+0", "0.07E+2")
OTHERS = {"-0": 0, "-0.0": 0, "0e0": 0, "0e400": 0, "-0E+30": 0, "0.000e99": 0, "1E3": 1000, "1E+2": 100, "-5.0": -5,
          "9007199254740993": 2**53 + 1, "9.007199254740993e15": 2**53 + 1,
          "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63)}  # fmt: skip
NOT_WHOLE = ("7.5", "7e-1", "1e-400", "-1e-99999999", "7.00000000000000000000000000001", "true", '"7"', "7" + "0" * 400 + "e-402")
BEYOND_INTEGERS = ("9223372036854775808", "18446744073709551616", "-9223372036854775809", "1e19", "1e24", "1e400", "-1e400", "1e99999999", "9" * 40,
                   "9" * 4000, "1" + "0" * 39)  # fmt: skip
BEYOND_NUMBERS = {"1e309": "out of range", "1e400": "out of range", "-1e400": "out of range", "1e99999999": "out of range", "9" * 400: "out of range",
                  "9" * 40: "more digits", "18446744073709551616": "more digits", "0." + "1" * 400: "more digits", "0.1" + "0" * 400 + "1":
                  "more digits", "1234567890.123456789": "more digits", "1e-400": "nearer to 0", "-1e-99999999": "nearer to 0"}  # fmt: skip
NUMBERS = {"7": 7, "7.25": 7.25, "1e24": 1e24, "1e308": 1e308, "-1e-300": -1e-300, "0.10000000000000001": 0.1, "0.1" + "0" * 400: 0.1, "-0.0": 0,
           "5e-324": 5e-324, "1" + "0" * 30: 1e30}  # fmt: skip
WHOLE_FIELDS = ("whole", "long", "nullable", "referred", "all_of", "any_of", "one_of", "no_text", "free", "list", "set", "inside", "by_name",
                "unique", "usual", "stranger", "extra")  # fmt: skip
LINE = '{"description": "Work", "amount": %s, "qty": %s}'


@pytest.fixture(scope="session")
def shared_loose(stack: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    spec = written(loose_document(), tmp_path_factory.mktemp("loose"))
    server = sandbox_of(stack=stack, spec=spec)
    yield server
    server.close()


@pytest.fixture
def loose(shared_loose: Sandbox) -> Sandbox:
    """A server of the contract that lets everything in."""
    shared_loose.begin_again()
    return shared_loose


def around(field: str, value: str) -> bytes:
    """A body whose field is, or holds, the value."""
    held = {"list": "[%s]", "set": "[%s]", "inside": '{"whole": %s}', "by_name": '{"one": %s}', "extra": '{"in": [{"it": %s}]}'}
    return f'{{"{field}": {held.get(field, "%s") % value}}}'.encode()


def inside(field: str, data: Any) -> Any:
    """The value in what was stored of such a body."""
    found = data[field]
    match field:
        case "list" | "set":
            return found[0]
        case "inside" | "by_name":
            return next(iter(found.values()))
        case "extra":
            return found["in"][0]["it"]
        case _:
            return found


def is_refused(server: Sandbox, reply: Reply, place: str, collection: str = "readings") -> str:
    """The sentence for the one place of a 400 that left nothing behind."""
    assert reply.status == 400, reply.body
    assert list(reply.errors) == [place]
    assert collection not in server.server.workspaces.get("default").image().tables
    return reply.errors[place]


@pytest.mark.parametrize("spelled", SEVEN)
def test_every_spelling_of_seven_is_stored_and_shown_as_seven(sandbox: Sandbox, spelled: str) -> None:
    body = f'{{"type": "Income", "account_id": {spelled}, "category_id": {spelled}, "amount": 1, "date": "2024-01-15"}}'
    assert b'"account_id":7,' in sandbox.post("/transactions", body=body.encode()).body
    for _ in range(7):
        sandbox.customer()
    ticket = sandbox.post("/tickets", body=f'{{"customer_id": {spelled}, "subject": "Help", "message": "It", "department_id": {spelled}}}'.encode())
    assert b'"customer_id":7,' in ticket.body
    quote = sandbox.post("/quotes", body=f'{{"customer_id": {spelled}, "valid_until": "2025-12-31", "items": [{LINE % (2, spelled)}]}}'.encode())
    assert b'"qty":7}' in quote.body
    assert quote.data["amount"] == 14
    for target in ("/transactions?account_id=7", "/tickets?department_id=7", "/quotes"):
        assert sandbox.get(target).json["meta"]["total_records"] == 1


@pytest.mark.parametrize("field", WHOLE_FIELDS)
@pytest.mark.parametrize("spelled", ["7", "7.0", "7e0", "70e-1"])
def test_wherever_a_schema_lets_a_whole_number_stand_it_is_the_integer(loose: Sandbox, field: str, spelled: str) -> None:
    made = loose.post("/readings", body=around(field, spelled))
    assert made.status == 201, made.body
    stored = loose.server.workspaces.get("default").image().tables["readings"][1]
    assert (inside(field, stored), type(inside(field, stored))) == (7, int)
    if field != "stranger":
        shown = loose.get("/readings/1").data
        assert (inside(field, shown), type(inside(field, shown))) == (7, int)
    replaced = loose.put("/readings/1", body=around(field, spelled))
    assert (replaced.status, replaced.data) == (200, made.data)
    batch = loose.post("/batch/readings", body=b'{"readings": [%b]}' % around("free", spelled))
    assert (batch.status, batch.data[0]["free"], type(batch.data[0]["free"])) == (201, 7, int)
    assert loose.get("/readings?free=7").json["meta"]["total_records"] == 1 + (field == "free")


@pytest.mark.parametrize(("spelled", "value"), OTHERS.items())
def test_a_whole_number_of_64_bits_is_kept_to_the_last_digit(loose: Sandbox, spelled: str, value: int) -> None:
    assert loose.post("/readings", body=around("long", spelled)).data["long"] == value
    assert f'"long":{value}'.encode() in loose.get("/readings/1").body


@pytest.mark.parametrize("field", ["whole", "long", "list", "inside", "by_name"])
@pytest.mark.parametrize("spelled", NOT_WHOLE, ids=lambda text: text[:20])
def test_what_is_not_whole_is_no_integer(loose: Sandbox, field: str, spelled: str) -> None:
    place = {"list": "list.0", "inside": "inside.whole", "by_name": "by_name.one"}.get(field, field)
    assert "must be a whole number" in is_refused(loose, loose.post("/readings", body=around(field, spelled)), place)


@pytest.mark.parametrize("field", ["whole", "long", "nullable", "referred", "list", "inside", "by_name"])
@pytest.mark.parametrize("spelled", BEYOND_INTEGERS, ids=lambda text: text[:20])
def test_an_integer_without_bounds_has_those_of_64_bits(loose: Sandbox, field: str, spelled: str) -> None:
    place = {"list": "list.0", "inside": "inside.whole", "by_name": "by_name.one"}.get(field, field)
    assert "is out of range" in is_refused(loose, loose.post("/readings", body=around(field, spelled)), place)


@pytest.mark.parametrize("field", ["number", "free", "no_text", "stranger", "extra", "set"])
@pytest.mark.parametrize(("spelled", "why"), BEYOND_NUMBERS.items(), ids=lambda text: text[:20])
def test_a_number_that_no_double_keeps_is_refused(loose: Sandbox, field: str, spelled: str, why: str) -> None:
    place = {"set": "set.0", "extra": "extra.in.0.it"}.get(field, field)
    assert why in is_refused(loose, loose.post("/readings", body=around(field, spelled)), place)
    batch = loose.post("/batch/readings", body=b'{"readings": [{}, %b]}' % around(field, spelled))
    assert why in is_refused(loose, batch, f"readings.1.{place}")


@pytest.mark.parametrize("field", ["number", "free", "stranger"])
@pytest.mark.parametrize(("spelled", "value"), NUMBERS.items(), ids=lambda text: str(text)[:20])
def test_a_number_that_a_double_keeps_is_stored_and_shown(loose: Sandbox, field: str, spelled: str, value: float) -> None:
    assert loose.post("/readings", body=around(field, spelled)).status == 201
    assert loose.server.workspaces.get("default").image().tables["readings"][1][field] == value
    if field != "stranger":
        assert loose.get("/readings/1").data[field] == value
    assert loose.get("/readings").status == 200


@pytest.mark.parametrize("spelled", ["0.1" + "0" * 20 + "1", "0.10000000000000001", "0.1", "1e-400", "-0.0"], ids=lambda text: text[:25])
def test_a_bound_is_held_against_the_number_that_is_stored(loose: Sandbox, spelled: str) -> None:
    assert "must be greater than 0.1" in is_refused(loose, loose.post("/readings", body=around("above", spelled)), "above")


@pytest.mark.parametrize(
    "price",
    ["0.10000000000000001", "999999999.99000001", "19.989999999999998", "19.990000000000002", "10.0000000000000000000001", "0.009999999999999999"],
)
def test_no_digit_of_money_is_rounded_away(sandbox: Sandbox, price: str) -> None:
    reply = sandbox.post("/products", body=f'{{"name": "Hosting", "price": {price}}}'.encode())
    assert (reply.status, list(reply.errors)) == (400, ["price"])


@pytest.mark.parametrize("level", ["1", "1.0", "2e0", "0.3e3"])
def test_one_of_an_enum_is_one_however_either_is_spelled(loose: Sandbox, level: str) -> None:
    assert loose.post("/readings", body=around("level", level)).data["level"] == float(level)
    assert loose.post("/readings", body=b'{"level": 4.0}').errors == {"level": "Level must be 1, 2 or 300"}


def test_what_must_be_unique_is_compared_by_its_value(loose: Sandbox) -> None:
    assert loose.post("/readings", body=b'{"unique": 1}').status == 201
    for spelled in (b"1", b"1.0", b"1e0", b"10e-1"):
        assert loose.post("/readings", body=b'{"unique": %b}' % spelled).errors == {"unique": "Unique is already that of another object in readings"}
        assert loose.post("/readings", body=b'{"set": [1, %b]}' % spelled).errors == {"set": "Set must not have the same item twice"}


def test_a_default_of_the_contract_is_an_integer_too(loose: Sandbox) -> None:
    made = loose.post("/readings", body=b"{}")
    assert b'"usual":1,' in made.body
    assert loose.get("/readings").body.endswith(b'"meta":{"current_page":1,"total_pages":1,"total_records":1}}')


@pytest.mark.parametrize("field", ["id", "created_at", "updated_at"])
@pytest.mark.parametrize("spelled", ["1e400", "9" * 40, "1e-400", '{"a": [1e400]}', "7.0"])
def test_a_number_in_a_field_that_is_ignored_is_ignored(loose: Sandbox, field: str, spelled: str) -> None:
    assert loose.post("/readings", body=f'{{"{field}": {spelled}}}'.encode()).data["id"] == 1


@pytest.mark.parametrize("query", ["page=1.0", "page=1e0", "page=1E0", "page=%2B1", "page=01", "limit=2e1", "whole=7.0", "whole=7e0", "number=1e2"])
def test_in_a_query_only_digits_are_a_number(loose: Sandbox, query: str) -> None:
    name = query.partition("=")[0]
    assert list(loose.get(f"/readings?{query}").errors) == [name]
    assert "must be a" in loose.get(f"/readings?{query}").errors[name]


@pytest.mark.parametrize("digits", ["9223372036854775808", "18446744073709551616", "-9223372036854775809", "9" * 30])
@pytest.mark.parametrize("name", ["page", "limit", "whole"])
def test_an_integer_of_a_query_without_bounds_has_those_of_64_bits(loose: Sandbox, name: str, digits: str) -> None:
    reply = loose.get(f"/readings?{name}={digits}")
    assert (reply.status, list(reply.errors)) == (400, [name])


@pytest.mark.parametrize(
    "query",
    ["page=9223372036854775807", "page=-5", "limit=9223372036854775807&page=9223372036854775807", "number=" + "9" * 30, "number=0." + "1" * 30,
     "at_least=-" + "9" * 30, "whole=-0", "number=-0.0"],
    ids=lambda query: query[:30],
)  # fmt: skip
def test_any_number_of_a_query_without_bounds_is_answered(loose: Sandbox, query: str) -> None:
    loose.post("/readings", body=b'{"whole": 0.0, "number": 0.0}')
    assert loose.get(f"/readings?{query}").status == 200


@pytest.mark.parametrize("id", ["1.0", "1e0", "-0", "9223372036854775808", "9" * 19, "9" * 40, "18446744073709551616"])
def test_what_is_no_id_names_nothing_in_a_path_without_bounds(loose: Sandbox, id: str) -> None:
    loose.post("/readings", body=b"{}")
    assert loose.get(f"/readings/{id}").status == 404


@pytest.mark.parametrize(
    ("amount", "qty"),
    [("1e308", "9223372036854775807"), ("1e20", "1"), ("-1e308", "1"), ("-5", "2.0"), ("0", "1"), ("-0.0", "7"), ("1e-300", "1"), ("1e28", "-1")],
)
def test_a_sum_that_is_no_money_is_refused_where_its_lines_have_no_bounds(loose: Sandbox, amount: str, qty: str) -> None:
    customer = loose.customer()
    dates = '"date": "2024-01-15", "due_date": "2024-01-15"'
    reply = loose.post("/invoices", body=f'{{"customer_id": {customer}, {dates}, "items": [{LINE % (amount, qty)}]}}'.encode())
    assert is_refused(loose, reply, "items", "invoices").startswith("Items add up to ")
    reply = loose.post("/quotes", body=f'{{"customer_id": {customer}, "valid_until": "2025-12-31", "items": [{LINE % (amount, qty)}]}}'.encode())
    assert is_refused(loose, reply, "items", "quotes").startswith("Items add up to ")


def test_a_report_whose_sums_no_number_can_say_is_refused(loose: Sandbox) -> None:
    for amount in ("1e308", "1234567890e20", "0.001"):
        body = f'{{"type": "Income", "account_id": 1, "amount": {amount}, "date": "2024-01-15"}}'
        assert loose.post("/transactions", body=body.encode()).status == 201
    assert loose.get("/reports/financial").data["income"] == 1e308
    loose.post("/transactions", {"type": "Income", "account_id": 1, "amount": 1e308, "date": "2024-01-15"})
    assert loose.get("/reports/financial").status == 400
    assert "add up to more than any number can say" in loose.get("/reports/financial?year=2024").json["message"]
    assert loose.get("/reports/financial?year=2023").data["income"] == 0


def test_a_report_of_negative_amounts_is_refused(loose: Sandbox) -> None:
    loose.post("/transactions", {"type": "Income", "account_id": 1, "amount": -5, "date": "2024-01-15"})
    reply = loose.get("/reports/financial")
    assert (reply.status, reply.json["message"][:43]) == (400, "The amounts of this period add up to less t")
    assert loose.get("/reports/financial?year=2023").data["income"] == 0


def test_all_that_is_wrong_is_told_at_once(loose: Sandbox) -> None:
    reply = loose.post("/readings", body=b'{"whole": 1e400, "number": 0.1111111111111111111, "text": 7e0, "list": [1, 1e24], "above": 0}')
    assert set(reply.errors) == {"whole", "number", "text", "list.1", "above"}


def test_what_is_kept_survives_the_server(make_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    spec, data_dir = written(loose_document(), tmp_path), tmp_path / "data"
    first = make_sandbox(spec=spec, data_dir=data_dir)
    for value in (*SEVEN, *OTHERS, *NUMBERS):
        assert first.post("/readings", body=around("free", value)).status == 201
    before = first.get("/readings?limit=100").body
    first.close()
    assert json.loads(before)["data"]
    assert make_sandbox(spec=spec, data_dir=data_dir).get("/readings?limit=100").body == before
