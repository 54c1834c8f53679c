"""A page of another site does nothing with a test key, whatever it can send, and reads nothing; pages of this machine do as before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.asgi import ADMINISTRATOR, STAFF, Client, Reply, Sandbox

FOREIGN_ORIGINS = [
    "https://page.example", "http://page.example:8000", "null", "", "file://", "nonsense \xff", "http://localhost.page.example", "http://10.0.0.1:3000",
    "http://0.0.0.0:8000", "http://localhost@page.example", "http://page.example#localhost", "http://page.example/localhost", "//localhost",
    "localhost", "http://", "http://[::2]", "http://localhost, http://localhost", "chrome-extension://abcdefgh", "tauri://localhost",
    "http://127.0.0.1.page.example", "http://notlocalhost", "ftp://localhost", "http://localhost\\.page.example", "http://sandbox:8000",
]  # fmt: skip
LOCAL_ORIGINS = ["http://localhost", "http://localhost:3000", "https://localhost:5173", "http://127.0.0.1:8080", "http://127.8.8.8", "http://[::1]:3000",
                 "http://app.localhost:3000", "HTTP://LOCALHOST:3000"]  # fmt: skip
CROSS, SAME = {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}
FOREIGN = {
    **{f"the origin {origin}": {"Origin": origin} for origin in FOREIGN_ORIGINS},
    "an image": {**CROSS, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "a script": {**CROSS, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
    "a link that is followed": {**CROSS, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"},
    "a frame": {**CROSS, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    "a word of a browser to come": {"Sec-Fetch-Site": "another-planet"},
    "two words": {"Sec-Fetch-Site": "none, cross-site"},
    "a form": {**CROSS, "Origin": "https://page.example", "Sec-Fetch-Mode": "navigate"},
    "a form of a page without an address": {**CROSS, "Origin": "null", "Sec-Fetch-Mode": "navigate"},
    "an older browser": {"Referer": "https://page.example/"},
    "an older browser that tells all": {"Referer": "https://page.example:8443/path?query#http://localhost"},
    "a contradiction": {"Sec-Fetch-Site": "same-origin", "Origin": "https://page.example"},
}  # fmt: skip
OURS = {
    "no page": {},
    **{f"the origin {origin}": {"Origin": origin} for origin in LOCAL_ORIGINS},
    "a page of localhost that asks 127.0.0.1": {**CROSS, "Origin": "http://localhost:3000", "Sec-Fetch-Mode": "cors"},
    "a page of another port": {**SAME, "Origin": "http://localhost:3000", "Sec-Fetch-Mode": "cors"},
    "an image of a page of another port": {**SAME, "Sec-Fetch-Mode": "no-cors"},
    "an address that was typed": {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
    "a page of its own": {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"},
    "a link on a page of this machine": {"Referer": "http://localhost:3000/index.html"},
    "an empty referer": {"Referer": ""},
    "a referer that is no address": {"Referer": "about:client"},
}  # fmt: skip


def _is_refused(reply: Reply, method: str = "GET") -> bool:
    """With a sentence that says what would be right; and no page may read it."""
    assert reply.status == 403
    assert not [name for name, _ in reply.headers if name.startswith("access-control-")]
    return method == "HEAD" or ("--allowed-origins" in reply.json["message"] and "a key of your own" in reply.json["message"])


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_page_of_another_site_neither_reads_nor_writes_with_a_test_key(sandbox: Sandbox, headers: dict[str, str]) -> None:
    sandbox.customer()
    before = sandbox.server.workspaces.get("default").image().world()
    for method in ("GET", "HEAD"):
        assert _is_refused(sandbox.send(method, "/customers", key=ADMINISTRATOR, headers=headers), method)
    assert _is_refused(sandbox.get(f"/customers?api_key={ADMINISTRATOR}", None, headers=headers))
    assert _is_refused(sandbox.post("/customers", {"account": "Evil"}, headers=headers))
    assert _is_refused(sandbox.post(f"/customers?api_key={ADMINISTRATOR}", key=None, body=b'{"account": "Evil"}', headers=headers))
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    assert _is_refused(sandbox.post(f"/customers?api_key={STAFF}", key=None, body=b'{"account": "Evil"}', headers=form))
    assert _is_refused(sandbox.delete("/customers/1", headers=headers))
    assert _is_refused(sandbox.put("/customers/1", {"account": "Evil"}, headers=headers))
    assert sandbox.server.workspaces.get("default").image().world() == before


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_it_does_with_a_key_of_its_own(sandbox: Sandbox, own: str, headers: dict[str, str]) -> None:
    assert sandbox.get("/customers", own, headers=headers).status == 200
    assert sandbox.get(f"/customers?api_key={own}", None, headers=headers).status == 200
    reply = sandbox.post("/customers", key=own, body=b'{"account": "Jane Smith"}', headers=headers)
    assert (reply.status, reply.header("access-control-allow-origin")) == (201, "*" if "Origin" in headers else None)


@pytest.mark.parametrize("headers", OURS.values(), ids=OURS)
def test_a_page_of_this_machine_does_with_a_test_key(sandbox: Sandbox, headers: dict[str, str]) -> None:
    assert sandbox.get("/customers", headers=headers).status == 200
    reply = sandbox.post(f"/customers?api_key={ADMINISTRATOR}", key=None, body=b'{"account": "Jane Smith"}', headers=headers)
    assert (reply.status, reply.header("access-control-allow-origin")) == (201, "*" if "Origin" in headers else None)


def test_pages_of_allowed_origins_may_use_test_keys(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(allowed_origins="https://app.example:443, http://192.168.0.7:3000,chrome-extension://abc", allowed_hosts="box.example")
    for origin in ("https://app.example", "HTTPS://App.Example", "http://192.168.0.7:3000", "chrome-extension://abc"):
        reply = sandbox.get("/customers", headers={"Origin": origin, **CROSS})
        assert (reply.status, reply.header("access-control-allow-origin")) == (200, "*")
    for origin in ("http://app.example", "https://app.example:444", "https://x.app.example", "http://192.168.0.7", "null"):
        assert _is_refused(sandbox.get("/customers", headers={"Origin": origin}))
    assert sandbox.get("/customers", host="box.example:1", headers={"Origin": "http://box.example:1"}).status == 200, "of the very host that is asked"
    assert _is_refused(sandbox.get("/customers", host="box.example:1", headers={"Origin": "http://box.example:2"}))
    assert _is_refused(sandbox.get("/customers", host="box.example", headers=SAME)), "of another host below the same domain, maybe"


def test_a_preflight_is_refused_where_its_url_shows_that_a_test_key_comes(sandbox: Sandbox, own: str) -> None:
    asks = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    assert _is_refused(sandbox.send("OPTIONS", f"/customers?api_key={ADMINISTRATOR}", headers=asks))
    for target, headers in (("/customers", asks), (f"/customers?api_key={own}", asks),
                            (f"/customers?api_key={ADMINISTRATOR}", {**asks, "Origin": "http://localhost:3000"})):  # fmt: skip
        reply = sandbox.send("OPTIONS", target, headers=headers)
        assert (reply.status, reply.header("access-control-allow-origin")) == (204, "*")


def test_what_a_page_asks_that_there_is_not_is_404_and_it_may_not_read_that(sandbox: Sandbox) -> None:
    for method, target, status in (("GET", "/nothing", 404), ("PATCH", "/customers", 405)):
        reply = sandbox.send(method, target, key=ADMINISTRATOR, headers={"Origin": "https://page.example"})
        assert (reply.status, reply.header("access-control-allow-origin")) == (status, None)


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_the_control_plane_answers_none_of_them(sandbox: Sandbox, own: str, headers: dict[str, str]) -> None:
    plane = Client(sandbox.app, "/_sandbox")
    referred = list(headers) == ["Referer"]
    try:
        asked = [plane.send("GET", "/clock", key=ADMINISTRATOR, headers=headers), plane.send("POST", "/reset", key=ADMINISTRATOR, headers=headers),
                 *([] if referred else [plane.send("GET", path, key=own, headers=headers) for path in ("/clock", "/health")])]  # fmt: skip
    finally:
        plane.close()
    assert {reply.status for reply in asked} == {403}
    assert not [name for reply in asked for name, _ in reply.headers if name.startswith("access-control-")]


@pytest.fixture(scope="module")
def own(shared_sandbox: Sandbox) -> str:
    return str(shared_sandbox.server.admin_commands.keys_create("default", "Own", "administrator")["key"])
