"""The commands of the server's owner, with JSON arguments and answers."""

import asyncio
import json
from typing import Any

import pytest

from sandbox.control.admin_commands import AdminCommands
from sandbox.errors import Invalid, Missing
from sandbox.state.api_keys import digest_of
from tests.control.resets import Room, sources


class Owner:
    """Calls commands as they come out of the socket."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.admin_commands = AdminCommands(room.registry, room.workspaces, room.resets)

    def __call__(self, command: str, /, on_progress: Any = None, **arguments: Any) -> Any:
        answer = asyncio.run(self.admin_commands.perform(command, json.loads(json.dumps(arguments)), on_progress))
        return json.loads(json.dumps(answer))


@pytest.fixture
def owner(room: Room) -> Owner:
    return Owner(room)


def test_a_new_key_is_told_once_and_opens_its_workspace(owner: Owner) -> None:
    owner("workspaces_create", name="acme")
    made = owner("keys_create", workspace="acme", label="first", role="administrator")
    assert made.items() >= {"id": 1, "workspace": "acme", "label": "first", "role": "administrator", "revoked_at": None}.items()
    found = owner.room.registry.find(digest_of(made["key"]))
    assert found is not None
    assert (found.workspace, found.role) == ("acme", "administrator")
    listed = json.dumps(owner("keys_list"))
    assert made["key"] not in listed
    assert found.digest not in listed


def test_a_revoked_key_opens_nothing_and_stays_listed(owner: Owner) -> None:
    made = owner("keys_create", workspace="default", label="first", role="staff")
    revoked = owner("keys_revoke", workspace="default", id=made["id"])
    assert revoked["revoked_at"] == "2026-11-22T12:00:00Z"
    assert owner.room.registry.find(digest_of(made["key"])) is None
    assert owner("keys_list", workspace="default") == [revoked]


def test_a_key_for_a_workspace_that_is_not_there_is_refused_with_the_nearest_name(owner: Owner) -> None:
    with pytest.raises(Missing, match="did you mean 'default'"):
        owner("keys_create", workspace="defualt", label="x", role="staff")


def test_keys_of_one_workspace_are_listed_without_those_of_another(owner: Owner) -> None:
    owner("workspaces_create", name="acme")
    for workspace in ("acme", "default"):
        owner("keys_create", workspace=workspace, label=workspace, role="staff")
    assert [key["label"] for key in owner("keys_list", workspace="acme")] == ["acme"]
    assert {key["label"] for key in owner("keys_list")} == {"acme", "default"}


def test_a_workspace_begins_with_the_scenario_and_seed_it_was_created_with(owner: Owner) -> None:
    made = owner("workspaces_create", name="acme", scenario="busy", seed=7)
    assert made == {"name": "acme", "created_at": "2026-11-22T12:00:00Z", "scenario": "busy", "seed": 7, "keys": 0}
    assert sources(owner.room.workspace("acme")) == ["busy-7"]
    assert [one["name"] for one in owner("workspaces_list")] == ["default", "acme"]


def test_a_deleted_workspace_takes_its_keys_with_it(owner: Owner) -> None:
    owner("workspaces_create", name="acme")
    key = owner("keys_create", workspace="acme", label="x", role="staff")["key"]
    assert owner("workspaces_delete", name="acme")["keys"] == 1
    assert owner.room.registry.find(digest_of(key)) is None
    assert [one["name"] for one in owner("workspaces_list")] == ["default"]


def test_the_default_workspace_stays(owner: Owner) -> None:
    with pytest.raises(Invalid):
        owner("workspaces_delete", name="default")


def test_a_reset_says_what_it_did_and_how_far_it_is(owner: Owner) -> None:
    steps: list[tuple[int, int]] = []
    done = owner("reset", workspace="default", scenario="busy", seed=3, on_progress=lambda *step: steps.append(step))
    expected = {"workspace": "default", "scenario": "busy", "seed": 3, "since": "2026-11-22T12:00:00Z", "undo": "before-reset-20261122T120000Z"}
    assert done == expected
    assert steps == [(1, 1)]
    assert sources(owner.room.workspace()) == ["busy-3"]


@pytest.mark.parametrize(
    ("command", "arguments", "place"),
    [
        ("keys_make", {}, "command"),
        ("perform", {}, "command"),
        ("__init__", {}, "command"),
        ("keys_create", {"workspace": "default", "role": "staff"}, "label"),
        ("keys_create", {"workspace": "default", "label": 5, "role": "staff"}, "label"),
        ("keys_create", {"workspace": "default", "label": "\udc80", "role": "staff"}, "label"),
        ("keys_create", {"workspace": "default", "label": "x", "role": "owner"}, "role"),
        ("keys_list", {"workspaces": "default"}, "workspaces"),
        ("keys_revoke", {"workspace": "default", "id": "1"}, "id"),
        ("workspaces_create", {"name": "../up"}, "name"),
        ("workspaces_create", {"name": "acme", "scenario": "bussy"}, "scenario"),
        ("workspaces_create", {"name": "acme", "seed": -1}, "seed"),
        ("reset", {"workspace": "default", "seed": 1 << 70}, "seed"),
        ("reset", {"workspace": "default", "progress": 1}, "progress"),
        ("reset", {"workspace": "default", "scenario": "bussy"}, "scenario"),
    ],
)
def test_a_bad_argument_is_refused_by_name_and_changes_nothing(owner: Owner, command: str, arguments: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        owner(command, **arguments)
    assert list(refusal.value.errors) == [place]
    assert [one["name"] for one in owner("workspaces_list")] == ["default"]
    assert owner("keys_list") == []


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("reset", {"workspace": "acme"}), ("keys_list", {"workspace": "acme"}), ("keys_revoke", {"workspace": "default", "id": 9})],
)
def test_what_is_not_there_is_missing(owner: Owner, command: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(Missing):
        owner(command, **arguments)
