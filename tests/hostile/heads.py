"""Requests that are well-formed HTTP, and ask for what there is not: paths, methods, parameters and keys."""

from __future__ import annotations

from itertools import islice, product
from string import ascii_letters, digits

from tests.hostile.case import ADMINISTRATOR, CUSTOMER, Case, cases, get, head, post

_PATHS: list[str | bytes] = [
    "", "/", "/nothing", "/customers/", "/customers/1/", "//customers", "/customers//1", "/Customers", "/customers/1/invoices", "/batch", "/reports",
    "/customers/..", "/customers/../customers/", "/./customers/", "/%2e%2e/customers", "/customers/1%2F", "/customers%5C1", "/customers/%00",
    "/customers/1%00", "/%FF%FE", "/customers/%FF", "/customers/%ZZ", "/customers/%", "/customers;x=1", "/customers/1;x=1", "/customers/*",
    "/customers/{id}", "/customers%2F1", "/customers%2f1", "%2Fcustomers", "/customers/%2F", "/customers/%2F1", "/batch%2Fcustomers",
    "/reports%2Ffinancial", "/customers%252F1", "/customers/.", "/customers/%2E", "/customers/%2e%2e", "/%2E/customers", "/customers/./1",
    "/customers/1/..", "/customers/1/../1", "/customers/%31%", "/customers/%u0031", "/customers/%2", "/customers/%C0%AF", "/customers/%ED%A0%80",
    "/customers%3Fpage=1", "/customers%23", "/customers%3B", "/customers%20", "/customers%00", "/%43ustomers",
    b"/api%2Fv2/customers", b"/api%2Fv2%2Fcustomers",
    b"/%2Fapi/v2/customers", b"/api/v2/../v2/customers", b"/api/v2/../_sandbox/health", b"/api/v2/%2e%2e/_sandbox/health",
    b"/_sandbox%2Fhealth", b"/_sandbox%2fhealth", b"/x/../_sandbox/health", b"/.//_sandbox/health", b"//_sandbox/health", b"/%2F_sandbox/health",
    b"/_sandbox;x/health", b"/_SANDBOX/health",
    "/" + "x" * 8000, "/" + "a/" * 4000, b"/", b"/api", b"/api/v1/customers", b"/api/v2", b"//api/v2/customers",
    b"/API/V2/customers", b"/favicon.ico", b"/.env", b"/openapi.json", b"/ui/", b"/_sandboxes", b"//example.com/..",
]  # fmt: skip
_IDS = [
    "abc",
    "0",
    "-1",
    "00",
    "01",
    "1.0",
    "1e3",
    "+1",
    "%201",
    "0x1",
    "1_000",
    "%D9%A1",
    "null",
    "9007199254740992",
    "9" * 5000,
    "1,2",
    "1%0A",
    "..%2F1",
    "%2B1",
    "1%2E0",
    "%30",
    "%30%31",
    "%EF%BC%91",
    "%E2%85%A0",
    "%DB%B1",
    "%C2%B9",
    "1%",
    "%",
    "1%20",
    "1.",
    ".1",
    "1e0",
    "007",
    "%2D1",
    "-0",
    "0x1p0",
    "true",
    "1%0D%0A",
    "1%2520",
    "1%C2%A0",
    "%EF%BB%BF1",
]


def _named(path: str | bytes) -> str:
    text = path if isinstance(path, str) else path.decode()
    return repr(text) if len(text) < 40 else f"{text[:5]}… of {len(text)}"


PATHS = [
    *cases(404, {f"path: {_named(path)}": get(path) for path in _PATHS}),
    *cases(404, {f"id: {_named(name)}": get(f"/customers/{name}") for name in _IDS}),
    *cases(404, {f"id: {method} {_named('9' * 5000)}": head(method, f"/customers/{'9' * 5000}") for method in ("DELETE", "HEAD")}),
    Case("id: nobody", (get("/customers/9007199254740991"),), 404),
    Case("id: nobody to delete", (head("DELETE", "/customers/9007199254740991"),), 404),
    Case("id: nobody to update", (post("/customers/9007199254740991", CUSTOMER, method="PUT"),), 404),
    Case("path: nowhere, without a key", (get("/nothing", key=None),), 404),
    Case("path: nowhere, with a body", (post("/nothing", b"{" * 1000),), 404),
    Case("path: a host of the client's", (get("/customers/", "X-Forwarded-Host: evil.example"),), 404),
    Case("path: an absolute URL to nowhere", (get(b"http://evil.example/api/v2/nothing"),), 404),
    Case("path: an absolute URL with an encoded slash", (get(b"http://sandbox/api/v2/customers%2F1"),), 404),
    Case("path: an absolute URL without a path", (get(b"http://sandbox"),), 404),
    Case("path: an absolute URL with a query alone", (get(b"http://sandbox?page=1"),), 404),
    Case("path: an encoded slash, to delete", (head("DELETE", "/customers%2F1"),), 404),
    Case("path: an encoded slash, to update", (post("/customers%2F1", CUSTOMER, method="PUT"),), 404),
    Case("path: an encoded slash, without a key", (get("/customers%2F1", key=None),), 404),
    Case("path: an encoded slash, in a HEAD", (head("HEAD", "/customers%2F1"),), 404),
]

_ALLOWED = {
    "/customers": "GET, HEAD, POST",
    "/customers/1": "DELETE, GET, HEAD, PUT",
    "/leads": "POST",
    "/reports/financial": "GET, HEAD",
    "/webhooks": "POST",
    "/batch/customers": "POST",
    "/users": "GET, HEAD, POST",
}
METHODS = [
    Case(f"method: {method} {path}", (head(method, path, key=key),), 405, None, ("allow", allowed))
    for path, allowed in _ALLOWED.items()
    for method, key in (("PATCH", ADMINISTRATOR), ("TRACE", None), ("OPTIONS", None), ("DELETE", ADMINISTRATOR), ("PROPFIND", None))
    if method not in allowed
]
METHODS += [
    Case("method: HEAD where GET is not", (head("HEAD", "/leads"),), 405, None, ("allow", "POST")),
    Case("method: a body to what takes none", (post("/reports/financial", CUSTOMER),), 405, None, ("allow", "GET, HEAD")),
    Case("method: another one, named in a header", (post("/customers/1", CUSTOMER, "X-HTTP-Method-Override: PUT"),), 405),
]

_LETTERS = f"{ascii_letters}{digits}-_.~"
_QUERIES = {
    "page": ["page=1&page=2", "page=1&page=1", "page", "page=%FF"],
    "search": ["search=a&search=b", "search=%FF", "search=%C0%AF", "search=%ED%A0%80", "search=a%00b", "search=" + "x" * 256],
    "colour": ["colour=red", "colour", "colour=", "page=1&colour=red"],
    "query": ["=1", "=", "&&=", "%FF=1"],
    "Page": ["Page=1"],
    "page[]": ["page[]=1", "page%5B%5D=1"],
    "limit;page": ["limit;page=1"],
    "account": ["account=Jane"],
    "api_key": ["api_key=sbx_test_administrator&api_key=sbx_test_administrator"],
}
QUERIES = [Case(f"query: {_named(query)}", (get(f"/customers?{query}"),), 400, field) for field, queries in _QUERIES.items() for query in queries]
QUERIES += [
    Case("query: 4,000 unknown names", (get("/customers?" + "&".join(map("".join, islice(product(_LETTERS, repeat=2), 4000)))),), 400),
    Case("query: 5,000 parameters", (get("/customers?" + "&".join(["a"] * 5000)),), 400, "a"),
    Case("query: 3,200 times the page", (get("/customers?" + "&".join(["page"] * 3200)),), 400, "page"),
    Case("query: a filter that is none", (get("/invoices?status=Owed"),), 400, "status"),
    Case("query: a filter in lower case", (get("/transactions?type=income"),), 400, "type"),
    Case("query: a parameter that the list lacks", (get("/products?search=a"),), 400, "search"),
    Case("query: a parameter of a create", (post("/customers?page=1", CUSTOMER),), 400, "page"),
    Case("query: a parameter of a delete", (head("DELETE", "/customers/1?force=true"),), 400, "force"),
]

_AUTHORIZATIONS = {
    "empty": "",
    "no scheme": "sbx_test_administrator",
    "no key": "Bearer",
    "no key, but a space": "Bearer ",
    "another scheme": "Basic c2J4X3Rlc3Q6eA==",
    "another scheme, the right key": "Token sbx_test_administrator",
    "a wrong key": "Bearer sbx_test_administratoR",
    "a key that is revoked": "Bearer sbx_test_revoked",
    "a key in quotes": 'Bearer "sbx_test_administrator"',
    "two keys": "Bearer sbx_test_administrator sbx_test_staff",
    "two keys with a comma": "Bearer sbx_test_administrator, Bearer sbx_test_administrator",
    "two schemes": "Bearer Bearer sbx_test_administrator",
    "a tab": "Bearer\tsbx_test_administrator",
    "an escape": "Bearer sbx_test_administrator%00",
    "a colon": "Bearer: sbx_test_administrator",
    "bytes": "Bearer \xff\xfe\xfd",
    "letters that look alike": "Bearer sbx_t\xe9st_administrator",
    "12,000 letters": "Bearer " + "x" * 12_000,
    "a template": "Bearer ${jndi:ldap://example.com/a}",
    "undefined": "Bearer undefined",
}
_UNAUTHORIZED = ("www-authenticate", "Bearer")
KEYS = [
    *cases(401, {f"key: {name}": get("/customers", key=f"Authorization: {value}") for name, value in _AUTHORIZATIONS.items()}, header=_UNAUTHORIZED),
    Case("key: none", (get("/customers", key=None),), 401, None, _UNAUTHORIZED),
    Case("key: the header twice", (get("/customers", ADMINISTRATOR),), 401, None, _UNAUTHORIZED),
    Case("key: two of them in two places", (get("/customers?api_key=sbx_test_staff"),), 401, None, _UNAUTHORIZED),
    Case("key: a good one, and an empty one", (get("/customers?api_key="),), 401, None, _UNAUTHORIZED),
    Case("key: two of them in the query", (get("/customers?api_key=a&api_key=b", key=None),), 401, None, _UNAUTHORIZED),
    Case("key: no UTF-8 in the query", (get("/customers?api_key=%FF", key=None),), 401, None, _UNAUTHORIZED),
    Case("key: a lone surrogate in the query", (get("/customers?api_key=%ED%A0%80", key=None),), 401, None, _UNAUTHORIZED),
    Case("key: in a cookie", (get("/customers", "Cookie: api_key=sbx_test_administrator", key=None),), 401, None, _UNAUTHORIZED),
    Case("key: in a header of one's own", (get("/customers", "X-API-Key: sbx_test_administrator", key=None),), 401, None, _UNAUTHORIZED),
    Case("key: none, and a body that is no JSON", (post("/customers", b"{", key=None),), 401, None, _UNAUTHORIZED),
    Case("key: none, and the wrong kind of body", (post("/customers", CUSTOMER, "Content-Type: text/plain", key=None),), 401, None, _UNAUTHORIZED),
    Case("key: it may not write", (post("/customers", CUSTOMER, key="Authorization: Bearer sbx_test_read_only"),), 403),
    Case("key: it may not see users", (get("/users", key="Authorization: Bearer sbx_test_staff"),), 403),
    Case("key: it may not write, not even nonsense", (post("/customers", b"{", key="Authorization: Bearer sbx_test_read_only"),), 403),
]
