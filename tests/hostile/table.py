"""All hostile requests, and beside them some that look hostile and are right."""

from __future__ import annotations

from tests.hostile.bodies import JSON, KINDS, MOST, SIZES, VALUES
from tests.hostile.case import ADMINISTRATOR, CUSTOMER, Case, chunked, get, head, post, streamed
from tests.hostile.framing import FRAMING, HEADERS
from tests.hostile.heads import KEYS, METHODS, PATHS, QUERIES
from tests.hostile.numbers import NUMBERS

_OTHER_HOSTS = ("sandbox:", "sandbox:0", "sandbox:65535", "sandbox:00080", "SANDBOX.Example", "a_b-c.d~e", "[2001:DB8::1]", "[v1.x:y]", "sand%62ox",
                "xn--sndbox-bua", "10.0.0.1:8000", "0.0.0.0", "localhost.example", "notlocalhost", "127.0.0.1.example")  # fmt: skip
ELSEWHERE = [Case(f"host: well formed, and not this machine's: {host}", (head("GET", "/customers", hosts=(host,)),), 401) for host in _OTHER_HOSTS]
ELSEWHERE += [Case("host: not this machine's, in the URL", (get(b"http://sandbox/api/v2/customers"),), 401)]
REFUSED = [*JSON, *VALUES, *KINDS, *SIZES, *NUMBERS, *FRAMING, *HEADERS, *PATHS, *METHODS, *QUERIES, *KEYS, *ELSEWHERE]

_ONE_BY_ONE = [CUSTOMER[place : place + 1] for place in range(len(CUSTOMER))]
_HOSTS = ("localhost:", "localhost:0", "localhost:65535", "localhost:00080", "LocalHost", "my.localhost:3000", "127.0.0.1", "127.9.9.9:8000",
          "[::1]", "[::1]:8000", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "localhost.")  # fmt: skip
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
    "an absolute URL": get(b"http://localhost/api/v2/customers"),
    "a path in escapes": get("/%63ustomers"),
    "a path in escapes, the control plane's letter too": get(b"/%61pi/v2/cust%6Fmers"),
    "an id in escapes": get("/customers/%31"),
    "a query in escapes": get("/customers?%70age=%31&limit=%31%30"),
    "a body to what reads none": head("GET", "/customers", "Content-Length: 5") + b"hello",
    "an offer to speak HTTP/2": get("/customers", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "an offer to speak WebSocket": get(
        "/customers", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA=="
    ),
    "an absolute URL in capitals": get(b"HTTP://LOCALHOST:80/api/v2/customers?page=1"),
    "an absolute URL of IPv6": get(b"http://[::1]:8000/api/v2/customers"),
    "HTTP/1.0": head("GET", "/customers", version="HTTP/1.0"),
    "HTTP/1.0 without a host": head("GET", "/customers", version="HTTP/1.0", hosts=()),
    "HTTP/1.0 that would stay": head("GET", "/customers", "Connection: keep-alive", version="HTTP/1.0"),
    "HTTP/1.0 that expects": head("GET", "/customers", "Expect: 100-continue", version="HTTP/1.0"),
    "the last one": get("/customers", "Connection: close"),
    "the last one, in a list": get("/customers", "Connection: keep-alive, Close"),
    **{f"the host {host}": head("GET", "/customers", hosts=(host,)) for host in _HOSTS},
    "space around the host": head("GET", "/customers", hosts=(" \tlocalhost:80 \t",)),
    "space behind the key": get("/customers", key=ADMINISTRATOR + " \t "),
    "an expectation that nobody knows": get("/customers", "Expect: the-unexpected"),
    "an offer in small letters": get("/customers", "connection: upgrade", "upgrade: h2c"),
    "two offers": get("/customers", "Connection: Upgrade", "Upgrade: h2c", "Upgrade: websocket"),
    "an offer without its word": get("/customers", "Upgrade: h2c"),
    "its word without an offer": get("/customers", "Connection: Upgrade"),
    "a range": get("/customers", "Range: bytes=0-3"),
    "a tag that is none": get("/customers", 'If-None-Match: nonsense, "x'),
}
_TRAILERS = (
    "Authorization: Bearer wrong", "Authorization: Bearer sbx_test_other_workspace", "X-API-Key: wrong", "Content-Type: text/plain", "Host: other",
    "Host: sand box", "Content-Length: 5", "Content-Length: 999999999", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Connection: close",
    "Upgrade: h2c", "Expect: 100-continue", "Content-Encoding: gzip", "Origin: https://page.example", "If-None-Match: *", "X-Empty:",
)  # fmt: skip
_ODDLY_WRITTEN = {
    "with an offer to speak HTTP/2": post("/customers", CUSTOMER, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "with an offer in capitals": post("/customers", CUSTOMER, "CONNECTION: UPGRADE", "UPGRADE : h2c".replace(" :", ":")),
    "with an offer, in chunks": streamed("/customers", chunked(CUSTOMER), "Connection: Upgrade", "Upgrade: h2c"),
    "with an offer before the length": head("POST", "/customers", "Upgrade: h2c", "Connection: Upgrade", f"Content-Length: {len(CUSTOMER)}")
    + CUSTOMER,
    "with an offer in HTTP/1.0": head(
        "POST", "/customers", f"Content-Length: {len(CUSTOMER)}", "Connection: Upgrade", "Upgrade: h2c", version="HTTP/1.0"
    )
    + CUSTOMER,
    "expecting, in HTTP/1.0": head("POST", "/customers", f"Content-Length: {len(CUSTOMER)}", "Expect: 100-continue", version="HTTP/1.0") + CUSTOMER,
    "expecting what nobody knows": post("/customers", CUSTOMER, "Expect: 200-ok"),
    **{
        f"with {trailer.partition(':')[0]} behind it, {trailer.partition(':')[2].strip()[:9]}": streamed(
            "/customers", chunked(CUSTOMER, trailers=[trailer])
        )
        for trailer in _TRAILERS
    },
    "with much behind it": streamed("/customers", chunked(CUSTOMER, trailers=list(_TRAILERS))),
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
