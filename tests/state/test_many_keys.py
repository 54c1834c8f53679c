"""Keys that come and go in their thousands make nothing slower, and leave no more than the newest of them behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import Missing
from sandbox.quotas import Quotas, in_force
from sandbox.state import disk_persistence
from sandbox.state.api_keys import digest_of
from sandbox.state.clock import ManualClock
from sandbox.state.registry import Registry
from tests.state.conftest import STORES, place_of

Work = Callable[[Registry], object]
KEPT = 100


def registry_of(clock: ManualClock, place: Any = None, **quotas: int) -> Registry:
    numbers = count(1)
    return Registry(clock, lambda size: next(numbers).to_bytes(size), place, quotas=in_force(Quotas(**quotas), hosted=False))


def valid(keys: Registry, number: int) -> None:
    for _ in range(number):
        keys.create_key("team", "CI", "staff")


def revoked(keys: Registry, number: int) -> None:
    for _ in range(number):
        keys.revoke_key("team", keys.create_key("team", "CI", "staff")[0].id)


def elsewhere(keys: Registry, number: int) -> None:
    for _ in range(number):
        keys.create_key("default", "CI", "staff")


def come_and_go(keys: Registry) -> None:
    keys.revoke_key("team", keys.create_key("team", "CI", "staff")[0].id)


def adopted(keys: Registry) -> None:
    keys.adopt_test_key("team", "Test", "staff", "sbx_test", revoked=False)


def a_workspace(keys: Registry) -> None:
    keys.create_workspace("short")
    keys.create_key("short", "CI", "staff")
    keys.delete_workspace("short")


WORK: dict[str, Work] = {
    "a key comes and goes": come_and_go,
    "a test key is adopted": adopted,
    "a workspace comes and goes": a_workspace,
    "a key is sought": lambda keys: keys.find(digest_of("sbx_nobody")),
}


def steps(work: Callable[[], object]) -> int:
    """How many functions are called, which is what the time goes by, and the same on every machine."""
    calls = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("present", [valid, revoked, elsewhere])
@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_beside_thousands_of_keys_nothing_takes_longer(clock: ManualClock, present: Callable[[Registry, int], None], work: Work) -> None:
    taken = []
    for number in (140, 1_000):
        keys = registry_of(clock, max_keys=10_000)
        keys.create_workspace("team")
        present(keys, number)
        work(keys)
        taken.append(steps(lambda keys=keys: work(keys)))  # type: ignore[misc]
    assert taken[1] <= 1.1 * taken[0] + 5


@pytest.mark.parametrize("store", STORES)
def test_the_newest_hundred_of_the_revoked_are_kept(clock: ManualClock, tmp_path: Path, store: str) -> None:
    keys = registry_of(clock, place_of(store, tmp_path))
    keys.create_workspace("team")
    last, text = keys.create_key("team", "First to come, last to go", "staff")
    revoked(keys, KEPT + 50)
    keys.create_key("team", "Stays", "staff")
    keys.revoke_key("team", last.id)

    def expect(keys: Registry) -> None:
        listed = keys.keys("team")
        gone = [one.id for one in listed if one.revoked_at is not None]
        assert (len(listed), len(gone)) == (KEPT + 1, KEPT)
        assert gone == [last.id, *range(53, 152)]
        assert keys.valid_keys("team") == 1
        assert keys.find(digest_of(text)) is None

    expect(keys)
    with pytest.raises(Missing, match="There is no key 2 in the workspace team"):
        keys.revoke_key("team", 2)
    keys.close()
    if store != "memory":
        again = registry_of(clock, place_of(store, tmp_path))
        expect(again)
        assert again.create_key("team", "New", "staff")[0].id == 153
        again.close()


def test_more_than_a_hundred_of_before_go_with_the_next_that_is_revoked(clock: ManualClock, tmp_path: Path) -> None:
    keys = registry_of(clock, place_of("os", tmp_path), max_revoked_keys=1_000)
    keys.create_workspace("team")
    revoked(keys, 300)
    keys.close()
    keys = registry_of(clock, place_of("os", tmp_path))
    come_and_go(keys)
    assert [one.id for one in keys.keys("team")] == list(range(202, 302))


def test_a_test_key_that_was_revoked_stays_so_however_many_follow(clock: ManualClock, tmp_path: Path) -> None:
    keys = registry_of(clock, place_of("os", tmp_path))
    keys.create_workspace("team")
    adopted(keys)
    keys.revoke_key("team", 1)
    revoked(keys, KEPT + 20)
    keys.close()
    keys = registry_of(clock, place_of("os", tmp_path))
    adopted(keys)
    assert keys.find(digest_of("sbx_test")) is None
    assert keys.keys("team")[0].test
    assert len(keys.keys("team")) == KEPT + 1


def test_an_order_of_revocation_is_told_by_the_clock_after_a_start(clock: ManualClock, tmp_path: Path) -> None:
    keys = registry_of(clock, place_of("os", tmp_path))
    keys.create_workspace("team")
    valid(keys, KEPT)
    for id in range(KEPT, 0, -1):
        clock.set(clock.now().replace(year=2100 - id))
        keys.revoke_key("team", id)
    keys.close()
    keys = registry_of(clock, place_of("os", tmp_path))
    come_and_go(keys)
    assert [one.id for one in keys.keys("team")] == [*range(1, KEPT), KEPT + 1]


def test_the_journal_does_not_grow_for_ever(clock: ManualClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(disk_persistence, "LEAST_TAIL", 64 * 1024)
    keys = registry_of(clock, place_of("os", tmp_path))
    keys.create_workspace("team")

    def kept() -> int:
        # The pool of images is swept by the server, every few minutes.
        return sum(path.stat().st_size for path in (tmp_path / "workspaces").rglob("*") if path.is_file())

    for _ in range(6):
        revoked(keys, 400)
        assert kept() < 2 * 64 * 1024


def test_a_disk_that_takes_no_revocation_leaves_the_key_as_it_was(clock: ManualClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = place_of("os", tmp_path)
    keys = registry_of(clock, place)
    keys.create_workspace("team")
    revoked(keys, KEPT)
    key, text = keys.create_key("team", "CI", "staff")

    def full(frames: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(place, "append", full)
        with pytest.raises(OSError, match="No space"):
            keys.revoke_key("team", key.id)
    assert keys.find(digest_of(text)) == key
    assert (len(keys.keys("team")), keys.valid_keys("team")) == (KEPT + 1, 1)
    keys.revoke_key("team", key.id)
    assert (len(keys.keys("team")), keys.valid_keys("team")) == (KEPT, 0)
