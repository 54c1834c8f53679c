"""Numbers and dates at their limits, and just beyond."""

from __future__ import annotations

from tests.hostile.case import Case, get, post

_PRICES = [
    "0",
    "-0",
    "-0.01",
    "0.001",
    "19.995",
    "1e-400",
    "1000000000",
    "999999999.991",
    "1e400",
    "-1e400",
    "1e999999999",
    "9" * 400,
    "true",
    '"1"',
    "null",
]
_QUANTITIES = ["0", "-1", "1000001", "1.5", "1e400", "9" * 400, "true", '"1"', "null"]
_IDS = ["0", "-1", "9007199254740992", "1.5", "9" * 400, "1e400", '"1"', "true", "null", "999999999"]
_DATES = ["2024-02-30", "2024-13-01", "0000-00-00", "2024-1-5", "20240115", "2024-01-15T00:00:00Z", "tomorrow", "", " 2024-01-15", "99999-01-01"]


def _short(value: str) -> str:
    return value if len(value) < 25 else f"{len(value)} digits"


def _quote(qty: str = "1", amount: str = "1", customer: str = "1", until: str = '"2024-02-15"') -> bytes:
    line = f'{{"description": "Work", "amount": {amount}, "qty": {qty}}}'
    return post("/quotes", f'{{"customer_id": {customer}, "valid_until": {until}, "items": [{line}]}}'.encode())


def _product(price: str, tax: str = "0") -> bytes:
    return post("/products", f'{{"name": "Hosting", "price": {price}, "tax_rate": {tax}}}'.encode())


def _invoice(date: str, due: str) -> bytes:
    line = '{"description": "Work", "amount": 1, "qty": 1}'
    return post("/invoices", f'{{"customer_id": 1, "date": "{date}", "due_date": "{due}", "items": [{line}]}}'.encode())


NUMBERS = [
    *(Case(f"number: a price of {_short(value)}", (_product(value),), 400, "price") for value in _PRICES),
    *(Case(f"number: a tax of {value}", (_product("1", value),), 400, "tax_rate") for value in ("-1", "100.01", "0.001", "1e400")),
    *(Case(f"number: a quantity of {_short(value)}", (_quote(qty=value),), 400, "items.0.qty") for value in _QUANTITIES),
    *(Case(f"number: the customer {_short(value)}", (_quote(customer=value),), 400, "customer_id") for value in _IDS),
    Case("number: a sum beyond all", (_quote(qty="1000000", amount="999999999.99"),), 400, "items"),
    Case("number: no items", (post("/quotes", b'{"customer_id": 1, "valid_until": "2024-02-15", "items": []}'),), 400, "items"),
    *(Case(f"date: {value!r}", (_quote(until=f'"{value}"'),), 400, "valid_until") for value in _DATES),
    Case("date: due before it began", (_invoice("2024-01-15", "2024-01-14"),), 400, "due_date"),
    *(Case(f"number: page {_short(value)}", (get(f"/customers?page={value}"),), 400, "page")
      for value in ("0", "-1", "9007199254740992", "1.5", "1e3", "%20", "", "x", "%D9%A1", "9" * 5000)),
    *(Case(f"number: limit {value}", (get(f"/customers?limit={value}"),), 400, "limit") for value in ("0", "101", "+1", "0x10", "1_0")),
    *(Case(f"number: year {value}", (get(f"/reports/financial?year={value}"),), 400, "year") for value in ("1969", "10000", "-2024", "MMXXIV")),
    *(Case(f"number: month {value}", (get(f"/reports/financial?year=2024&month={value}"),), 400, "month") for value in ("0", "13", "January")),
    Case("number: a month of no year", (get("/reports/financial?month=1"),), 400, "month"),
    Case("date: from after to", (get("/invoices?date_from=2024-02-01&date_to=2024-01-01"),), 400, "date_from"),
]  # fmt: skip
