"""A test key counts for programs and pages of this machine alone: everybody knows it, and loopback's address says too little."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, STAFF, Client, Reply, Sandbox
from tests.engine.spec_edits import own_document

FORWARDING = {
    "Forwarded": "for=192.0.2.60;proto=http;by=203.0.113.43", "Via": "1.1 vegur", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "localhost",
    "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", "X-Forwarded-Server": "proxy", "X-Forwarded-By": "proxy", "X-Forwarded-Prefix": "/box",
    "X-Forwarded": "for=203.0.113.7", "X-Forwarded-Ssl": "on", "X-Forwarded-Scheme": "https", "X-Forward-For": "203.0.113.7",
    "X-Original-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "X-Real-Port": "4711", "CF-Connecting-IP": "203.0.113.7",
    "CF-Connecting-IPv6": "2001:db8::7", "CF-Ray": "230b030023ae2822-SJC", "CF-IPCountry": "DE", "CF-Visitor": '{"scheme":"https"}',
    "True-Client-IP": "203.0.113.7", "X-Client-IP": "203.0.113.7", "X-Cluster-Client-IP": "203.0.113.7", "Client-IP": "203.0.113.7",
    "Fastly-Client-IP": "203.0.113.7", "Fly-Client-IP": "203.0.113.7", "Fly-Forwarded-Port": "443", "DO-Connecting-IP": "203.0.113.7",
    "X-Azure-ClientIP": "203.0.113.7", "X-Azure-SocketIP": "203.0.113.7", "X-Appengine-User-IP": "203.0.113.7", "X-Remote-IP": "203.0.113.7",
    "X-Remote-Addr": "203.0.113.7", "X-Originating-IP": "203.0.113.7", "X-ProxyUser-Ip": "203.0.113.7", "WL-Proxy-Client-IP": "203.0.113.7",
    "Proxy-Client-IP": "203.0.113.7", "X-NF-Client-Connection-IP": "203.0.113.7", "X-Original-URL": "/", "X-Original-Host": "sandbox.example",
    "X-Rewrite-URL": "/", "X-Host": "sandbox.example", "X-Scheme": "https", "X-Nginx-Proxy": "true", "X-Envoy-External-Address": "203.0.113.7",
    "X-Varnish": "32770", "X-Vercel-Id": "fra1::x", "CDN-Loop": "cloudflare", "CloudFront-Viewer-Address": "203.0.113.7:1",
    "Tailscale-User-Login": "a@example.com", "Front-End-Https": "on", "X-ARR-SSL": "1", "X-Source-IP": "203.0.113.7",
    "Forwarded-For": "203.0.113.7", "X-ForwardedFor": "203.0.113.7", "HTTP-X-Forwarded-For": "203.0.113.7", "X-Via": "1.1 cdn", "X-SSL-Cipher": "x",
    "X-Real-Proto": "https", "X-Amz-Cf-Id": "x", "X-Request-Start": "t=1", "Ngrok-Auth-User-Email": "a@example.com", "X-CDN-Id": "1",
}  # fmt: skip
INNOCENT = {
    "User-Agent": "curl/8.5.0", "X-Request-Id": "4f1c", "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "X-HTTP-Method-Override": "DELETE", "X-Client-Info": "suite/1.0", "X-Schemathesis-TestCaseId": "abc", "Accept-Language": "de", "DNT": "1",
    "Viable": "1", "X-Viaduct": "1", "X-Port-Of-Call": "1", "Idempotency-Key": "1", "X-Api-Version": "2", "Straightforward": "1",
    "X-Amzn-Trace-Id": "Root=1-63441c4a-abcdef012345678912345678", "X-User-Id": "7", "X-Client-Version": "3", "Hostname": "laptop",
}  # fmt: skip
PEERS = ["192.0.2.1", "10.0.0.1", "172.17.0.1", "::ffff:192.0.2.1", "2001:db8::1", "fe80::1", "0.0.0.0", "::", "testclient", "", None]
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::1%lo"]
HOSTS = ["sandbox.example", "203.0.113.5", "10.0.0.1:8000", "0.0.0.0:8000", "[2001:db8::1]", "sandbox", "localhost.example", "127.0.0.1.example",
         "xlocalhost", "[::ffff:192.0.2.1]", "[v1.localhost]", "local%68ost"]  # fmt: skip
LOCAL_HOSTS = ["localhost", "LOCALHOST:1", "localhost.", "my.localhost:8000", "127.0.0.1", "127.1.2.3:8000", "[::1]:8000", "[::ffff:127.0.0.1]"]


@pytest.fixture(scope="module")
def own(shared_sandbox: Sandbox) -> str:
    return str(shared_sandbox.server.admin_commands.keys_create("default", "Own", "administrator")["key"])


@pytest.fixture(scope="module")
def plane(shared_sandbox: Sandbox) -> Iterator[Client]:
    client = Client(shared_sandbox.app, "/_sandbox")
    yield client
    client.close()


def _is_refused(reply: Reply) -> bool:
    """The documented 401, whose message is the reference's."""
    assert (reply.status, reply.header("www-authenticate")) == (401, "Bearer")
    return bool(reply.json == {"success": False, "message": "Invalid API key or unauthorized access"})


@pytest.mark.parametrize(("name", "value"), FORWARDING.items(), ids=FORWARDING)
def test_what_was_forwarded_gets_no_test_key(sandbox: Sandbox, plane: Client, own: str, name: str, value: str) -> None:
    assert _is_refused(sandbox.get("/customers", headers={name: value}))
    assert _is_refused(sandbox.get(f"/customers?api_key={STAFF}", None, headers={name.lower(): ""}))
    assert sandbox.get("/customers", own, headers={name: value}).status == 200
    refused = plane.send("POST", "/keys", key=ADMINISTRATOR, json={"label": "For ever", "role": "administrator"}, headers={name: value})
    assert refused.status == 401
    assert refused.json["message"].startswith(f"Test keys work only on this machine, and this request was forwarded (header {name.title()});")
    assert plane.send("GET", "/keys", key=own, headers={name: value}).status == 200


@pytest.mark.parametrize(("name", "value"), INNOCENT.items(), ids=INNOCENT)
def test_what_a_client_says_of_itself_changes_nothing(sandbox: Sandbox, plane: Client, name: str, value: str) -> None:
    assert sandbox.get("/customers", headers={name: value}).status == 200
    assert plane.send("GET", "/clock", key=ADMINISTRATOR, headers={name: value}).status == 200


@pytest.mark.parametrize("peer", PEERS)
def test_who_is_not_surely_on_this_machine_gets_no_test_key(sandbox: Sandbox, plane: Client, own: str, peer: str | None) -> None:
    for key in (ADMINISTRATOR, STAFF, READ_ONLY, OTHER):
        assert _is_refused(sandbox.get("/customers", key, address=peer))
    assert sandbox.get("/customers", own, address=peer).status == 200
    refused = plane.send("GET", "/clock", key=ADMINISTRATOR, address=peer)
    assert (refused.status, "this request came from another address" in refused.json["message"]) == (401, True)
    assert plane.send("GET", "/clock", key=own, address=peer).status == 200


@pytest.mark.parametrize("peer", LOOPBACK)
def test_every_spelling_of_loopback_is_this_machine(sandbox: Sandbox, plane: Client, peer: str) -> None:
    assert sandbox.get("/customers", address=peer).status == 200
    assert plane.send("GET", "/clock", key=ADMINISTRATOR, address=peer).status == 200


@pytest.mark.parametrize("host", HOSTS)
def test_under_a_host_name_that_is_not_this_machines_no_test_key_counts(sandbox: Sandbox, plane: Client, own: str, host: str) -> None:
    assert _is_refused(sandbox.get("/customers", host=host))
    assert sandbox.get("/customers", own, host=host).status == 200
    assert plane.send("GET", "/clock", key=ADMINISTRATOR, host=host).status in (401, 403)


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_under_its_own_names_one_does(sandbox: Sandbox, plane: Client, host: str) -> None:
    assert sandbox.get("/customers", host=host).status == 200
    assert plane.send("GET", "/clock", key=ADMINISTRATOR, host=host).status == 200


def test_under_an_allowed_name_one_does(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(allowed_hosts="sandbox.example")
    assert sandbox.get("/customers", host="Sandbox.Example:8000").status == 200
    assert _is_refused(sandbox.get("/customers", host="x.sandbox.example"))


def test_the_order_of_refusals_stays(sandbox: Sandbox) -> None:
    away = {"X-Forwarded-For": "203.0.113.7"}
    assert sandbox.get("/nothing", headers=away).status == 404
    assert sandbox.send("PATCH", "/customers", key=ADMINISTRATOR, headers=away).status == 405
    assert sandbox.post("/customers", body=b"x", headers={**away, "Content-Type": "text/plain"}).status == 401
    assert sandbox.get("/users", STAFF, headers=away).status == 401


SETTINGS = [{"test_keys": "off"}, {"host": "0.0.0.0"}, {"trusted_proxies": "127.0.0.1"}, {"test_keys": "off", "host": "0.0.0.0"}]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_where_none_are_taken_none_counts_and_nothing_else_is_asked(make_sandbox: Callable[..., Sandbox], settings: dict[str, Any]) -> None:
    sandbox = make_sandbox(**settings)
    own = sandbox.server.admin_commands.keys_create("default", "Own", "administrator")["key"]
    assert sandbox.server.test_keys == ()
    assert _is_refused(sandbox.get("/customers"))
    elsewhere = {"Host": "sandbox.example", "Origin": "https://page.example", "X-Forwarded-For": "203.0.113.7", "Sec-Fetch-Site": "cross-site"}
    assert sandbox.get("/customers", own, headers=elsewhere, address="203.0.113.9").status == 200


def test_data_that_test_keys_opened_once_are_closed_to_them_where_they_are_off(make_sandbox: Callable[..., Sandbox], tmp_path: Any) -> None:
    first = make_sandbox(data_dir=tmp_path)
    assert first.get("/customers").status == 200
    own = first.server.admin_commands.keys_create("default", "Own", "administrator")["key"]
    first.server.close()
    second = make_sandbox(data_dir=tmp_path, test_keys="off")
    for key in (ADMINISTRATOR, STAFF, OTHER):
        assert _is_refused(second.get("/customers", key))
    assert second.get("/customers", own).status == 200
    assert [one["label"] for one in second.server.admin_commands.keys_list()] == ["Own"]
    second.server.close()
    third = make_sandbox(data_dir=tmp_path, test_keys="on")
    assert third.get("/customers").status == 200


@pytest.fixture
def keyless(make_sandbox: Callable[..., Sandbox], tmp_path: Any) -> Callable[..., Sandbox]:
    """Servers of a contract that asks for no key."""
    document = own_document()
    for item in document["paths"].values():
        for method in {"get", "post", "put", "delete"} & item.keys():
            item[method]["security"] = []
    (tmp_path / "spec.json").write_text(json.dumps(document), encoding="utf-8")
    return lambda **settings: make_sandbox(spec=tmp_path / "spec.json", **settings)


@pytest.mark.parametrize("key", [None, ADMINISTRATOR])
def test_what_needs_no_key_is_open_to_this_machine_and_not_to_pages_of_elsewhere(keyless: Callable[..., Sandbox], key: str | None) -> None:
    sandbox = keyless()
    assert sandbox.get("/customers", key).status == 200
    assert sandbox.get("/customers", key, headers={"Origin": "http://localhost:3000"}).status == 200
    for headers in ({"Host": "rebound.example"}, {"Origin": "https://page.example"}, {"Sec-Fetch-Site": "cross-site"}):
        reply = sandbox.post("/customers", {"account": "Jane Smith"}, key, headers=headers)
        assert (reply.status, reply.header("access-control-allow-origin")) == (403, None)
        assert "the setting --allowed-" in reply.json["message"]
    assert sandbox.get("/customers", key).data == []
    own = sandbox.server.admin_commands.keys_create("default", "Own", "administrator")["key"]
    assert sandbox.get("/customers", own, headers={"Host": "rebound.example", "Origin": "https://page.example"}).status == 200


def test_what_needs_no_key_is_open_to_all_where_no_test_keys_are(keyless: Callable[..., Sandbox]) -> None:
    sandbox = keyless(test_keys="off")
    assert sandbox.get("/customers", None, headers={"Host": "api.example", "Origin": "https://page.example"}).status == 200
