"""What is hardly HTTP: the parser refuses it before an application could."""

from __future__ import annotations

from tests.hostile.case import ADMINISTRATOR, CUSTOMER, Case, cases, chunked, get, head, streamed

_CLOSE = ("connection", "close")
_CHUNKED, _JSON = "Transfer-Encoding: chunked", "Content-Type: application/json"
_READER = "Authorization: Bearer sbx_test_read_only"


def _lines(*lines: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join([*lines, b"", b""])


_TARGET = b"/api/v2/customers"
_HOST = b"Host: localhost"
_KEY = ADMINISTRATOR.encode()


def _with(*headers: bytes, body: bytes = b"") -> bytes:
    return _lines(b"POST " + _TARGET + b" HTTP/1.1", _HOST, _KEY, *headers) + body


REQUEST_LINES = {
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    "a sentence": b"hello there, are you a server?\r\n\r\n",
    "only a method": b"GET\r\n\r\n",
    "a space before": _lines(b" GET " + _TARGET + b" HTTP/1.1", _HOST),
    "a space in the path": _lines(b"GET /api/v2/cust omers HTTP/1.1", _HOST),
    "a tab for a space": _lines(b"GET\t" + _TARGET + b"\tHTTP/1.1", _HOST),
    "a NUL in the path": _lines(b"GET /api/v2/cust\x00omers HTTP/1.1", _HOST),
    "bytes in the path": _lines(b"GET /api/v2/\xff\xfe HTTP/1.1", _HOST),
    "a path without a slash": _lines(b"GET api/v2/customers HTTP/1.1", _HOST),
    "a path that is empty": _lines(b"GET  HTTP/1.1", _HOST),
    "a method nobody knows": _lines(b"BREW " + _TARGET + b" HTTP/1.1", _HOST),
    "a method in lower case": _lines(b"get " + _TARGET + b" HTTP/1.1", _HOST),
    "a method of 5,000": _lines(b"G" * 5000 + b" / HTTP/1.1", _HOST),
    "HTTP/9.9": _lines(b"GET " + _TARGET + b" HTTP/9.9", _HOST),
    "HTTP/1.11": _lines(b"GET " + _TARGET + b" HTTP/1.11", _HOST),
    "http/1.1": _lines(b"GET " + _TARGET + b" http/1.1", _HOST),
    "ICY": _lines(b"GET " + _TARGET + b" ICY/1.1", _HOST),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "a tunnel": _lines(b"CONNECT example.com:443 HTTP/1.1", b"Host: example.com:443"),
    "HTTP/2.0": _lines(b"GET " + _TARGET + b" HTTP/2.0", _HOST),
    "a tunnel's target without a tunnel": _lines(b"GET sandbox:80 HTTP/1.1", _HOST),
    "a star without OPTIONS, and more": _lines(b"GET *" + _TARGET + b" HTTP/1.1", _HOST),
    "a URL of another scheme": _lines(b"GET ftp://sandbox" + _TARGET + b" HTTP/1.1", _HOST),
    "a URL with a user": _lines(b"GET http://user:pw@sandbox" + _TARGET + b" HTTP/1.1", _HOST),
    "a URL without a host": _lines(b"GET http://" + _TARGET + b" HTTP/1.1", _HOST),
    "a URL with a port too large": _lines(b"GET http://sandbox:65536" + _TARGET + b" HTTP/1.1", _HOST),
    "a URL with half an address": _lines(b"GET http://[::1" + _TARGET + b" HTTP/1.1", _HOST),
    "bytes in the query": _lines(b"GET " + _TARGET + b"?search=\xc3\xa9 HTTP/1.1", _HOST),
    "bytes in the path of a HEAD": _lines(b"HEAD " + _TARGET + b"/\xc3\xa9 HTTP/1.1", _HOST),
    "a HEAD of HTTP/9.9": _lines(b"HEAD " + _TARGET + b" HTTP/9.9", _HOST),
    "a HEAD of nothing": b"HEAD \r\n\r\n",
    "an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}
HEADER_LINES = {
    "no colon": _with(b"Nonsense"),
    "a space before the colon": _with(b"X-One : 1"),
    "no name": _with(b": 1"),
    "a space in the name": _with(b"X One: 1"),
    "a NUL in the name": _with(b"X-\x00One: 1"),
    "a NUL in the value": _with(b"X-One: a\x00b"),
    "a bare CR in the value": _with(b"X-One: a\rb"),
    "a control character in the value": _with(b"X-One: a\x01b"),
    "a folded line": _with(b"X-One: a", b" b"),
    "a folded first line": _lines(b"GET " + _TARGET + b" HTTP/1.1", b" folded: 1", _HOST),
    "no colon, behind the key": _lines(b"GET " + _TARGET + b" HTTP/1.1", _HOST, _KEY, b"X-One: 1", b"Nonsense"),
    "no colon, before the key": _lines(b"GET " + _TARGET + b" HTTP/1.1", _HOST, b"Nonsense", b"X-One: 1", _KEY),
    "no colon, the key in the query": _lines(b"GET " + _TARGET + b"?api_key=sbx_test_administrator HTTP/1.1", _HOST, b"Nonsense"),
    "no colon, in a HEAD": _lines(b"HEAD " + _TARGET + b" HTTP/1.1", _HOST, _KEY, b"Nonsense"),
    "an offer that is no header": _with(b"Upgrade h2c", b"Connection: Upgrade", body=CUSTOMER),
    "a space before the colon of an offer": _with(b"Upgrade : h2c", body=CUSTOMER),
    "a name in Greek": _with("Ελλ: 1".encode()),
    "line feeds only": _lines(b"GET " + _TARGET + b" HTTP/1.1", _HOST, end=b"\n"),
    "returns only": _lines(b"GET " + _TARGET + b" HTTP/1.1", _HOST, end=b"\r") + b"\n",
}
LENGTHS = {
    "a word": _with(b"Content-Length: five", body=CUSTOMER),
    "nothing": _with(b"Content-Length:", body=CUSTOMER),
    "negative": _with(b"Content-Length: -5", body=CUSTOMER),
    "a plus": _with(b"Content-Length: +25", body=CUSTOMER),
    "a fraction": _with(b"Content-Length: 25.0", body=CUSTOMER),
    "hexadecimal": _with(b"Content-Length: 0x19", body=CUSTOMER),
    "spaces inside": _with(b"Content-Length: 2 5", body=CUSTOMER),
    "a list": _with(b"Content-Length: 25, 25", body=CUSTOMER),
    "twice, alike": _with(b"Content-Length: 25", b"Content-Length: 25", body=CUSTOMER),
    "twice, otherwise": _with(b"Content-Length: 25", b"Content-Length: 26", body=CUSTOMER),
    "beyond 64 bits": _with(b"Content-Length: " + b"9" * 30, body=CUSTOMER),
    "and chunks": _with(b"Content-Length: 25", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "after chunks": _with(b"Transfer-Encoding: chunked", b"Content-Length: 25", body=b"0\r\n\r\n"),
}
CHUNKS = {
    "no size": streamed("/customers", b"nonsense\r\n"),
    "a negative size": streamed("/customers", b"-5\r\nhello\r\n0\r\n\r\n"),
    "a size with 0x": streamed("/customers", b"0x5\r\nhello\r\n0\r\n\r\n"),
    "a size beyond 64 bits": streamed("/customers", b"F" * 17 + b"\r\nhello\r\n0\r\n\r\n"),
    "longer than its size": streamed("/customers", b"2\r\n{}}}}}\r\n0\r\n\r\n"),
    "no end of line": streamed("/customers", b"2\r\n{}0\r\n\r\n"),
    "line feeds only": streamed("/customers", b"2\n{}\n0\n\n"),
    "a second that is bad": streamed("/customers", b"2\r\n{}\r\nnonsense\r\n"),
    "a trailer without a colon": streamed("/customers", b"2\r\n{}\r\n0\r\nnonsense\r\n\r\n"),
    "a trailer with a space before its colon": streamed("/customers", chunked(CUSTOMER, trailers=["X-One : 1"])),
    "a trailer that is folded": streamed("/customers", chunked(CUSTOMER, trailers=["X-One: 1", " 2"])),
    "a trailer with a NUL": streamed("/customers", chunked(CUSTOMER, trailers=["X-One: \0"])),
    "a trailer without a name": streamed("/customers", chunked(CUSTOMER, trailers=[": 1"])),
    "a trailer with a line feed alone": streamed("/customers", chunked(CUSTOMER)[:-2] + b"X-One: 1\n\r\n"),
    "a good trailer, then a bad one": streamed("/customers", chunked(CUSTOMER, trailers=["X-One: 1", "nonsense"])),
    "identity": head("POST", "/customers", "Transfer-Encoding: identity") + CUSTOMER,
    "a space behind a size": streamed("/customers", b"2 \r\n{}\r\n0\r\n\r\n"),
    "an extension with a line feed": streamed("/customers", b'2;a="\n"\r\n{}\r\n0\r\n\r\n'),
    "chunked twice": head("POST", "/customers", "Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
    "not chunked at the end": head("POST", "/customers", "Transfer-Encoding: chunked, gzip") + b"0\r\n\r\n",
    "chunked in a way": head("POST", "/customers", "Transfer-Encoding: xchunked") + b"0\r\n\r\n",
}
_HOSTS: dict[str, tuple[str, ...]] = {
    "none": (),
    "two": ("sandbox", "other"),
    "two alike": ("sandbox", "sandbox"),
    "three": ("sandbox", "", "sandbox"),
    "an empty one": ("",),
    "a space": ("sand box",),
    "a list": ("sandbox, other",),
    "a list without a space": ("sandbox,other",),
    "a user": ("user@sandbox",),
    "a user with a password": ("user:pw@sandbox:80",),
    "a URL": ("http://sandbox",),
    "a path": ("sandbox/api",),
    "a query": ("sandbox?x=1",),
    "a port in letters": ("sandbox:http",),
    "a port too large": ("sandbox:65536",),
    "a port of 5,000 digits": ("sandbox:" + "9" * 5000,),
    "a negative port": ("sandbox:-80",),
    "two ports": ("sandbox:80:80",),
    "a port alone": (":80",),
    "an IPv6 address without brackets": ("::1",),
    "half an IPv6 address": ("[::1",),
    "a word for an IPv6 address": ("[sandbox]",),
    "an IPv4 address in brackets": ("[127.0.0.1]",),
    "an IPv6 address too long": ("[1:2:3:4:5:6:7:8:9]",),
    "an IPv6 address with a zone": ("[fe80::1%25eth0]",),
    "nothing in brackets": ("[]",),
    "something behind the brackets": ("[::1]x",),
    "half an escape": ("sand%2",),
    "bytes": ("s\xe4ndbox",),
    "quotes": ('"sandbox"',),
    "angle brackets": ("<sandbox>",),
    "a backslash": ("sandbox\\other",),
}
HOSTS = [Case(f"host: {name}", (head("GET", "/customers", hosts=hosts),), 400) for name, hosts in _HOSTS.items()]
HOSTS += [
    Case("host: none, without a key", (head("GET", "/customers", hosts=(), key=None),), 400),
    Case("host: none, to nowhere", (head("GET", "/nothing", hosts=()),), 400),
    Case("host: none, in a HEAD", (head("HEAD", "/customers", hosts=()),), 400),
    Case("host: none, with a body", (head("POST", "/customers", f"Content-Length: {len(CUSTOMER)}", hosts=()) + CUSTOMER,), 400),
    Case("host: none, with a body in chunks", (head("POST", "/customers", "Transfer-Encoding: chunked", hosts=()) + chunked(CUSTOMER),), 400),
    Case("host: none, but in a trailer", (head("POST", "/customers", _CHUNKED, hosts=()) + chunked(CUSTOMER, trailers=["Host: sandbox"]),), 400),
    Case("host: none, but in the URL", (head("GET", b"http://sandbox/api/v2/customers", hosts=()),), 400),
    Case("host: two, in HTTP/1.0", (head("GET", "/customers", hosts=("a", "b"), version="HTTP/1.0"),), 400, None, _CLOSE),
    Case("host: an empty one, in HTTP/1.0", (head("GET", "/customers", hosts=("",), version="HTTP/1.0"),), 400, None, _CLOSE),
    Case(
        "host: none, of a browser that asks if it may ask",
        (head("OPTIONS", "/customers", "Origin: https://page.example", "Access-Control-Request-Method: GET", hosts=()),),
        400,
    ),
]
LENIENTLY_READ = [
    Case("request line: no version", (b"GET " + _TARGET + b"\r\n\r\n",), 401, None, _CLOSE),
    Case("request line: two spaces", (_lines(b"GET  " + _TARGET + b"  HTTP/1.1", _HOST),), 401),
    Case("request line: a tunnel to a path", (_lines(b"CONNECT " + _TARGET + b" HTTP/1.1", _HOST),), 405),
    Case("request line: a tunnel to nowhere", (_lines(b"CONNECT / HTTP/1.1", _HOST),), 404),
    Case("request line: a star", (_lines(b"OPTIONS * HTTP/1.1", _HOST),), 404),
]
_ASK = "Expect: 100-continue"
_KEY_BEHIND = chunked(CUSTOMER, trailers=[ADMINISTRATOR])
UNREAD = [
    Case("trailer: the key", (head("POST", "/customers", _CHUNKED, key=None) + _KEY_BEHIND,), 401),
    Case("trailer: the right key behind a wrong one", (head("POST", "/customers", _CHUNKED, key="Authorization: Bearer wrong") + _KEY_BEHIND,), 401),
    Case("trailer: a key that may behind one that may not", (head("POST", "/customers", _CHUNKED, key=_READER) + _KEY_BEHIND,), 403),
    Case("trailer: of a body that nobody reads", (head("POST", "/nothing", _CHUNKED) + _KEY_BEHIND,), 404),
    Case("trailer: another kind", (streamed("/customers", chunked(CUSTOMER, trailers=[_JSON]), "Content-Type: text/plain"),), 415),
    Case("chunk: a bad one, without a key", (head("POST", "/customers", _CHUNKED, key=None) + b"2\r\n{}\r\nnonsense\r\n",), 401, breaks_off=True),
    Case("chunk: a bad one, to nowhere", (streamed("/nothing", b"nonsense\r\n"),), 404, breaks_off=True),
    Case("chunk: a bad one, of the wrong kind", (streamed("/customers", b"nonsense\r\n", "Content-Type: text/plain"),), 415, breaks_off=True),
    Case("chunk: a size line of 20 KiB", (streamed("/customers", b"2;" + b"x" * 20_000 + b"\r\n{}\r\n0\r\n\r\n"),), 431, None, _CLOSE),
    Case("trailer: one of 20 KiB", (streamed("/customers", chunked(CUSTOMER, trailers=["X-One: " + "x" * 20_000])),), 431, None, _CLOSE),
    Case("trailer: 101 of them", (streamed("/customers", chunked(CUSTOMER, trailers=["X-One: 1"] * 101)),), 431, None, _CLOSE),
]
LATER = [
    Case("later: a bad chunk", (streamed("/customers", b"", _ASK), b"nonsense\r\n"), 400, None, _CLOSE),
    Case("later: a bad second chunk", (streamed("/customers", b"", _ASK), b"2\r\n{}\r\nnonsense\r\n"), 400, None, _CLOSE),
    Case("later: a body over 1 MiB", (streamed("/customers", b"", _ASK), b"200000\r\n" + b" " * 0x200000 + b"\r\n0\r\n\r\n"), 413, None, _CLOSE),
]
FRAMING = [
    *cases(400, {f"request line: {name}": raw for name, raw in REQUEST_LINES.items()}, header=_CLOSE),
    *cases(400, {f"header line: {name}": raw for name, raw in HEADER_LINES.items()}, header=_CLOSE),
    *cases(400, {f"length: {name}": raw for name, raw in LENGTHS.items()}, header=_CLOSE),
    *cases(400, {f"chunk: {name}": raw for name, raw in CHUNKS.items()}, header=_CLOSE),
    *HOSTS,
    *UNREAD,
    *LENIENTLY_READ,
    *LATER,
]
_MANY = [f"X-{number}: 1" for number in range(200)]
HEADERS = [
    Case("headers: 17 KiB in one", (get("/customers", "X-One: " + "x" * 17 * 1024),), 431, None, _CLOSE),
    Case("headers: 1 MiB in one", (get("/customers", "X-One: " + "x" * 1024 * 1024),), 431, None, _CLOSE),
    Case("headers: 1 MiB in a name", (get("/customers", "X" * 1024 * 1024 + ": 1"),), 431, None, _CLOSE),
    Case("headers: 17 KiB in many", (get("/customers", *(f"X-{number}: {'x' * 400}" for number in range(45))),), 431, None, _CLOSE),
    Case("headers: 101 of them", (get("/customers", *_MANY[:99]),), 431, None, _CLOSE),
    Case("headers: 202 of them", (get("/customers", *_MANY),), 431, None, _CLOSE),
    Case("headers: 200 alike", (get("/customers", *["X-One: 1"] * 200),), 431, None, _CLOSE),
    Case("headers: a URL of 17 KiB", (get("/customers?search=" + "x" * 17 * 1024),), 431, None, _CLOSE),
    Case("headers: a URL of 1 MiB", (get("/" + "x" * 1024 * 1024),), 431, None, _CLOSE),
    Case("headers: a key of 17 KiB", (get("/customers", key="Authorization: Bearer " + "x" * 17 * 1024),), 431, None, _CLOSE),
    Case("headers: too many, of a body too long", (head("POST", "/customers", *_MANY, "Content-Length: 9999999"),), 431, None, _CLOSE),
]
