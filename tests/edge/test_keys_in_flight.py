"""A key that is gone when its request has been read opens nothing, and tells nothing of other workspaces."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.control.application import PREFIX
from sandbox.edge.request_limits import read_body
from tests.asgi import BASE, Reply, Sandbox

UNAUTHENTICATED = {"success": False, "message": "Invalid API key or unauthorized access"}
FILE = {"format": "business-suite-snapshot", "version": 1, "collections": {}, "counters": {}}
WRITES = [
    ("POST", f"{BASE}/customers", {"account": "Late"}),
    ("POST", f"{BASE}/users", {"name": "Late", "email": "late@example.com", "password": "securepassword", "role": "staff"}),
    ("POST", f"{PREFIX}/keys", {"label": "Late", "role": "administrator"}),
    ("PUT", f"{PREFIX}/snapshots/late/file", FILE),
]
Meanwhile = Callable[[Callable[[], object]], None]


def perform(sandbox: Sandbox, command: str, **arguments: Any) -> Any:
    return asyncio.run(sandbox.server.admin_commands.perform(command, arguments))


def with_key(sandbox: Sandbox) -> str:
    """A key of the workspace `mine`, beside which there are others."""
    for name in ("mine", "secret-project"):
        perform(sandbox, "workspaces_create", name=name, scenario="empty")
    key: str = perform(sandbox, "keys_create", workspace="mine", label="Ours", role="administrator")["key"]
    return key


def send(sandbox: Sandbox, method: str, path: str, body: Any, key: str) -> Reply:
    sandbox.base = ""
    return sandbox.send(method, path, json=body, key=key)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something happen when the next body has been read."""

    def arrange(happens: Callable[[], object]) -> None:
        async def reading(*args: Any) -> bytes:
            body = await read_body(*args)
            happens()
            return body

        for place in ("sandbox.edge.stages", "sandbox.edge.connexion_app", "sandbox.control.snapshot_transfer"):
            monkeypatch.setattr(f"{place}.read_body", reading)

    return arrange


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[path for _, path, _ in WRITES])
def test_a_workspace_deleted_meanwhile_is_a_401(
    make_sandbox: Callable[..., Sandbox], meanwhile: Meanwhile, method: str, path: str, body: Any
) -> None:
    sandbox = make_sandbox()
    key = with_key(sandbox)
    meanwhile(lambda: sandbox.server.workspaces.delete("mine"))
    reply = send(sandbox, method, path, body, key)
    assert (reply.status, reply.json) == (401, UNAUTHENTICATED)
    assert send(sandbox, "GET", f"{BASE}/customers", None, key).status == 401


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[path for _, path, _ in WRITES])
def test_a_key_revoked_meanwhile_stores_nothing(
    make_sandbox: Callable[..., Sandbox], meanwhile: Meanwhile, method: str, path: str, body: Any
) -> None:
    sandbox = make_sandbox()
    key = with_key(sandbox)
    workspace = sandbox.server.workspaces.get("mine")
    before = workspace.image()
    revoked: list[Any] = []
    meanwhile(lambda: revoked.append(sandbox.server.admin_commands.keys_revoke("mine", 1)))
    reply = send(sandbox, method, path, body, key)
    assert (reply.status, reply.json, len(revoked)) == (401, UNAUTHENTICATED, 1)
    assert workspace.image() == before
    assert len(sandbox.server.admin_commands.keys_list("mine")) == 1


@pytest.mark.parametrize("path", [f"{BASE}/customers", f"{PREFIX}/clock"])
def test_a_workspace_deleted_while_it_is_opened_is_a_401(make_sandbox: Callable[..., Sandbox], path: str) -> None:
    sandbox = make_sandbox()
    key = with_key(sandbox)
    sandbox.server.workspaces.on_open = lambda workspace: sandbox.server.workspaces.delete("mine")
    reply = send(sandbox, "GET", path, None, key)
    assert (reply.status, reply.json) == (401, UNAUTHENTICATED)


def test_whatever_fails_while_a_workspace_is_opened_has_the_envelope_and_the_headers(make_sandbox: Callable[..., Sandbox]) -> None:
    def fail(workspace: object) -> None:
        raise RuntimeError("what nobody should read")

    sandbox = make_sandbox()
    key = with_key(sandbox)
    sandbox.server.workspaces.on_open = fail
    reply = send(sandbox, "GET", f"{BASE}/customers", None, key)
    assert (reply.status, reply.json["success"]) == (500, False)
    assert reply.header("x-ratelimit-limit") == "1000"
    assert reply.header("sandbox-next-reset")
