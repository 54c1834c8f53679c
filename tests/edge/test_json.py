"""Bodies are read as strict JSON: what two readers could understand differently is refused, and nothing of it stored."""

import pytest

from tests.asgi import Reply, Sandbox

NOT_JSON = {
    "nothing": b"",
    "room alone": b" \r\n\t",
    "NaN": b'{"account": NaN}',
    "Infinity": b'{"account": Infinity}',
    "minus Infinity": b'{"account": -Infinity}',
    "a key twice": b'{"account": "One", "account": "Two"}',
    "a key twice within": b'{"account": "One", "id": {"a": 1, "a": 2}}',
    "invalid UTF-8": b'{"account": "\xff\xfe"}',
    "UTF-16": '{"account": "One"}'.encode("utf-16"),
    "an overlong form": b'{"account": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"account": "\xed\xa0\x80"}',
    "a lone surrogate": b'{"account": "\\ud800"}',
    "a byte order mark": b'\xef\xbb\xbf{"account": "One"}',
    "a raw NUL": b'{"account": "a\x00b"}',
    "a raw line feed": b'{"account": "a\nb"}',
    "endless lists": b"[" * 100_000,
    "deep lists": b'{"account": ' + b"[" * 500 + b"]" * 500 + b"}",
    "deep objects": b'{"a":' * 500 + b"1" + b"}" * 500,
    "an end too early": b'{"account": "One"',
    "something after the end": b'{"account": "One"} x',
    "two documents": b'{"account": "One"}{"account": "Two"}',
    "a comma too many": b'{"account": "One",}',
    "single quotes": b"{'account': 'One'}",
    "a comment": b'{"account": "One"} // comment',
    "a leading nought": b'{"account": "One", "id": 01}',
    "a form": b"account=One",
    "a number that nobody reads": b'{"account": "One", "id": ' + b"9" * 5000 + b"}",
}
NOT_AN_OBJECT = {"a list": b'[{"account": "One"}]', "a text": b'"One"', "a number": b"1", "null": b"null", "true": b"true"}
VALUES = {
    "a NUL": ("account", b'"a\\u0000b"'),
    "an empty text": ("account", b'""'),
    "a long text": ("account", b'"' + b"x" * 256 + b'"'),
    "null": ("account", b"null"),
    "a number": ("account", b"1"),
    "a number beyond all": ("account", b"1e400"),
    "a list": ("account", b"[]"),
}


def names(reply: Reply, *fields: str) -> bool:
    """A 400 in the reference's envelope that names these fields and no other."""
    assert reply.status == 400, reply.body
    assert reply.json == {"success": False, "errors": reply.errors, "message": "Validation failed"}
    assert set(reply.errors) == set(fields)
    assert all(isinstance(what, str) and what for what in reply.errors.values())
    return True


@pytest.mark.parametrize("body", [*NOT_JSON.values(), *NOT_AN_OBJECT.values()], ids=[*NOT_JSON, *NOT_AN_OBJECT])
def test_what_is_no_json_object_is_refused(sandbox: Sandbox, body: bytes) -> None:
    assert names(sandbox.post("/customers", body=body), "body")
    assert sandbox.get("/customers").data == []


@pytest.mark.parametrize(("field", "value"), VALUES.values(), ids=VALUES)
def test_a_value_of_the_wrong_form_is_refused_by_its_field(sandbox: Sandbox, field: str, value: bytes) -> None:
    assert names(sandbox.post("/customers", body=b'{"%s": %s}' % (field.encode(), value)), field)


@pytest.mark.parametrize(
    "price",
    ["1e400", "-1e400", "1e999999999", "0", "-1", "0.001", "19.995", "1e-400", "1000000000", "999999999.995", "9" * 4000,
     "0." + "0" * 4000 + "1", "null", "true", '"1"', "[1]"],
    ids=lambda price: str(price)[:20],
)  # fmt: skip
def test_a_price_that_is_no_money_is_refused(sandbox: Sandbox, price: str) -> None:
    assert names(sandbox.post("/products", body=f'{{"name": "Hosting", "price": {price}}}'.encode()), "price")


@pytest.mark.parametrize(("price", "stored"), [("19.99", 19.99), ("1.15", 1.15), ("0.01", 0.01), ("999999999.99", 999999999.99), ("1e2", 100)])
def test_a_price_keeps_its_cents(sandbox: Sandbox, price: str, stored: float) -> None:
    reply = sandbox.post("/products", body=f'{{"name": "Hosting", "price": {price}}}'.encode())
    assert reply.status == 201, reply.body
    assert reply.data["price"] == stored
    assert f'"price":{stored}'.encode() in reply.body or stored == 100


@pytest.mark.parametrize("qty", ["0", "-1", "1000001", "1.5", "1e400", "9" * 4000, "true", '"1"', "null"], ids=lambda qty: str(qty)[:20])
def test_a_quantity_out_of_bounds_is_refused_by_its_place(sandbox: Sandbox, qty: str) -> None:
    customer = sandbox.customer()
    lines = f'[{{"description": "Work", "amount": 1, "qty": 1}}, {{"description": "Work", "amount": 1, "qty": {qty}}}]'
    body = f'{{"customer_id": {customer}, "valid_until": "2025-12-31", "items": {lines}}}'
    assert names(sandbox.post("/quotes", body=body.encode()), "items.1.qty")


def test_text_of_every_script_comes_back_as_it_was_sent(sandbox: Sandbox) -> None:
    account = 'Zo\xeb \u6771\u4eac \U0001f600 \u202e \\" </script> \x7f\x01'
    created = sandbox.post("/customers", {"account": account})
    assert created.status == 201
    assert sandbox.get(f"/customers/{created.data['id']}").data["account"] == account


def test_a_surrogate_pair_is_one_character(sandbox: Sandbox) -> None:
    reply = sandbox.post("/customers", body=b'{"account": "\\ud83d\\ude00"}')
    assert reply.status == 201
    assert reply.data["account"] == "\U0001f600"


def test_the_depth_that_is_needed_is_read(sandbox: Sandbox) -> None:
    reply = sandbox.post("/customers", body=b'{"account": "One", "id": ' + b"[" * 100 + b"]" * 100 + b"}")
    assert reply.status == 201


@pytest.mark.parametrize("value", ["7", '"abc"', "null", "{}", "[1, 2]", "1e400", "-0.0", "9" * 4000, "1e999999999"], ids=lambda value: value[:20])
@pytest.mark.parametrize("field", ["id", "created_at", "updated_at"])
def test_a_field_that_only_the_server_sets_is_ignored_whatever_its_type(sandbox: Sandbox, field: str, value: str) -> None:
    reply = sandbox.post("/customers", body=f'{{"account": "One", "{field}": {value}}}'.encode())
    assert reply.status == 201, reply.body
    assert reply.data["id"] == 1
    moment = sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (reply.data["created_at"], reply.data["updated_at"]) == (moment, moment)


def test_what_was_read_can_be_sent_back(sandbox: Sandbox) -> None:
    customer = sandbox.customer(city="Rome")
    read = sandbox.get(f"/customers/{customer}").data
    assert sandbox.put(f"/customers/{customer}", read).data == read
