"""All hostile requests, and beside them some that look hostile and are right."""

from __future__ import annotations

from tests.hostile.bodies import JSON, KINDS, MOST, SIZES, VALUES
from tests.hostile.case import ADMINISTRATOR, CUSTOMER, Case, chunked, get, head, post, streamed
from tests.hostile.framing import FRAMING, HEADERS
from tests.hostile.heads import KEYS, METHODS, PATHS, QUERIES
from tests.hostile.numbers import NUMBERS

REFUSED = [*JSON, *VALUES, *KINDS, *SIZES, *NUMBERS, *FRAMING, *HEADERS, *PATHS, *METHODS, *QUERIES, *KEYS]

_ONE_BY_ONE = [CUSTOMER[place : place + 1] for place in range(len(CUSTOMER))]
_ODDLY_READ = {
    "98 headers more": get("/customers", *(f"X-{number}: 1" for number in range(98))),
    "empty lines before": b"\r\n\r\n" + get("/customers"),
    "the scheme in capitals": get("/customers", key=ADMINISTRATOR.upper().replace("SBX_TEST_ADMINISTRATOR", "sbx_test_administrator")),
    "the key in both places": get("/customers?api_key=sbx_test_administrator"),
    "the key in the query": get("/customers?api_key=sbx_test_administrator", key=None),
    "empty parts in the query": get("/customers?&&page=1&&"),
    "a query that is empty": get("/customers?"),
    "an empty search": get("/customers?search="),
    "a fragment": get("/customers#there"),
    "an absolute URL": get(b"http://sandbox/api/v2/customers"),
    "a path in escapes": get("/%63ustomers"),
    "a slash in an escape": get("/customers%2F1"),
    "a body to what reads none": head("GET", "/customers", "Content-Length: 5") + b"hello",
    "an offer to speak HTTP/2": get("/customers", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "an offer to speak WebSocket": get(
        "/customers", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA=="
    ),
    "HTTP/1.0": head("GET", "/customers", version="HTTP/1.0"),
    "two hosts": get("/customers", "Host: other"),
    "a range": get("/customers", "Range: bytes=0-3"),
    "a tag that is none": get("/customers", 'If-None-Match: nonsense, "x'),
}
_ODDLY_WRITTEN = {
    "with an offer to speak HTTP/2": post("/customers", CUSTOMER, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "with an offer in capitals": post("/customers", CUSTOMER, "CONNECTION: UPGRADE", "UPGRADE : h2c".replace(" :", ":")),
    "with a word about an upgrade": post("/customers", b'{"account": "Upgrade: now"}'),
    "in chunks": streamed("/customers", chunked(CUSTOMER)),
    "in chunks of one byte": streamed("/customers", chunked(*_ONE_BY_ONE)),
    "in chunks with extensions": streamed("/customers", b'%x;name="a\\"b";x\r\n%b\r\n0;end\r\n\r\n' % (len(CUSTOMER), CUSTOMER)),
    "in chunks with a trailer": streamed("/customers", chunked(CUSTOMER)[:-2] + b"X-Digest: 1\r\n\r\n"),
    "of no kind": post("/customers", CUSTOMER),
    "of an empty kind": post("/customers", CUSTOMER, "Content-Type:"),
    "of exactly 1 MiB": post("/customers", CUSTOMER.ljust(MOST)),
    "with what only the server sets": post("/customers", b'{"account": "A", "id": 1e400, "created_at": {"a": [1]}}'),
    "with a text of every script": post("/customers", '{"account": "Zoë 東京 😀 \u202e </script>"}'.encode()),
}
TAKEN = [
    *(Case(f"read: {name}", (raw,), 200) for name, raw in _ODDLY_READ.items()),
    *(Case(f"written: {name}", (raw,), 201) for name, raw in _ODDLY_WRITTEN.items()),
    Case("written: when asked for", (head("POST", "/customers", f"Content-Length: {len(CUSTOMER)}", "Expect: 100-continue"), CUSTOMER), 201),
]
