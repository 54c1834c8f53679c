"""The whole server put together: keys on loopback only, other contracts, and data that stay."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from structlog.testing import capture_logs

from openapi.contract import FILE
from openapi.document import DocumentError
from sandbox.errors import StartError
from sandbox.serving import banner
from sandbox.settings import load_settings
from tests.asgi import ADMINISTRATOR, OTHER, STAFF, Sandbox, sandbox_of


def changed_contract(folder: Path, **changes: Any) -> Path:
    """The contract without the paths that `without` names, or with the top-level words that are given."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for path in changes.pop("without", ()):
        del document["paths"][path]
    document |= changes
    file = folder / "changed.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_test_keys_open_nothing_where_others_could_use_them(host: str) -> None:
    sandbox = sandbox_of(host=host)
    try:
        assert sandbox.server.test_keys == ()
        assert sandbox.get("/customers", ADMINISTRATOR).status == 401
        text = banner(sandbox.server, load_settings({"host": host, "scenario": "empty"}), "http://192.0.2.1:8000")
        assert "sbx_test_" not in text
        assert "none: test keys work on loopback only" in text
    finally:
        sandbox.close()


def test_the_banner_tells_the_address_the_keys_and_where_to_read_on(tmp_path: Path) -> None:
    sandbox = sandbox_of()
    try:
        in_memory = banner(sandbox.server, load_settings({"scenario": "empty"}), "http://127.0.0.1:8000")
        on_disk = banner(sandbox.server, load_settings({"scenario": "empty", "data_dir": tmp_path, "rate_limit": "20/60"}), "http://127.0.0.1:8000")
    finally:
        sandbox.close()
    assert "daily at 03:00 UTC, next at 2025-07-02T03:00:00Z" in in_memory
    for part in ("http://127.0.0.1:8000/api/v2", "/_sandbox", ADMINISTRATOR, STAFF, OTHER, "revoked", "README.md", "in memory"):
        assert part in in_memory
    assert str(tmp_path) in on_disk
    assert "20 requests in 60 seconds" in on_disk


def test_both_workspaces_begin_with_the_same_scenario() -> None:
    sandbox = sandbox_of(scenario="demo", seed=7)
    try:
        ours, theirs = sandbox.get("/customers"), sandbox.get("/customers", OTHER)
        assert ours.json["meta"]["total_records"] >= 25
        assert ours.body == theirs.body
    finally:
        sandbox.close()


def test_what_was_created_is_there_after_a_restart_and_ids_go_on(tmp_path: Path) -> None:
    first = sandbox_of(data_dir=tmp_path)
    customer = first.customer(city="Rome")
    gone = first.customer()
    assert first.delete(f"/customers/{gone}").status == 200
    first.close()
    second = sandbox_of(data_dir=tmp_path)
    try:
        assert second.get(f"/customers/{customer}").data["city"] == "Rome"
        assert second.customer() == gone + 1
        assert second.get("/customers", OTHER).data == []
    finally:
        second.close()


def test_what_is_found_when_a_workspace_is_opened_later_is_logged(tmp_path: Path) -> None:
    first = sandbox_of(data_dir=tmp_path)
    first.server.workspaces.create("beta", "empty", 0)
    beta = first.server.workspaces.get("beta")
    with beta.transaction() as tx:
        tx.insert("customers", {"account": 7})
    beta.change(contract=None)
    first.close()
    for journal in ("server.journal", "workspaces/default/journal", "workspaces/beta/journal"):
        with (tmp_path / journal).open("ab") as file:
            file.write(b"half")
    second = sandbox_of(data_dir=tmp_path)
    try:
        cut_off = "the last write had not been finished when the server ended; its 4 bytes were cut off"
        assert list(second.server.warnings) == [f"workspaces and keys: {cut_off}", f"workspace default: {cut_off}"]
        with capture_logs() as lines:
            second.server.workspaces.get("beta")
        told = [line["event"] for line in lines]
        assert told[0] == f"workspace beta: {cut_off}"
        assert told[1].startswith("workspace beta: one customer does not fit the contract")
    finally:
        second.close()


def test_a_contract_without_a_special_resource_serves_the_rest_and_warns(tmp_path: Path) -> None:
    spec = changed_contract(tmp_path, without=["/reports/financial", "/webhooks"])
    sandbox = sandbox_of(spec=spec)
    try:
        assert sandbox.get("/reports/financial").status == 404
        assert sandbox.customer() == 1
        assert any("reports" in warning for warning in sandbox.server.warnings)
        assert any("webhooks" in warning for warning in sandbox.server.warnings)
        text = banner(sandbox.server, load_settings({"spec": spec}), "http://127.0.0.1:8000")
        assert str(spec) in text
        assert all(warning in text for warning in sandbox.server.warnings)
    finally:
        sandbox.close()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("- a", r"spec.yaml:1:1: \$: is a list"),
        ("", r"spec.yaml:1:1: \$: is empty"),
        ("openapi: 3.0.3", r"spec.yaml:1:1: \$: .*info"),
        ("openapi: [", r"spec.yaml:2:1: is not YAML: "),
    ],
)
def test_a_contract_that_is_none_is_one_sentence_with_its_file_and_place(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "spec.yaml").write_text(content)
    with pytest.raises(DocumentError, match=sentence) as caught:
        sandbox_of(spec=tmp_path / "spec.yaml")
    assert "\n" not in str(caught.value)


def test_a_misspelt_word_of_the_contract_stops_the_start(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8").replace("x-resource: leads", "x-resuorce: leads")
    (tmp_path / "spec.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r'paths\["/leads"\].*did you mean \'x-resource\''):
        sandbox_of(spec=tmp_path / "spec.yaml")


def test_the_own_contract_is_checked_like_any_other_where_it_may_be_edited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    edited = changed_contract(tmp_path, without=["/webhooks"])
    monkeypatch.setattr("sandbox.loaded_contract.FILE", edited)
    with pytest.raises(StartError, match="no path has the x-resource 'webhooks'"):
        sandbox_of()
    sandbox = sandbox_of(reload=True)
    try:
        assert any("webhooks" in warning for warning in sandbox.server.warnings)
        text = banner(sandbox.server, load_settings({"reload": True}), "http://127.0.0.1:8000")
        assert "  Contract  openapi/api-v2.yaml, reloaded on each valid edit" in text
    finally:
        sandbox.close()


def test_an_unknown_scenario_stops_the_start_and_lets_go_of_the_data(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(StartError, match="There is no scenario 'nope'; known are busy, demo, empty, nasty, overdue"):
            sandbox_of(scenario="nope", data_dir=tmp_path)
    sandbox_of(data_dir=tmp_path).close()


def test_the_server_answers_the_lifespan_of_its_host() -> None:
    sandbox: Sandbox = sandbox_of()
    said: list[str] = []

    async def live() -> None:
        asked = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> dict[str, Any]:
            return {"type": next(asked)}

        async def send(message: Any) -> None:
            said.append(message["type"])

        await sandbox.app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    asyncio.run(live())
    sandbox.close()
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
