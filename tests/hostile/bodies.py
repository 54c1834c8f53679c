"""Bodies that are no JSON, JSON that is no customer, and bodies of the wrong kind or size."""

from __future__ import annotations

from tests.hostile.case import CUSTOMER, Case, cases, chunked, head, post, streamed

MOST = 1024 * 1024
_WITH = '{{"account": "Jane Smith", "{}": {}}}'


def _customer(body: bytes) -> bytes:
    return post("/customers", body)


def _field(name: str, value: str | bytes) -> bytes:
    raw = value if isinstance(value, bytes) else value.encode()
    return _customer(b'{"account": "Jane Smith", "%b": %b}' % (name.encode(), raw))


_NOT_JSON = {
    "no body": b"",
    "white space only": b" \r\n\t ",
    "a word": b"nonsense",
    "one brace": b"{",
    "an end too early": b'{"account": "One"',
    "an end inside a string": b'{"account": "One',
    "an end inside an escape": b'{"account": "\\u00',
    "something after the end": b'{"account": "One"} x',
    "two documents": b'{"account": "One"}{"account": "Two"}',
    "a comma too many": b'{"account": "One",}',
    "a colon too few": b'{"account" "One"}',
    "a name that is no string": b'{account: "One"}',
    "single quotes": b"{'account': 'One'}",
    "a comment": b'{"account": "One"} // comment',
    "NaN": b'{"account": "One", "city": NaN}',
    "Infinity": b'{"account": "One", "city": Infinity}',
    "minus Infinity": b'{"account": "One", "city": -Infinity}',
    "None": b'{"account": None}',
    "a leading nought": b'{"account": "One", "id": 01}',
    "a plus sign": b'{"account": "One", "id": +1}',
    "a number in hexadecimal": b'{"account": "One", "id": 0x1}',
    "a point without a digit": b'{"account": "One", "id": 1.}',
    "an exponent without a digit": b'{"account": "One", "id": 1e}',
    "an integer that nobody reads": b'{"account": "One", "id": ' + b"9" * 5000 + b"}",
    "100,000 lists": b"[" * 100_000,
    "100,000 lists that end": b'{"account": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 objects": b'{"a":' * 100_000,
    "500 objects that end": b'{"a":' * 500 + b"1" + b"}" * 500,
    "a key twice": b'{"account": "One", "account": "Two"}',
    "a key twice, once escaped": b'{"account": "One", "acc\\u006funt": "Two"}',
    "a key twice, deep inside": b'{"account": "One", "id": [{"a": 1, "a": 2}]}',
    "a byte that is no UTF-8": b'{"account": "\xff"}',
    "half a character": b'{"account": "\xe2\x82"}',
    "an overlong character": b'{"account": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"account": "\xed\xa0\x80"}',
    "a character beyond Unicode": b'{"account": "\xf5\x80\x80\x80"}',
    "a lone high surrogate": b'{"account": "\\ud800"}',
    "a lone low surrogate": b'{"account": "\\udc00"}',
    "surrogates the wrong way round": b'{"account": "\\udc00\\ud800"}',
    "a byte order mark": b"\xef\xbb\xbf" + CUSTOMER,
    "UTF-16": '{"account": "One"}'.encode("utf-16"),
    "UTF-32": '{"account": "One"}'.encode("utf-32-le"),
    "a raw NUL": b'{"account": "a\x00b"}',
    "a raw line feed": b'{"account": "a\nb"}',
    "an escape that is none": b'{"account": "\\x41"}',
    "a form": b"account=One",
    "XML": b"<account>One</account>",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "only NULs": b"\x00" * 64,
    "a list": b'[{"account": "One"}]',
    "a string": b'"One"',
    "a number": b"1",
    "a number beyond all": b"1e400",
    "null": b"null",
    "true": b"true",
}
JSON = [*cases(400, {f"JSON: {name}": _customer(body) for name, body in _NOT_JSON.items()}, "body")]

_WRONG_VALUES = {
    "a NUL in a string": ("city", '"a\\u0000b"'),
    "a name of 256": ("city", '"' + "x" * 256 + '"'),
    "an address of 10,001": ("address", '"' + "x" * 10_001 + '"'),
    "256 characters beyond the first plane": ("city", '"' + "\\ud83d\\ude00" * 256 + '"'),
    "a text where an e-mail is due": ("email", '"nobody"'),
    "an e-mail of 5,000": ("email", '"' + "x" * 5000 + '@example.com"'),
    "an e-mail with a line feed": ("email", '"a@example.com\\nBcc: b@example.com"'),
    "a number for a string": ("city", "1"),
    "1e400 for a string": ("city", "1e400"),
    "400 digits for a string": ("city", "9" * 400),
    "an object for a string": ("city", "{}"),
    "null for a string": ("city", "null"),
    "a field that nobody knows": ("colour", '"red"'),
    "a field of Python's": ("__class__", '"x"'),
    "a field of ours": ("_paid", "1"),
    "a path for a field": ("a.b", "1"),
    "a field of JavaScript's": ("__proto__", "{}"),
}
VALUES = [Case(f"value: {name}", (_field(field, value),), 400, field) for name, (field, value) in _WRONG_VALUES.items()]
VALUES += [
    Case("value: an empty name", (_customer(b'{"account": ""}'),), 400, "account"),
    Case("value: no name", (_customer(b"{}"),), 400, "account"),
    Case("value: a name that is null", (_customer(b'{"account": null}'),), 400, "account"),
    Case("value: an update that is empty", (post("/customers/1", b"{}", method="PUT"),), 400, "account"),
    Case("value: 101 in a batch", (post("/batch/customers", b'{"customers": [' + b",".join([CUSTOMER] * 101) + b"]}"),), 400, "customers"),
    Case("value: none in a batch", (post("/batch/customers", b'{"customers": []}'),), 400, "customers"),
    Case("value: the second in a batch", (post("/batch/customers", b'{"customers": [%b, {"account": 1}]}' % CUSTOMER),), 400, "customers.1.account"),
    Case("value: a webhook to a file", (post("/webhooks", b'{"url": "file:///etc/passwd", "events": ["invoice.created"]}'),), 400, "url"),
    Case("value: an event twice, unknown", (post("/webhooks", b'{"url": "https://example.com/", "events": ["x"]}'),), 400, "events.0"),
    Case("value: a role of one's own", (post("/users", b'{"name":"A","email":"a@b.example","password":"12345678","role":"root"}'),), 400, "role"),
    Case("value: a password of 7", (post("/users", b'{"name":"A","email":"a@b.example","password":"1234567","role":"staff"}'),), 400, "password"),
    Case("value: a lead that is no e-mail", (post("/leads", b'{"first_name":"A","last_name":"B","email":"@"}'),), 400, "email"),
]

_TYPE = "Content-Type: "
_WRONG_KINDS = (
    "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json-patch+json", "json",
    "*/*", "application/json, text/plain", "application/json; charset=latin-1", "application/json; charset=utf-16",
    "application/json; charset=nonsense", "application/json; charset=", ";", "application/json\xe9", "a" * 8000,
)  # fmt: skip
KINDS = [
    *cases(415, {f"kind: {kind[:50]}": post("/customers", CUSTOMER, _TYPE + kind) for kind in _WRONG_KINDS}),
    Case("kind: two of them", (post("/customers", CUSTOMER, _TYPE + "application/json", _TYPE + "text/plain"),), 415),
    Case("kind: the wrong one, with a body that is no JSON", (post("/customers", b"{", _TYPE + "text/plain"),), 415),
]

_LONG = b'{"account": "' + b"x" * MOST + b'"}'
_CLOSE = ("connection", "close")
SIZES = [
    Case("size: over 1 MiB", (post("/customers", _LONG),), 413, None, _CLOSE),
    Case("size: over 1 MiB, only said", (head("POST", "/customers", f"Content-Length: {MOST + 1}"),), 413, None, _CLOSE),
    Case("size: 2**63 bytes, only said", (head("POST", "/customers", f"Content-Length: {2**63}"),), 413, None, _CLOSE),
    Case("size: over 1 MiB, without a key", (post("/customers", _LONG, key=None),), 413, None, _CLOSE),
    Case("size: over 1 MiB, to nowhere", (post("/nothing", _LONG),), 413, None, _CLOSE),
    Case("size: over 1 MiB in chunks", (streamed("/customers", chunked(*[b" " * 65536] * 17)),), 413, None, _CLOSE),
    Case("size: over 1 MiB in one chunk", (streamed("/customers", chunked(b" " * (MOST + 1))),), 413, None, _CLOSE),
    Case("size: 80,000 unknown fields", (_customer(b"{" + b",".join(b'"f%d":1' % n for n in range(80_000)) + b"}"),), 400),
    Case("size: 80,000 wrong items", (post("/batch/customers", b'{"customers": [' + b",".join([b"1"] * 80_000) + b"]}"),), 400),
    Case("size: a name of 1,000,000", (_customer(b'{"account": "' + b"x" * 1_000_000 + b'"}'),), 400, "account"),
    Case("size: an unknown field of 1,000,000", (_customer(b'{"account": "A", "' + b"x" * 1_000_000 + b'": 1}'),), 400),
]
