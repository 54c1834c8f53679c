"""The table of limits in docs/limits.md is made from the settings, and each limit is written and chosen as the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from openapi.document import read_document
from sandbox.control.application import FILE
from sandbox.errors import StartError
from sandbox.quotas import GIB, KIB, LOCAL, MIB, UNLIMITED, Quotas, in_force, quotas, shown, table
from sandbox.settings import SETTINGS_FILE, load_settings

PAGE = (Path(__file__).parents[1] / "docs" / "limits.md").read_text(encoding="utf-8")
HOSTED = in_force(Quotas(), hosted=True)
# As they were asked for: nobody changes one by chance.
ASKED_FOR = {
    "max_workspaces": 1_000, "max_keys": 50, "max_revoked_keys": 100, "max_documents": 100_000, "max_documents_size": 64 * MIB,
    "max_data_size": 2 * GIB, "max_snapshots_size": 256 * MIB, "max_upload_size": 16 * MIB, "max_workspace_uploads": 1, "max_uploads": 4,
    "max_webhooks": 20, "max_pending_deliveries": 1_000, "max_events": 10_000, "max_event_log_size": 32 * MIB, "max_key_long_polls": 20,
    "max_long_polls": 1_000, "max_address_connections": 100, "max_connections": 5_000, "max_control_rate": 10, "large_reset_interval": 60,
    "max_addresses": 20_000, "write_timeout": 30,
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings but those of the test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table_is_made_from_the_settings() -> None:
    assert table() in PAGE, "write it anew: python -m sandbox.quotas"
    assert PAGE.count("| `--") == len(Quotas.__struct_fields__)


def test_the_numbers_for_hosting_are_those_that_were_asked_for() -> None:
    assert {name: getattr(HOSTED, name) for name in ASKED_FOR} == ASKED_FOR


def test_every_quota_is_refused_with_a_status_that_the_page_names() -> None:
    named = {int(one) for one in re.findall(r"\b[45][0-9]{2}\b", PAGE.split("are the only statuses")[0].rsplit("\n- ", 1)[1])}
    assert named == {400, 413, 429, 507}
    assert {quota.status for _, _, quota in quotas() if quota.status > 0} == named


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, LOCAL),
        ({"host": "127.0.0.1"}, LOCAL),
        ({"host": "::1"}, LOCAL),
        ({"host": "0.0.0.0"}, HOSTED),
        ({"host": "::"}, HOSTED),
        ({"host": "192.0.2.1"}, HOSTED),
        ({"trusted_proxies": "127.0.0.1"}, HOSTED),
        ({"host": "0.0.0.0", "quotas": "off"}, LOCAL),
        ({"quotas": "on"}, HOSTED),
    ],
)
def test_quotas_hold_where_others_can_reach_the_server(settings: dict[str, Any], expected: Quotas) -> None:
    assert load_settings(settings).quotas_in_force == expected


@pytest.mark.parametrize("quotas_of", ["on", "off", "auto"])
def test_what_is_written_holds_in_any_case(quotas_of: str) -> None:
    assert load_settings({"quotas": quotas_of, "max_documents": 7}).quotas_in_force.max_documents == 7
    assert load_settings({"quotas": quotas_of, "max_documents": "none"}).quotas_in_force.max_documents == UNLIMITED


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("1", 1),
        (5, 5),
        ("100 bytes", 100),
        ("8B", 8),
        ("3KiB", 3 * KIB),
        ("64MiB", 64 * MIB),
        ("64 MiB", 64 * MIB),
        ("2GiB", 2 * GIB),
        ("none", UNLIMITED),
    ],
)
def test_a_size_is_written_with_its_unit(written: Any, size: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings({"max_upload_size": written}).quotas_in_force.max_upload_size == size
    (folder / SETTINGS_FILE).write_text(f"max_upload_size = {written!r}")
    assert load_settings({}).quotas_in_force.max_upload_size == size
    monkeypatch.setenv("SANDBOX_MAX_UPLOAD_SIZE", "17")
    assert load_settings({}).quotas_in_force.max_upload_size == 17


@pytest.mark.parametrize(
    ("name", "written", "sentence"),
    [
        ("max_upload_size", "64MB", "'64MB' is neither a size such as 64MiB nor none"),
        ("max_upload_size", "much", "'much' is neither a size such as 64MiB nor none"),
        ("max_upload_size", "-1", "'-1' is neither a size such as 64MiB nor none"),
        ("max_upload_size", "0", "must be a whole number from 1 to 9007199254740991, not 0"),
        ("max_documents", "0", "must be none or a whole number from 1 to 9007199254740991, not '0'"),
        ("max_documents", "1.5", "must be none or a whole number from 1 to 9007199254740991, not '1.5'"),
        ("max_documents", "-1", "must be none or a whole number from 1 to 9007199254740991, not '-1'"),
        ("write_timeout", "soon", "must be a whole number from 0 to 9007199254740991, not 'soon'"),
        ("quotas", "maybe", "must be auto or on or off, not 'maybe'"),
    ],
)
def test_a_quota_of_another_form_is_refused(name: str, written: str, sentence: str) -> None:
    with pytest.raises(StartError) as caught:
        load_settings({name: written})
    assert str(caught.value) == f"--{name.replace('_', '-')}: {sentence}"


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [(1_000, "", "1,000"), (UNLIMITED, "", "none"), (30, "seconds", "30 s"), (64 * MIB, "bytes", "64 MiB"), (1000, "bytes", "1,000 bytes")],
)
def test_numbers_are_shown_as_they_are_written(number: int, unit: Any, text: str) -> None:
    assert shown(number, unit) == text


def test_the_contract_of_the_control_plane_speaks_of_the_quotas() -> None:
    document = read_document(FILE)
    assert "`/usage` shows the quotas" in document["info"]["description"]
    for id in re.findall(r"quota `(max_\w+)`", str(document)):
        assert id in Quotas.__struct_fields__
