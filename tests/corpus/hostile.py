"""What no well-behaved client sends, and what only a careful one does: the part of the corpus that is written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from openapi.reader import load_contract
from tests.asgi import ADMINISTRATOR, BASE, OTHER, READ_ONLY, REVOKED, STAFF
from tests.corpus.recorded import Recorded

Headers = tuple[tuple[str, str], ...]
JSON: Headers = (("content-type", "application/json"),)
KNOWN = '"a tag of nothing"'

BODIES: dict[str, Any] = {
    "/customers": {"account": "Ada Lovelace", "email": "ada@example.com", "phone": "1234567890", "city": "London"},
    "/invoices": {
        "customer_id": 1, "date": "2025-01-15", "due_date": "2025-02-15", "items": [{"description": "Work", "amount": 19.99, "qty": 3}],
    },
    "/transactions": {"type": "Income", "account_id": 1, "amount": 1500.0, "date": "2025-01-15"},
    "/products": {"name": "Web Hosting", "price": 99.99, "tax_rate": 7.75},
    "/quotes": {"customer_id": 1, "valid_until": "2025-02-15", "items": [{"description": "Advice", "amount": 2000, "qty": 1}]},
    "/tickets": {"customer_id": 1, "subject": "Help", "message": "Nothing works"},
    "/leads": {"first_name": "John", "last_name": "Smith", "email": "john@example.com"},
    "/users": {"name": "Grace", "email": "grace@example.com", "password": "securepassword", "role": "staff"},
    "/webhooks": {"url": "https://your-domain.com/webhook", "events": ["invoice.created"]},
    "/batch/customers": {"customers": [{"account": "Customer 1"}, {"account": "Customer 2", "email": "two@example.com"}]},
}  # fmt: skip

NOT_JSON = (
    b" \r\n\t", b"{", b"}", b"nothing", b'{"account": NaN}', b'{"account": Infinity}', b'{"account": -Infinity}',
    b'{"account": "One", "account": "Two"}',
    b'{"account": "One", "id": {"a": 1, "a": 2}}', b'{"account": "\xff\xfe"}', '{"account": "One"}'.encode("utf-16"), b'{"account": "\xc0\xaf"}',
    b'{"account": "\xed\xa0\x80"}', b'{"account": "\\ud800"}', b'\xef\xbb\xbf{"account": "One"}', b'{"account": "a\x00b"}', b'{"account": "a\nb"}',
    b"[" * 100_000, b'{"account": ' + b"[" * 500 + b"]" * 500 + b"}", b'{"a":' * 500 + b"1" + b"}" * 500, b'{"account": "One"} x',
    b'{"account": "One"}{"account": "Two"}', b'{"account": "One",}', b"{'account': 'One'}", b'{"account": "One"} // comment',
    b'{"account": "One", "id": 01}', b"account=One", b'{"account": "One", "id": ' + b"9" * 5000 + b"}", b"null", b"true", b"1", b'"One"', b"[]",
    b'{"account": "a\\u0000b"}', b'{"account": ""}', b'{"account": "' + b"x" * 256 + b'"}', b'{"account": 1e400}', b'{"account": null}',
    b'{"account": "One", "unknown": 1, "nonsense": 2, "acount": 3}', b'{"account": "One", "": 1}',
    b'{"account": "One", "' + b"n" * 3000 + b'": 1}', ('{"account": "One", ' + ", ".join(f'"f{n}": 1' for n in range(300)) + "}").encode(),
    b'{"account": "' + b"x" * (1024 * 1024) + b'"}',
)  # fmt: skip
STRANGE_BUT_GOOD = (
    '{"account": "Zo\xeb \u6771\u4eac \U0001f600 \u202e \\" </script> \x7f\u2028"}'.encode(), b'{"account": "\\ud83d\\ude00"}',
    b'{"account": "One", "id": ' + b"[" * 100 + b"]" * 100 + b"}", b'{"account": "One", "id": 1e400, "created_at": null, "updated_at": {}}',
    b' \n{ "account" :\t"One" }\r\n ', b'{"account": "' + b"x" * 255 + b'"}', b'{"account": "One", "address": "' + b"y" * 10_000 + b'"}',
)  # fmt: skip
PRICES = ("1e400", "-1e400", "1e999999999", "0", "-1", "0.001", "19.995", "1e-400", "1000000000", "999999999.99", "19.99", "1.15", "0.305", "1e2",
          "-0.0", "9" * 4000, "0." + "0" * 4000 + "1", "null", "true", '"1"', "[1]")  # fmt: skip
KINDS = ("text/plain", "application/xml", "application/json; charset=utf-8", 'Application/JSON; Charset="UTF-8"', "application/json; charset=latin-1",
         "application/json; charset=utf-16", "application/json; charset=", "application/json;", "application/json; a=b; charset=klingon", "json", "",
         "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", ";", "application/json, text/plain",
         "application/merge-patch+json", "x" * 300 + "/y", "\xff\xfe", "*/*")  # fmt: skip
IDS = ("abc", "0", "-1", "00", "01", "1.0", "1e3", "+1", "%201", "1%0A", "0x1", "1_000", "%D9%A1", "null", "9007199254740991", "9007199254740992",
       "9" * 5000, "1%00", "%FF", "1;x=1", "1,2", "*", "..", "%2E%2E", "1/", "1//", "1%2F", "", "1/invoices", "1%252F", "{id}", "ä")  # fmt: skip
PATHS = ("", "/", "/customers/", "//customers", "/Customers", "/%63ustomers", "/batch", "/reports", "/reports/", "/./customers", "/../v2/customers",
         "/customers;x=1", "/customers%00", "/customers%3Fpage=1", "/openapi.json", "/ui/", "/swagger.json", "/" + "a" * 9000,
         "/\u6771\u4eac")  # fmt: skip
QUERIES = ("page=0", "page=-1", "page=1.0", "page=01", "page=%31", "page=+1", "page=1e1", "page=", "page", "page=1&page=2", "limit=0",
           "limit=100", "limit=101",
           "limit=" + "9" * 400, "page=9007199254740991&limit=1", "page=99999999999999999999999999999", "unknown=1", "=1", "&&&", "search=",
           "search=%00",
           "search=%FF", "search=a%20b", "search=a+b", "search=%0A", "search=%E6%9D%B1", "search=" + "x" * 2000, "search=a&search=b", "Page=1",
           "page[]=1", "page%5B%5D=1", "%", "%zz=1", "search=%zz", "api_key=", "api_key=wrong", f"api_key={ADMINISTRATOR}", f"api_key={STAFF}",
           "#x=1",
           "&".join(f"p{n}=1" for n in range(250)), "page=1;limit=2", "search=\u6771", "search=.*", "search=%25", "limit=٣")  # fmt: skip
FILTERS = (
    "/invoices?status=Paid", "/invoices?status=paid", "/invoices?status=", "/invoices?status=Paid&status=Unpaid", "/invoices?customer_id=1",
    "/invoices?customer_id=0", "/invoices?customer_id=999999", "/invoices?date_from=2025-01-01&date_to=2025-06-30",
    "/invoices?date_from=2025-06-30&date_to=2025-01-01", "/invoices?date_from=2025-02-30", "/invoices?date_from=2025-1-1",
    "/invoices?date_to=0000-01-01",
    "/transactions?type=Income&account_id=1", "/transactions?type=income", "/transactions?account_id=1e2",
    "/transactions?date_from=2025-01-01T00:00:00Z",
    "/tickets?status=Open&department_id=1", "/tickets?status=Gone", "/tickets?department_id=-0", "/products?search=x", "/users?limit=1",
    "/quotes?page=2",
    "/reports/financial", "/reports/financial?year=2025", "/reports/financial?year=2025&month=2", "/reports/financial?month=2",
    "/reports/financial?year=1969", "/reports/financial?year=10000", "/reports/financial?year=2025&month=13", "/reports/financial?year=abcd&month=x",
)  # fmt: skip
METHODS = ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", "QUERY", "G\u00cbT", "X" * 200)
AUTHORIZATIONS = ("", "Bearer", "Bearer ", ADMINISTRATOR, f"Basic {ADMINISTRATOR}", f"Bearer{ADMINISTRATOR}", f"bearer {ADMINISTRATOR}",
                  f"BEARER   {ADMINISTRATOR}  ", f"Bearer {ADMINISTRATOR.upper()}", f"Bearer {ADMINISTRATOR},", f"Bearer {REVOKED}",
                  "Bearer \xe4\x00",
                  "Bearer " + "x" * 9000, f"Bearer {ADMINISTRATOR}, Bearer {STAFF}", 'Digest username="x"')  # fmt: skip


def key(value: str = ADMINISTRATOR) -> Headers:
    return (("authorization", f"Bearer {value}"),)


def request(method: str, target: str, headers: Headers = (), body: Any = b"", *, by: str | None = ADMINISTRATOR, pieces: int = 0) -> Recorded:
    """A request below the base path; a body that is no bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Recorded(method, BASE + target, headers + (key(by) if by else ()), raw, pieces)


def hostile() -> tuple[Recorded, ...]:
    """All of them; what creates comes before what reads, and what deletes comes last."""
    parts = (
        _good,
        _by_every_role,
        _bodies,
        _kinds,
        _lengths,
        _paths,
        _methods,
        _queries,
        _keys,
        _headers,
        _conditional,
        _origins,
        _replaced,
        _deleted,
    )
    return tuple(one for part in parts for one in part())


def _good() -> Iterator[Recorded]:
    for target, body in BODIES.items():
        yield request("POST", target, JSON, body)
        yield request("POST", target, JSON, body, pieces=3)
        yield request("POST", target, (), body)
    for target in FILTERS:
        yield request("GET", target)
        yield request("HEAD", target)


def _by_every_role() -> Iterator[Recorded]:
    for operation in load_contract().operations.values():
        target, body = operation.path.replace("{id}", "1"), BODIES.get(operation.path, {}) if operation.body else b""
        for holder in (STAFF, READ_ONLY, OTHER, REVOKED, None):
            if (operation.id, holder) != ("createUser", OTHER) and operation.method != "DELETE":
                yield request(operation.method, target, JSON if operation.body else (), body, by=holder)
        yield request(operation.method, target + "?nonsense=1", JSON, b"{", by=READ_ONLY)


def _bodies() -> Iterator[Recorded]:
    for body in (*NOT_JSON, *STRANGE_BUT_GOOD):
        yield request("POST", "/customers", JSON, body)
    for target in BODIES:
        for body in (b"", b"{}", b"[]", b'{"a": NaN}', b'{"unknown": 1}'):
            yield request("POST", target, JSON, body)
    for price in PRICES:
        yield request("POST", "/products", JSON, f'{{"name": "Hosting", "price": {price}}}'.encode())
        lines = f'[{{"description": "Work", "amount": 1, "qty": 1}}, {{"description": "Work", "amount": 1, "qty": {price}}}]'
        yield request("POST", "/quotes", JSON, f'{{"customer_id": 1, "valid_until": "2025-12-31", "items": {lines}}}'.encode())
    yield request("POST", "/customers?page=1&unknown=2", JSON, {"email": "nobody", "phone": 1})
    yield request("POST", "/invoices", JSON, {**BODIES["/invoices"], "customer_id": 999_999, "due_date": "2020-01-01"})
    yield request("POST", "/batch/customers", JSON, {"customers": [{"account": "One"}, {"email": "x"}, 3, {"account": ""}]})
    yield request("POST", "/batch/customers", JSON, {"customers": [{"account": "One"}] * 101})
    yield request("POST", "/users", JSON, {**BODIES["/users"], "email": "GRACE@example.com"})
    yield request("POST", "/webhooks", JSON, {"url": "https://host:0/", "events": ["invoice.created", "invoice.created"]})


def _kinds() -> Iterator[Recorded]:
    for kind in KINDS:
        yield request("POST", "/customers", (("content-type", kind),), BODIES["/customers"])
        yield request("GET", "/customers?limit=1", (("content-type", kind),))
    yield request("POST", "/customers", (*JSON, ("content-type", "text/plain")), BODIES["/customers"])
    yield request("POST", "/customers", (("content-type", "text/plain"),), BODIES["/customers"], by=None)
    yield request("POST", "/nothing", (("content-type", "text/plain"),), BODIES["/customers"])


def _lengths() -> Iterator[Recorded]:
    for length in ("1048576", "1048577", "9" * 40, "abc", "-1", "", "1e3"):
        yield request("POST", "/customers", (*JSON, ("content-length", length)), BODIES["/customers"], pieces=1)
    yield request("POST", "/nothing", (*JSON, ("content-length", "1048577")), b"{}", pieces=1, by=None)
    yield request("POST", "/customers", JSON, b" " * (1024 * 1024 + 1), pieces=5)
    yield request("POST", "/customers", (*JSON, ("transfer-encoding", "chunked")), BODIES["/customers"], pieces=40)
    yield request("POST", "/customers", JSON, b"", pieces=2)
    yield request("GET", "/customers/1", JSON, BODIES["/customers"])
    yield request("GET", "/customers/1", (), b"\xff" * 100)
    yield request("DELETE", "/customers/999999", (("content-type", "text/plain"),), b"{")


def _paths() -> Iterator[Recorded]:
    for id in IDS:
        for method in ("GET", "PUT"):
            yield request(method, f"/customers/{id}", JSON if method == "PUT" else (), b'{"account": "One"}' if method == "PUT" else b"")
        yield request("GET", f"/customers/{id}", by=None)
    for path in PATHS:
        yield request("GET", path)
        yield request("POST", path, JSON, b"{")
    for target in ("/", "/api", "/api/v1/customers", "/api/v2", "/favicon.ico", "*", "/api/v2x/customers"):
        yield Recorded("GET", target, key())


def _methods() -> Iterator[Recorded]:
    for path in load_contract().paths:
        for method in METHODS[:11]:
            if (path, method) != ("/customers/{id}", "DELETE"):
                yield request(method, path.replace("{id}", "1"), by=None)
    for method in METHODS:
        yield request(method, "/customers")
        yield request(method, "/nothing")


def _queries() -> Iterator[Recorded]:
    for query in QUERIES:
        yield request("GET", f"/customers?{query}")
        yield request("HEAD", f"/customers?{query}")
        yield request("POST", f"/leads?{query}", JSON, BODIES["/leads"])


def _keys() -> Iterator[Recorded]:
    for authorization in AUTHORIZATIONS:
        yield request("GET", "/users", (("authorization", authorization),), by=None)
        yield request("GET", f"/users?api_key={ADMINISTRATOR}", (("authorization", authorization),), by=None)
    yield request("GET", "/users", (*key(STAFF), *key()), by=None)
    yield request("GET", "/users", (*key(), *key()), by=None)
    for query in (f"api_key={STAFF}", f"api%5Fkey={STAFF}", f"api_key={STAFF}&api_key={STAFF}", "api_key=%FF", f"API_KEY={STAFF}", "api_key"):
        yield request("GET", f"/customers?{query}", by=None)
        yield request("GET", f"/customers?{query}", by=STAFF)


def _headers() -> Iterator[Recorded]:
    yield request("GET", "/customers", (("x-long", "x" * 16_000),))
    yield request("GET", "/customers", (("x-long", "x" * 17_000),))
    yield request("GET", "/nothing", (("x-long", "x" * 17_000),), by=None)
    yield request("GET", "/customers", tuple((f"x-{n}", "1") for n in range(99)))
    yield request("POST", "/customers", tuple((f"x-{n}", "1") for n in range(120)), BODIES["/customers"])
    for name, value in (("accept", "text/html"), ("accept", "application/xml;q=0.9"), ("accept-encoding", "gzip, br"), ("range", "bytes=0-3"),
                        ("expect", "100-continue"), ("host", "evil.example"), ("x-forwarded-for", "10.0.0.1"), ("x-http-method-override", "DELETE"),
                        ("cookie", "session=\xff"), ("", "no name"), ("x y", "blank"), ("if-modified-since", "yesterday"), ("upgrade", "websocket"),
                        ("connection", "close"), ("te", "trailers"), ("forwarded", "for=10.0.0.1"), ("x-ratelimit-limit", "5")):  # fmt: skip
        yield request("GET", "/customers/1", ((name, value),))
        yield request("GET", "/customers/1/", ((name, value),))


def _conditional() -> Iterator[Recorded]:
    for target in ("/customers", "/customers/1", "/users", "/reports/financial", "/customers/999999", "/nothing", "/customers?limit=0"):
        for known in ("*", KNOWN, f"W/{KNOWN}", f"{KNOWN}, *", "", '"', "W/", "\xff"):
            yield request("GET", target, (("if-none-match", known),))
        yield request("HEAD", target, (("if-none-match", "*"),))
        yield request("GET", target, (("if-none-match", KNOWN), ("if-none-match", "*")))
        yield request("GET", target, (("if-match", KNOWN),))
    yield request("POST", "/customers", (*JSON, ("if-none-match", "*")), BODIES["/customers"])
    yield request("PUT", "/customers/1", (*JSON, ("if-match", KNOWN)), BODIES["/customers"])


def _origins() -> Iterator[Recorded]:
    page = (("origin", "https://page.example"),)
    for target in ("/customers", "/customers/1", "/nothing", "/customers/abc"):
        for asked in ("GET", "DELETE", ""):
            yield request("OPTIONS", target, (*page, ("access-control-request-method", asked)), by=None)
        yield request("OPTIONS", target, page, by=None)
        yield request("GET", target, page)
        yield request("GET", target, page, by=None)
        yield request("GET", target, (("origin", "null"), ("if-none-match", "*")))
    yield request("POST", "/customers", (*page, *JSON), BODIES["/customers"])
    yield request("POST", "/customers", (*page, ("content-type", "text/plain")), BODIES["/customers"])


def _replaced() -> Iterator[Recorded]:
    yield request("PUT", "/customers/1", JSON, {"account": "Janet", "id": 7, "created_at": "never", "email": "janet@example.com"})
    yield request("PUT", "/customers/1", JSON, {"email": "janet@example.com"})
    yield request("PUT", "/customers/1", JSON, {"account": "Janet", "email": "janet"})
    yield request("PUT", "/customers/1", (), {"account": "Janet"}, pieces=2)
    yield request("PUT", "/customers/999999", JSON, {"account": "Janet"})
    yield request("PUT", "/customers/1", JSON, {"account": "Janet"}, by=READ_ONLY)
    yield request("PUT", "/customers/999999", JSON, b"{", by=OTHER)
    yield request("GET", "/customers/1")


def _deleted() -> Iterator[Recorded]:
    for id in (1, 24, 25, 26, 30, 40, 60, 999_999):
        for method in ("DELETE", "DELETE", "GET", "PUT"):
            yield request(method, f"/customers/{id}", JSON if method == "PUT" else (), b'{"account": "One"}' if method == "PUT" else b"")
    yield request("DELETE", "/customers/1", by=OTHER)
    yield request("DELETE", "/customers/2", by=READ_ONLY)
    yield request("DELETE", "/customers/2", by=None)
    for target in BODIES:
        yield request("GET", f"{target}?limit=100")
