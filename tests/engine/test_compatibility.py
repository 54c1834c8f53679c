"""A directory written under an older contract starts, and what no longer fits is listed until it fits."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.app import Server
from tests.asgi import Sandbox, sandbox_of
from tests.engine.spec_edits import own_document


def spec_with(tmp_path: Path, edit: Any) -> Path:
    document = own_document()
    edit(document)
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def require_a_city(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["CustomerInput"]["properties"]["city"]["maxLength"] = 4


def without_leads(document: dict[str, Any]) -> None:
    del document["paths"]["/leads"]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    sandbox = sandbox_of(data_dir=place)
    for city in ("Rome", "Berlin", "Vienna", "Prague", "Zagreb"):
        sandbox.customer(city=city)
    assert sandbox.post("/leads", {"first_name": "A", "last_name": "B", "email": "a@example.com"}).status == 201
    assert sandbox.server.warnings == ()
    sandbox.close()
    return place


def started(directory: Path, spec: Path | None) -> Sandbox:
    return sandbox_of(data_dir=directory, spec=spec)


def warnings_of(server: Server) -> list[str]:
    return [one for one in server.warnings if "switched off" not in one]


def test_what_no_longer_fits_is_listed_and_the_rest_is_served(directory: Path, tmp_path: Path) -> None:
    sandbox = started(directory, spec_with(tmp_path, require_a_city))
    try:
        (warning,) = warnings_of(sandbox.server)
        assert warning.startswith("workspace default: 4 customers do not fit the contract, and are answered by 500 (2: city ")
        assert warning.endswith("; and 1 more)")
        assert sandbox.get("/customers/1").data["city"] == "Rome"
        assert sandbox.get("/customers/2").status == 500
        assert sandbox.put("/customers/2", {"account": "Jane", "city": "Bonn"}).status == 200
        assert sandbox.get("/customers/2").data["city"] == "Bonn"
    finally:
        sandbox.close()


def test_it_is_listed_until_it_fits_again(directory: Path, tmp_path: Path) -> None:
    spec = spec_with(tmp_path, require_a_city)
    for _ in range(2):
        sandbox = started(directory, spec)
        assert len(warnings_of(sandbox.server)) == 1
        sandbox.close()
    sandbox = started(directory, spec)
    for id in range(2, 6):
        sandbox.put(f"/customers/{id}", {"account": "Jane"})
    sandbox.close()
    sandbox = started(directory, spec)
    assert warnings_of(sandbox.server) == []
    sandbox.close()


def test_a_collection_that_the_contract_lost_is_kept_and_told(directory: Path, tmp_path: Path) -> None:
    sandbox = started(directory, spec_with(tmp_path, without_leads))
    assert "workspace default: one lead is kept, though the contract has no leads; it is not served" in sandbox.server.warnings
    sandbox.close()
    sandbox = started(directory, None)
    sandbox.base = "/_sandbox"
    assert sandbox.get("/documents/leads/1").data["email"] == "a@example.com"
    sandbox.close()


def test_a_restored_snapshot_is_looked_at_anew(directory: Path, tmp_path: Path) -> None:
    sandbox = started(directory, None)
    default = sandbox.server.workspaces.get("default")
    default.snapshots.take("old", created_at=sandbox.clock.now())
    for id in range(2, 6):
        sandbox.put(f"/customers/{id}", {"account": "Jane"})
    sandbox.close()
    spec = spec_with(tmp_path, require_a_city)
    sandbox = started(directory, spec)
    assert warnings_of(sandbox.server) == []
    default = sandbox.server.workspaces.get("default")
    default.restore(default.snapshots.world("old"))
    sandbox.close()
    sandbox = started(directory, spec)
    assert len(warnings_of(sandbox.server)) == 1
    sandbox.close()
