"""What the control plane was told outlives a restart, and a disk that fails leaves it untold."""

import errno
from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi.contract import FILE
from tests.asgi import ADMINISTRATOR
from tests.control.deliveries import delivered
from tests.control.plane import Plane


@pytest.mark.parametrize("durability", ["os", "power"])
def test_clock_limit_keys_snapshots_and_resets_are_there_after_a_restart(tmp_path: Path, durability: str) -> None:
    first = Plane(data_dir=tmp_path, durability=durability)
    first.invoice()
    made = first.post("/keys", {"label": "Ours", "role": "staff"}).data
    first.post("/snapshots", {"name": "one"})
    first.upload("two", first.get("/snapshots/one/file").body)
    first.post("/reset", {"seed": 7})
    first.post("/reset/pin")
    first.post("/clock/advance", {"by": "P2DT3H"})
    first.put("/rate-limit", {"limit": 5, "window": 60})
    paths = ("/clock", "/rate-limit", "/keys", "/snapshots", "/reset", "/snapshots/one/file", "/snapshots/two/file")
    before = [first.get(path).json for path in paths]
    first.close()

    second = Plane(data_dir=tmp_path, durability=durability)
    try:
        assert [second.get(path).json for path in paths] == before
        assert second.api("GET", "/customers", key=made["key"]).header("x-ratelimit-limit") == "5"
        assert second.post("/snapshots/two/restore").status == 200
        assert second.get("/documents/invoices/1").status == 200
        assert second.post("/reset/undo").status == 200
        assert second.get("/documents/customers").json["meta"]["total_records"] == 1
    finally:
        second.close()


@pytest.mark.parametrize("durability", ["os", "power"])
def test_webhooks_events_and_deliveries_are_there_after_a_restart(tmp_path: Path, durability: str) -> None:
    first = Plane(data_dir=tmp_path, durability=durability)
    first.webhook()
    first.post("/webhooks/1/rotate-secret")
    first.webhook("https://your-domain.com/disabled")
    first.post("/webhooks/2/disable")
    first.post("/events/trigger", {"type": "invoice.created"})
    delivered(first)
    first.post("/events/trigger", {"type": "payment.received"})
    paths = ("/webhooks", "/events", "/deliveries")
    before = [first.get(path).json for path in paths]
    assert [one["meta"]["total_records"] for one in before] == [2, 2, 4]
    first.close()

    second = Plane(data_dir=tmp_path, durability=durability)
    try:
        assert [second.get(path).json for path in paths] == before
        newest = before[1]["data"][0]["id"]
        after = second.post("/events/trigger", {"type": "payment.received"}).data["id"]
        assert [one["id"] for one in second.get(f"/events?after={newest}").data] == [after]
    finally:
        second.close()


COMMANDS: list[tuple[str, str, Any]] = [
    ("POST", "/clock/advance", {"by": "PT1H"}),
    ("POST", "/snapshots", {"name": "new"}),
    ("POST", "/snapshots/one/restore", None),
    ("DELETE", "/snapshots/one", None),
    ("POST", "/reset", {"seed": 7}),
    ("POST", "/reset/pin", None),
    ("POST", "/invoices/1/payments", {"amount": 1}),
    ("PUT", "/rate-limit", {"limit": 1, "window": 60}),
    ("POST", "/keys", {"label": "Ours", "role": "staff"}),
    ("DELETE", "/keys/2", None),
    ("POST", "/events/trigger", {"type": "invoice.created"}),
    ("POST", "/webhooks/1/disable", None),
    ("POST", "/webhooks/1/rotate-secret", None),
    ("DELETE", "/webhooks/1", None),
    ("POST", "/deliveries/1/redeliver", None),
]


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Any:
    plane = Plane(data_dir=tmp_path_factory.mktemp("data"))
    plane.webhook()
    plane.invoice()
    plane.post("/snapshots", {"name": "one"})
    plane.customer()
    yield plane
    plane.close()


@pytest.mark.parametrize("command", COMMANDS, ids=[f"{method} {path}" for method, path, _ in COMMANDS])
def test_a_command_that_the_disk_refuses_is_a_500_and_changes_nothing(on_disk: Plane, command: tuple[str, str, Any], monkeypatch: Any) -> None:
    method, path, body = command
    workspace = on_disk.server.workspaces.get("default")
    before = workspace.image(), workspace.metadata, on_disk.get("/keys").body, on_disk.get("/clock").body

    def full(*_: Any, **__: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        patch.setattr("os.replace", full)
        reply = on_disk.send(method, path, json=body, key=ADMINISTRATOR)
    assert (reply.status, reply.json["success"]) == (500, False)
    assert (workspace.image(), workspace.metadata, on_disk.get("/keys").body, on_disk.get("/clock").body) == before
    assert on_disk.api("GET", "/customers").status == 200


def contract_without(folder: Path, *paths: str) -> Path:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for path in paths:
        del document["paths"][path]
    document["components"]["securitySchemes"]["queryKey"]["name"] = "token"
    file = folder / "changed.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def test_under_another_contract_the_plane_speaks_of_what_that_one_has(tmp_path: Path) -> None:
    plane = Plane(spec=contract_without(tmp_path, "/invoices", "/webhooks"))
    try:
        plane.customer()
        assert plane.get(f"/clock?token={ADMINISTRATOR}", None).status == 200
        assert plane.get(f"/clock?api_key={ADMINISTRATOR}", None).status == 401
        assert plane.get("/documents/invoices").status == 404
        assert plane.get("/documents/customers").status == 200
        refused = plane.post("/invoices/1/payments", {"amount": 1})
        assert (refused.status, "payments" in refused.json["message"]) == (404, True)
        plane.post("/snapshots", {"name": "one"})
        file = plane.get("/snapshots/one/file")
        assert "webhooks" not in file.json["collections"]
        assert plane.upload("two", file.body).status == 201
    finally:
        plane.close()
