"""What a path means is decided on what was sent: it is split at its slashes first, and each part is decoded by itself, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi.reader import load_contract
from sandbox.edge.request_target import is_below, segments_of, target_of
from sandbox.edge.routing import Router
from sandbox.errors import Malformed, Missing
from tests.asgi import Sandbox, sandbox_of
from tests.servers import SPEC

WITH_TEXTS = ("/regions/{region}/products", "/files/{name}.json", "/x/{first}/{second}", "/1/{number}/{text}")
VALUES = {
    "north": "north",
    "a%2Fb": "a/b",
    "a%2fb": "a/b",
    "%2F": "/",
    "%2F%2F": "//",
    "..%2F..": "../..",
    "a%252Fb": "a%2Fb",
    "%25": "%",
    "%2500": "%00",
    "a%20b": "a b",
    "a+b": "a+b",
    "%E6%9D%B1": "東",
    "%F0%9F%98%80": "😀",
    "%3Fa=1": "?a=1",
    "%23": "#",
    "a;b=c": "a;b=c",
    "a%3Bb": "a;b",
    "%6E%6f%72th": "north",
    "~%7E": "~~",
    "...": "...",
    "%0A": "\n",
}
NOTHING = (
    "", "a/b", "/", "a/", ".", "..", "%2E", "%2e%2E", ".%2e", "%", "a%", "%2", "%zz", "%u0041", "%ff", "%C0%AF", "%ED%A0%80", "%F5%80%80%80",
    "a%FFb", "%00", "a%00",
)  # fmt: skip


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract, with lists of products below paths that hold texts."""
    document: dict[str, Any] = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    for number, path in enumerate(WITH_TEXTS):
        names = [part.split("}")[0] for part in path.split("{")[1:]]
        operation = {**document["paths"]["/products"]["get"], "operationId": f"listSome{number}"}
        operation["parameters"] = [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "integer" if name == "number" else "string"}} for name in names),
            *operation["parameters"],
        ]
        document["paths"][path] = {"x-resource": "products", "get": operation}
    file = tmp_path_factory.mktemp("spec") / "texts.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def with_texts(spec: Path, stack: str) -> Iterator[Sandbox]:
    sandbox = sandbox_of(stack=stack, spec=spec)
    yield sandbox
    sandbox.close()


@pytest.mark.parametrize("sent", VALUES)
def test_a_text_in_a_path_may_hold_anything_encoded_and_is_decoded_once(with_texts: Sandbox, spec: Path, sent: str) -> None:
    router, value = Router(load_contract(spec)), VALUES[sent]
    for target, params in (
        (f"/regions/{sent}/products", {"region": value}),
        (f"/files/{sent}.json", {"name": value}),
        (f"/x/{sent}/{sent}", {"first": value, "second": value}),
        (f"/1/7/{sent}", {"number": 7, "text": value}),
    ):
        assert router.match("GET", f"/api/v2{target}")[1] == params
        assert with_texts.get(target).status == 200


@pytest.mark.parametrize("sent", NOTHING)
def test_what_is_no_text_names_nothing_and_is_shown_as_it_was_sent(with_texts: Sandbox, sent: str) -> None:
    for target in (f"/regions/{sent}/products", f"/x/{sent}/y", f"/1/7/{sent}"):
        reply = with_texts.get(target)
        assert reply.status == 404
        assert reply.json == {"success": False, "message": f"There is nothing at /api/v2{target}"}


@pytest.mark.parametrize(
    "target",
    [
        "/customers%2F1", "/customers%2f1", "/customers/1%2F", "/customers/%2F1", "%2Fcustomers", "/%2Fcustomers/1", "/batch%2Fcustomers",
        "/reports%2ffinancial", "/customers%252F1", "/customers/%2e", "/customers/..", "/./customers", "/%2E%2e/v2/customers", "//customers",
        "/customers//", "/customers/;a", "/customers;a=1", "/customers%3Ba", "/customers%3Fpage=1", "/customers%20", "/customers%00", "/customers%",
        "/customers/%zz", "/customers/%ff", "/%43ustomers", "/customers/{id}", "/customers/%7Bid%7D",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_a_path_beside_the_contract_is_404_and_shown_as_it_was_sent(sandbox: Sandbox, method: str, target: str) -> None:
    id = sandbox.customer()
    assert id == 1
    reply = sandbox.send(method, target, key=None)
    assert (reply.status, reply.json["message"]) == (404, f"There is nothing at /api/v2{target}")
    assert sandbox.get("/customers/1").status == 200


@pytest.mark.parametrize("target", ["/customers/%31", "/%63ustomers/1", "/custo%6Ders/%31", "/%63%75%73%74%6F%6d%65%72%73/1"])
def test_what_needs_no_encoding_may_be_encoded(sandbox: Sandbox, target: str) -> None:
    id = sandbox.customer()
    assert sandbox.get(target).data["id"] == id
    assert sandbox.put(target, {"account": "Janet"}).status == 200
    assert sandbox.send("PATCH", target).header("allow") == "DELETE, GET, HEAD, PUT"


@pytest.mark.parametrize(
    "target",
    ["/_sandbox%2Fhealth", "/_sandbox/health%2F", "/_sandbox/%2Fhealth", "/_sandbox//health", "/_sandbox/./health", "/_sandbox/%2e%2e/health",
     "/_sandbox/health%", "/_sandbox/%ffhealth", "/_sandbox/clock%2Fadvance", "/_sandbox%", "/_sandbox;a/health", "/_sandboxes",
     "/api/v2/../_sandbox/health"],
)  # fmt: skip
def test_the_control_plane_too_shows_a_path_as_it_was_sent(sandbox: Sandbox, target: str) -> None:
    sandbox.base = ""
    try:
        reply = sandbox.get(target)
        assert (reply.status, reply.json["message"]) == (404, f"There is nothing at {target}")
        assert sandbox.get("/%5Fsandbox/%68ealth").status == 200
    finally:
        sandbox.base = "/api/v2"


@pytest.mark.parametrize(("query", "shown"), [("%2561=1", "%61"), ("a%2520=1", "a%20"), ("%61b=1", "ab"), ("a%2Fb=1", "a/b"), ("a+b=1", "a b")])
def test_a_query_is_decoded_once(sandbox: Sandbox, query: str, shown: str) -> None:
    reply = sandbox.get(f"/customers?{query}")
    assert (reply.status, list(reply.errors)) == (400, [shown])


def test_a_search_is_decoded_once(sandbox: Sandbox) -> None:
    sandbox.customer(account="100%25 wool")
    sandbox.customer(account="100% wool")
    assert [one["account"] for one in sandbox.get("/customers?search=100%2525").data] == ["100%25 wool"]
    assert [one["account"] for one in sandbox.get("/customers?search=100%25%20wool").data] == ["100% wool"]


@pytest.mark.parametrize(
    ("sent", "path", "query", "authority"),
    [
        (b"/a/%2F?b=%26#c", b"/a/%2F", b"b=%26", b""),
        (b"/a?b?c", b"/a", b"b?c", b""),
        (b"/a#b?c", b"/a", b"", b""),
        (b"//a/..", b"//a/..", b"", b""),
        (b"*", b"*", b"", b""),
        (b"http://h", b"/", b"", b"h"),
        (b"HTTPS://h:1?x", b"/", b"x", b"h:1"),
        (b"http://[::1]:8000/a", b"/a", b"", b"[::1]:8000"),
    ],
)
def test_a_target_is_taken_apart_and_not_decoded(sent: bytes, path: bytes, query: bytes, authority: bytes) -> None:
    assert target_of(sent) == (path, query, authority)


@pytest.mark.parametrize(
    "sent", [b"a", b"a:80", b"ftp://h/", b"http:/a", b"http://", b"http:///a", b"http://u@h/", b"http://h:x/", b"http://[h]/", b"**"]
)
def test_any_other_target_is_no_http(sent: bytes) -> None:
    with pytest.raises(Malformed):
        target_of(sent)


@pytest.mark.parametrize(
    "sent", [b"http://", b"http:///a", b"http://u@h/", b"http://h:x/", b"http://[h]/", b"http://h:99999/", b"https://h,i/", b"http://:80/"]
)
def test_a_url_without_a_sound_host_is_told_as_one_and_not_as_a_header(sent: bytes) -> None:
    with pytest.raises(Malformed, match="The URL of the request line does not name a host") as refusal:
        target_of(sent)
    assert "Host header" not in str(refusal.value)


def test_a_prefix_is_one_whole_segment_however_it_is_spelt() -> None:
    below = ("/_sandbox", "/_sandbox/", "/_sandbox/a", "/%5fsandbox", "/_s%61ndbox/%2F", "/" + "".join(f"%{ord(one):02X}" for one in "_sandbox"))
    beside = ("/_sandboxes", "/_sandbox%2F", "/_sandbox%", "//_sandbox", "/api/_sandbox", "%2F_sandbox", "/_sandbox%00", "")
    assert all(is_below("/_sandbox", path) for path in below)
    assert not any(is_below("/_sandbox", path) for path in beside)


def test_parts_are_decoded_each_by_itself() -> None:
    assert segments_of("/a%2Fb/%25") == ("", "a/b", "%")
    assert segments_of("/a/%2e") is segments_of("/%ff") is segments_of("/%") is segments_of("/%00") is None


def test_a_long_path_is_shown_in_part(sandbox: Sandbox) -> None:
    with pytest.raises(Missing, match=r"^There is nothing at /a{199}…$"):
        Router(load_contract()).match("GET", "/" + "a" * 5000)
