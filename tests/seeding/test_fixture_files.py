"""The fixtures are read strictly: what is wrong is named with its file, its place and what would be right."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openapi.vocabulary import ROLES
from sandbox.errors import StartError
from sandbox.seeding import fixture_files
from sandbox.seeding.fixture_files import Credential, credentials, folder, recipes, scenario, scenario_names

GROUP = 'collections: {leads: {count: 2, from: "2024-01-01T08:00:00Z", to: "2024-02-01T08:00:00Z"%s}}'
DATE = 'date: "2024-03-01T12:00:00Z"\nothers: 0\n'


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of fixtures of a test's own."""
    (tmp_path / "scenarios").mkdir()
    monkeypatch.setattr(fixture_files, "folder", lambda: tmp_path)
    return tmp_path


def test_the_test_keys_are_those_that_the_documentation_names() -> None:
    assert {one.key: (one.role, one.workspace, one.revoked) for one in credentials()} == {
        "sbx_test_administrator": ("administrator", "default", False),
        "sbx_test_staff": ("staff", "default", False),
        "sbx_test_read_only": ("read-only", "default", False),
        "sbx_test_other_workspace": ("administrator", "other", False),
        "sbx_test_revoked": ("administrator", "default", True),
    }
    assert all(one.label for one in credentials())


def test_every_role_has_a_test_key() -> None:
    assert {one.role for one in credentials()} == set(ROLES)


def test_there_are_five_scenarios() -> None:
    assert scenario_names() == ("busy", "demo", "empty", "nasty", "overdue")
    assert scenario("empty").collections == {}


def test_a_scenario_has_a_date_of_its_own() -> None:
    assert scenario("demo").date == datetime(2025, 6, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "hint"), [("dmeo", "did you mean 'demo'"), ("nothing", "known are busy, demo, empty, nasty, overdue"), ("../recipes", "known are")]
)
def test_an_unknown_scenario_is_refused_with_the_nearest_known_one(name: str, hint: str) -> None:
    with pytest.raises(StartError, match=f"There is no scenario '{name}'; {hint}"):
        scenario(name)


def test_in_a_wheel_the_folder_lies_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "sandbox" / "fixtures"
    inside.mkdir(parents=True)
    (inside / "credentials.yaml").write_text("credentials: []", encoding="utf-8")
    monkeypatch.setattr(fixture_files, "_PACKAGE", tmp_path / "sandbox")
    assert folder.__wrapped__() == inside


def test_a_package_without_fixtures_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixture_files, "_PACKAGE", tmp_path / "sandbox")
    with pytest.raises(StartError, match=r"The fixtures are neither in .* nor beside it; install the package again"):
        folder.__wrapped__()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", r"fixtures/scenarios/mine\.yaml: \$: must be a mapping, not \[\]"),
        ("others: 0", r"\$: needs date"),
        (f"{DATE}colections: {{}}", "unknown key 'colections'; did you mean 'collections'"),
        ("date: yesterday\nothers: 0", r"\$\.date: 'yesterday' is not a moment such as 2025-06-30T12:00:00Z"),
        ("date: 2024-03-01T12:00:00\nothers: 0", r"\$\.date: .* needs its zone, such as 2024-03-01T12:00:00Z"),
        ("date: 5\nothers: 0", r"\$\.date: must be text, not 5"),
        ('date: "2024-03-01T12:00:00Z"\nothers: -1', r"\$\.others: must be a whole number of at least 0, not -1"),
        ('date: "2024-03-01T12:00:00Z"\nothers: true', r"\$\.others: must be a whole number of at least 0, not true"),
        ('date: "2024-03-01T12:00:00Z"\nothers: null', r"\$\.others: must be a whole number of at least 0, not null"),
        ('date: "2024-03-01T12:00:00Z"\nothers: true', r"\$\.others: must be a whole number"),
        ("date: 1\ndate: 2", r"the key `date` stands twice"),
        (DATE + GROUP % ", colour: red", r"\$\.collections\.leads: unknown key 'colour'"),
        (DATE + GROUP % ", becomes: {status: {Open: 2, Closed: 1}}", r"leads\.becomes\.status: adds up to more than the 2 objects"),
        (DATE + GROUP % ", first: {}", r"leads\.first: must be a list, not \{\}"),
        (DATE.replace("2024-03", "2024-01") + GROUP % "", r"leads\.to: must lie between `from` and the date of the scenario"),
        (f"{DATE}payments: {{in_full: 1, in_part: 1, days: [3], accounts: [1]}}", r"payments\.days: must be a list of two"),
        (f"{DATE}payments: {{in_full: 1, in_part: 1, days: [3, 2], accounts: [1]}}", r"payments\.days: .* in this order"),
        (f"{DATE}payments: {{in_full: 1, in_part: 1, days: [2, 3], accounts: []}}", r"payments\.accounts: must name at least one account"),
    ],
)
def test_a_scenario_that_says_what_nobody_understands_is_refused(written: Path, text: str, message: str) -> None:
    (written / "scenarios" / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StartError, match=message):
        scenario("mine")


def test_a_scenario_without_payments_is_one_without_payments(written: Path) -> None:
    (written / "scenarios" / "mine.yaml").write_text(DATE + GROUP % ", first: [{company: Acme}], becomes: {status: {Won: 1}}", encoding="utf-8")
    told = scenario("mine")
    assert told.payments is None
    assert told.collections["leads"].first == ({"company": "Acme"},)
    assert told.collections["leads"].becomes == {"status": {"Won": 1}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"role": "admin"}, r"\$\.credentials\[0\]\.role: 'admin' is no role; known are administrator, read-only, staff"),
        ({"role": "administator"}, "did you mean 'administrator'"),
        ({"revoked": "no"}, r"\$\.credentials\[0\]\.revoked: must be true or false, not 'no'"),
        ({"key": ""}, r"\$\.credentials\[0\]\.key: must be text"),
        ({"secret": "x"}, "unknown key 'secret'"),
    ],
)
def test_a_test_key_that_is_not_whole_is_refused(written: Path, change: dict[str, Any], message: str) -> None:
    entry = {"key": "k", "label": "l", "role": "staff", "workspace": "w", "revoked": False, **change}
    (written / "credentials.yaml").write_text(f"credentials: [{entry!r}]".replace("False", "false"), encoding="utf-8")
    with pytest.raises(StartError, match=message):
        credentials()


def test_a_test_key_is_read_as_it_stands(written: Path) -> None:
    text = "credentials:\n  - {key: k, label: l, role: staff, workspace: w, revoked: true}\n"
    (written / "credentials.yaml").write_text(text, encoding="utf-8")
    assert credentials() == (Credential("k", "l", "staff", "w", True),)


def test_the_recipes_are_a_mapping_of_collections() -> None:
    assert {"customers", "invoices", "users"} <= recipes().at("collections").mapping().keys()
