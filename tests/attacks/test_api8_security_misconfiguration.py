"""API8:2023, security misconfiguration.

Claimed: as it comes, the server shows no trace, page or file of its own, says `nosniff` on everything and `no-store` on secrets, and gives pages
of other sites nothing. `tests/edge/test_web_pages.py`, `tests/edge/test_response_headers.py` and `tests/control/test_host_check.py` go further.
"""

from __future__ import annotations

import pytest

from sandbox.errors import StartError
from tests.asgi import ADMINISTRATOR, Client, sandbox_of
from tests.control.plane import CONTROL, Plane

FILES = ["/", "/.git/config", "/.env", "/sandbox.toml", "/docs", "/redoc", "/ui/", "/swagger.json", "/openapi.json", "/openapi.yaml", "/metrics",
         "/debug", "/console", "/server-status", "/actuator/env", "/phpinfo.php", "/api/v2/openapi.json", "/api/v2/ui/", "/_sandbox/openapi.json",
         "/_sandbox/ui/", "/static/../sandbox/settings.py", "/api/v2/%2e%2e/%2e%2e/etc/passwd",
         "/_sandbox/snapshots/..%2f..%2fkeys/file"]  # fmt: skip
FAULTS = [("GET", "/api/v2/customers/x", b""), ("POST", "/api/v2/customers", b"{"),
          ("POST", "/api/v2/customers", b"\xff\xfe\x00"),
          ("GET", "/api/v2/customers?limit=%00", b""), ("DELETE", "/api/v2", b""), ("TRACE", "/api/v2/customers", b"")]  # fmt: skip


@pytest.fixture
def attacker(plane: Plane) -> Client:
    return Client(plane.server.app)


@pytest.mark.parametrize("path", FILES)
def test_there_is_no_page_or_file_of_the_servers_own(attacker: Client, path: str) -> None:
    reply = attacker.send("GET", path, key=ADMINISTRATOR)
    attacker.close()
    assert (reply.status, reply.json["success"]) == (400 if "snapshots" in path else 404, False), "400: no snapshot can have such a name"


@pytest.mark.parametrize(("method", "path", "body"), FAULTS)
def test_a_fault_shows_nothing_of_the_program(attacker: Client, method: str, path: str, body: bytes) -> None:
    reply = attacker.send(method, path, key=ADMINISTRATOR, body=body)
    attacker.close()
    assert 400 <= reply.status < 500
    assert (reply.json["success"], reply.header("x-content-type-options"), reply.header("server")) == (False, "nosniff", None)
    for word in ("Traceback", ".py", "connexion", "starlette", "uvicorn", "Error("):
        assert word not in reply.body.decode()


def test_what_shows_a_secret_is_kept_by_nobody(plane: Plane) -> None:
    webhook = plane.api("POST", "/webhooks", {"url": "https://your-domain.com/webhook", "events": ["invoice.created"]})
    key = plane.post("/keys", {"label": "Ours", "role": "staff"})
    workspace = plane.post("/workspaces", {"scenario": "empty"})
    rotated = plane.post(f"/webhooks/{webhook.data['id']}/rotate-secret")
    for reply in (webhook, key, workspace, rotated):
        assert reply.status < 300
        assert (reply.header("cache-control"), reply.header("x-content-type-options")) == ("no-store", "nosniff")
    assert plane.delete(f"/keys/{key.data['id']}").status == plane.delete(f"/workspaces/{workspace.data['name']}").status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example"])
def test_a_page_of_elsewhere_gets_nothing_with_a_published_key(plane: Plane, origin: str) -> None:
    attacker = Client(plane.server.app)
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    replies = [attacker.send(method, path, key=ADMINISTRATOR, headers={"Origin": origin})
               for method, path in (("GET", "/api/v2/customers"), ("GET", "/_sandbox/keys"), ("POST", "/_sandbox/reset"))]  # fmt: skip
    preflight = attacker.send("OPTIONS", "/_sandbox/keys", headers=asks)
    attacker.close()
    assert [one.status for one in replies] == [403] * 3
    assert preflight.status >= 400
    for reply in (*replies, preflight):
        assert not [name for name, _ in reply.headers if name == "access-control-allow-credentials"]
        assert not reply.body.startswith(b'{"success":true')


def test_published_keys_cannot_be_opened_to_others_by_mistake() -> None:
    for open_to_others in ({"host": "0.0.0.0"}, {"host": "192.0.2.7"}, {"trusted_proxies": "127.0.0.1"}):
        with pytest.raises(StartError):
            sandbox_of(test_keys="on", **open_to_others)


def test_a_control_plane_that_is_off_is_not_there() -> None:
    sandbox = sandbox_of(control="off")
    sandbox.base = CONTROL
    assert {sandbox.get(path).status for path in ("/health", "/keys", "/clock", "/snapshots")} == {404}
    sandbox.close()
