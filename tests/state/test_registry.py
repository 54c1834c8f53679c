"""The registry knows workspaces and keys, keeps no key itself, and tells the same after the next start."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from msgspec import structs

from sandbox.errors import Invalid, Missing
from sandbox.quotas import LOCAL
from sandbox.state.api_keys import digest_of
from sandbox.state.clock import ManualClock
from sandbox.state.registry import Registry
from tests.state.conftest import STORES, place_of

Begin = Callable[..., Registry]


@pytest.fixture(params=STORES)
def begin(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Begin:
    numbers = count(1)

    def entropy(size: int) -> bytes:
        return next(numbers).to_bytes(size)

    return lambda **more: Registry(clock, entropy, place_of(request.param, tmp_path), **more)


@pytest.fixture
def registry(begin: Begin) -> Registry:
    return begin()


def test_there_is_always_a_default_workspace(registry: Registry) -> None:
    assert [(one.name, one.created_at) for one in registry.workspaces()] == [("default", "2024-01-15T10:00:00Z")]
    with pytest.raises(Invalid, match="Validation failed") as refusal:
        registry.delete_workspace("default")
    assert "cannot be deleted" in refusal.value.errors["name"]


def test_a_key_is_found_by_its_digest_until_it_is_revoked(registry: Registry) -> None:
    registry.create_workspace("team")
    key, text = registry.create_key("team", "CI", "staff")
    assert (key.id, key.workspace, key.label, key.role, key.revoked_at, key.test) == (1, "team", "CI", "staff", None, False)
    assert text.startswith("sbx_")
    assert len(text) >= 40
    assert text not in repr(registry.keys("team"))
    assert registry.find(digest_of(text)) == key
    revoked = registry.revoke_key("team", 1)
    assert revoked.revoked_at == "2024-01-15T10:00:00Z"
    assert registry.find(digest_of(text)) is None
    assert registry.revoke_key("team", 1) == revoked
    assert registry.keys("team") == [revoked]


def test_the_numbers_of_keys_tell_nothing_of_other_workspaces(registry: Registry) -> None:
    registry.create_workspace("a")
    registry.create_workspace("b")
    for _ in range(3):
        registry.create_key("a", "x", "staff")
    assert registry.create_key("b", "x", "staff")[0].id == 1
    with pytest.raises(Missing):
        registry.revoke_key("b", 2)


@pytest.mark.parametrize("name", ["", "..", "a/b", "-a", "a b", "x" * 65, "ä"])
def test_a_name_that_could_be_a_path_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        registry.create_workspace(name)
    assert "64 letters, digits" in refusal.value.errors["name"]


def test_names_differ_in_more_than_their_case(registry: Registry) -> None:
    registry.create_workspace("Team")
    for name in ("Team", "TEAM"):
        with pytest.raises(Invalid) as refusal:
            registry.create_workspace(name)
        assert refusal.value.errors == {"name": f"Name {name} is taken: there is a workspace Team"}


def test_an_unknown_workspace_is_missing_with_the_nearest_name(registry: Registry) -> None:
    for attempt in (registry.workspace, registry.keys, registry.delete_workspace):
        with pytest.raises(Missing, match="There is no workspace 'defalt'; did you mean 'default'"):
            attempt("defalt")
    with pytest.raises(Missing):
        registry.create_key("defalt", "x", "staff")


def test_a_key_needs_a_label_and_a_role_that_is_one(registry: Registry) -> None:
    for label, role, field in (("", "staff", "label"), ("x" * 256, "staff", "label"), ("x", "stuff", "role"), ("x", "", "role")):
        with pytest.raises(Invalid) as refusal:
            registry.create_key("default", label, role)
        assert list(refusal.value.errors) == [field]
    assert registry.keys("default") == []


def test_a_deleted_workspace_takes_its_keys_with_it(registry: Registry) -> None:
    registry.create_workspace("team")
    _, text = registry.create_key("team", "CI", "staff")
    registry.delete_workspace("team")
    assert registry.find(digest_of(text)) is None
    assert not registry.has("team")
    registry.create_workspace("team")
    assert registry.keys("team") == []


def test_there_is_an_end_to_the_keys_of_a_workspace(begin: Begin) -> None:
    registry = begin(quotas=structs.replace(LOCAL, max_keys=20))
    for _ in range(20):
        registry.create_key("default", "x", "staff")
    with pytest.raises(Invalid) as refusal:
        registry.create_key("default", "x", "staff")
    assert "at most 20 valid keys" in refusal.value.errors["label"]
    registry.revoke_key("default", 1)
    registry.create_key("default", "x", "staff")


def test_test_keys_are_adopted_once_and_hidden_off_loopback(begin: Begin) -> None:
    registry = begin()
    for _ in range(2):
        registry.adopt_test_key("other", "Test", "staff", "sbx_test", revoked=False)
        registry.adopt_test_key("other", "Revoked", "staff", "sbx_test_revoked", revoked=True)
    assert [(key.id, key.test, key.revoked_at is None) for key in registry.keys("other")] == [(1, True, True), (2, True, False)]
    assert registry.find(digest_of("sbx_test")) is not None
    assert registry.find(digest_of("sbx_test_revoked")) is None


@pytest.mark.parametrize("begin", STORES[1:], indirect=True)
def test_what_is_registered_is_there_after_the_next_start(begin: Begin) -> None:
    first = begin()
    first.create_workspace("team", "demo", 7)
    first.create_workspace("gone")
    first.delete_workspace("gone")
    _, text = first.create_key("team", "CI", "staff")
    _, old = first.create_key("team", "Old", "administrator")
    first.revoke_key("team", 2)
    first.adopt_test_key("team", "Test", "staff", "sbx_test", revoked=False)
    first.revoke_key("team", 3)
    first.close()
    second = begin()
    assert second.workspaces() == first.workspaces()
    assert (second.workspace("team").scenario, second.workspace("team").seed) == ("demo", 7)
    assert second.keys("team") == first.keys("team")
    assert second.find(digest_of(text)) is not None
    assert second.find(digest_of(old)) is None
    second.adopt_test_key("team", "Test", "staff", "sbx_test", revoked=False)
    assert second.find(digest_of("sbx_test")) is None
    second.close()
    hosted = begin(with_test_keys=False)
    assert [key.id for key in hosted.keys("team")] == [1, 2]
    hosted.close()
