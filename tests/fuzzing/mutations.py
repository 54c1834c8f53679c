"""Makes valid requests wrong: their method, path, query and headers here, their bodies next door.

A mutation takes the dice and a request and gives another; one that finds nothing to change gives the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from urllib.parse import quote

from tests.asgi import ADMINISTRATOR, REVOKED, STAFF
from tests.fuzzing.bodies import NUMBERS, OF_BODIES, TEXTS
from tests.fuzzing.requests import Request, valid

Mutation = Callable[[Random, Request], Request]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "get", "BREW", "X" * 100)
KINDS = ("", "text/plain", "application/json; charset=utf-8", "application/json; charset=latin-1", "APPLICATION/JSON", "application/json;charset",
         ";;",
         "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "\xff/\xfe",
         "application/json, text/html")  # fmt: skip
KEYS = ("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {ADMINISTRATOR}", f"Bearer {REVOKED}", f"Bearer {STAFF},", "Bearer \xff\xfe",
        "Bearer " + "x" * 9000,
        f"bearer {ADMINISTRATOR}", f"Bearer  {ADMINISTRATOR} ", ADMINISTRATOR, "Bearer \x00")  # fmt: skip
TAGS = ("*", '"x"', 'W/"x"', "", '"', ",,,", "\xff", '"a", *')
HEADERS = (
    ("content-length", "abc"), ("content-length", "-1"), ("content-length", "9" * 30), ("content-length", "0"), ("transfer-encoding", "chunked"),
    ("origin", "https://page.example"), ("origin", "null"), ("access-control-request-method", "PUT"), ("expect", "100-continue"), ("host",
    "evil.example"),
    ("x-forwarded-for", "1.2.3.4"), ("x-http-method-override", "DELETE"), ("accept", "text/html"), ("accept-encoding", "gzip"), ("range", "bytes=0-"),
    ("if-match", '"x"'), ("if-modified-since", "never"), ("cookie", "a=b"), ("upgrade", "websocket"), ("connection", "close"), ("", "x"), ("x y",
    "z"),
    ("x-long", "x" * 16_000), ("x-long", "x" * 17_000), ("content-encoding", "gzip"), ("x-nul", "a\x00b"),
)  # fmt: skip
IDS = (
    "0",
    "-1",
    "01",
    "1.0",
    "abc",
    "9007199254740991",
    "9007199254740992",
    "9" * 5000,
    "%00",
    "%FF",
    "1%2F",
    "1%0A",
    "\u0661",
    "..",
    "1;a",
    "{id}",
    "*",
    "",
)
NAMES = ("page", "limit", "search", "status", "type", "customer_id", "account_id", "department_id", "date_from", "date_to", "year", "month",
         "api_key", "unknown", "",
         "Page", "page[]", "%00", "%FF", "x" * 500)  # fmt: skip
PAIRS = ("", "=", "a", "%", "%zz=1", "page", "&&", "#", ";", f"api_key={ADMINISTRATOR}", "\u6771", "&".join(["a=1"] * 500))
_FEWEST, _MOST = 1, 3


def fuzzed(dice: Random) -> Request:
    """A valid request, as it is once in a while, and else with up to three things about it changed."""
    request = valid(dice)
    if dice.random() < 0.05:
        return request
    for _ in range(dice.choices(range(_FEWEST, _MOST + 1), (6, 3, 1))[0]):
        about_the_body = bool(request.body) and dice.random() < 0.7
        request = dice.choice(OF_BODIES if about_the_body else _OF_HEADS)(dice, request)
    return request


def _other_method(dice: Random, request: Request) -> Request:
    return replace(request, method=dice.choice(METHODS))


def _other_id(dice: Random, request: Request) -> Request:
    path, _, query = request.target.partition("?")
    base = path.rstrip("0123456789")
    return _aimed(request, (base if base.endswith("/") else f"{base}/") + dice.choice(IDS), query)


def _other_path(dice: Random, request: Request) -> Request:
    path, _, query = request.target.partition("?")
    place = dice.randint(0, len(path))
    paths = (
        path + "/", "/" + path, path.upper(), path[:place], path[place:], path + "%00", path + "%2F", path.replace("/", "//"), path + "/..",
        path + "/.",
        path[:place] + quote(dice.choice(TEXTS), errors="surrogatepass") + path[place:], path + "\u6771", "*", "/", "", path + "a" * 9000,
        "".join(f"%{ord(sign):02x}" for sign in path),
    )  # fmt: skip
    return _aimed(request, dice.choice(paths), query)


def _other_query(dice: Random, request: Request) -> Request:
    path, _, query = request.target.partition("?")
    pairs = query.split("&") if query else []
    place = dice.randint(0, len(pairs))
    match dice.randrange(5):
        case 0:
            pairs.insert(place, f"{dice.choice(NAMES)}={_odd_value(dice)}")
        case 1 if pairs:
            pairs[place - 1] = f"{pairs[place - 1].partition('=')[0]}={_odd_value(dice)}"
        case 2 if pairs:
            pairs.insert(place, dice.choice(pairs))
        case 3 if pairs:
            del pairs[place - 1]
        case _:
            pairs.insert(
                place,
                dice.choice(("", "=", "a", "%", "%zz=1", "page", "&&", "#", ";", f"api_key={ADMINISTRATOR}", "\u6771", "&".join(["a=1"] * 500))),
            )
    return _aimed(request, path, "&".join(pairs))


def _odd_value(dice: Random) -> str:
    return dice.choice(
        (quote(dice.choice(TEXTS), errors="surrogatepass"), quote(dice.choice(NUMBERS)), "%FF", "%", "a+b", "x" * dice.choice((300, 5000)))
    )


def _aimed(request: Request, path: str, query: str) -> Request:
    return replace(request, target=f"{path}?{query}" if query else path)


def _other_key(dice: Random, request: Request) -> Request:
    return _with(request, "authorization", dice.choice(KEYS))


def _key_in_the_query(dice: Random, request: Request) -> Request:
    path, _, query = request.target.partition("?")
    key = f"api_key={dice.choice((ADMINISTRATOR, STAFF, 'wrong', '', '%FF'))}"
    kept = request.headers if dice.random() < 0.5 else tuple(one for one in request.headers if one[0] != "authorization")
    return _aimed(replace(request, headers=kept), path, f"{query}&{key}" if query else key)


def _other_kind(dice: Random, request: Request) -> Request:
    return _with(request, "content-type", dice.choice(KINDS))


def _known_tag(dice: Random, request: Request) -> Request:
    return _with(request, "if-none-match", dice.choice(TAGS))


def _header_left_out(dice: Random, request: Request) -> Request:
    left_out = dice.choice(request.headers) if request.headers else None
    return replace(request, headers=tuple(one for one in request.headers if one != left_out))


def _header_twice(dice: Random, request: Request) -> Request:
    return replace(request, headers=(*request.headers, dice.choice(request.headers))) if request.headers else request


def _header_more(dice: Random, request: Request) -> Request:
    return replace(request, headers=(*request.headers, *dice.sample(HEADERS, dice.choice((1, 1, 2)))))


def _many_headers(dice: Random, request: Request) -> Request:
    return replace(request, headers=(*request.headers, *((f"x-{number}", "1") for number in range(dice.choice((90, 101, 400))))))


def _flipped_header(dice: Random, request: Request) -> Request:
    if not request.headers:
        return request
    place = dice.randrange(len(request.headers))
    name, value = request.headers[place]
    spot = dice.randint(0, len(value))
    changed = (name, value[:spot] + chr(dice.randrange(256)) + value[spot + dice.randint(0, 1) :])
    return replace(request, headers=(*request.headers[:place], changed, *request.headers[place + 1 :]))


def _a_body_where_none_is(dice: Random, request: Request) -> Request:
    return replace(request, body=dice.choice((b"{}", b'{"account": "A"}', b"\xff", b"x" * 100)))


def _with(request: Request, name: str, value: str) -> Request:
    return replace(request, headers=(*(one for one in request.headers if one[0] != name), (name, value)))


_OF_HEADS: tuple[Mutation, ...] = (
    _other_method, _other_id, _other_path, *(_other_query,) * 4, *(_other_key,) * 2, _key_in_the_query, _other_kind, _known_tag, _header_left_out,
    _header_twice,
    *(_header_more,) * 2, _many_headers, _flipped_header, _a_body_where_none_is,
)  # fmt: skip
