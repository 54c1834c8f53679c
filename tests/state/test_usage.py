"""What a workspace holds is counted as it is written, by every way in which it changes; and what is too much is refused before it is written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from sandbox.errors import InsufficientStorage
from sandbox.fair_scheduler import no_pause
from sandbox.quotas import UNLIMITED
from sandbox.state.clock import ManualClock
from sandbox.state.data_quota import DataBudget, DataQuota
from sandbox.state.image import Image
from sandbox.state.persistence import MemoryPersistence, Persistence
from sandbox.state.snapshots import SNAPSHOTS
from sandbox.state.usage import Usage
from sandbox.state.workspace import Workspace
from tests.state.conftest import PLAN, START, place_of


class Failing(MemoryPersistence):
    """Fails when it is told to."""

    fails = False

    def append(self, frames: bytes) -> None:
        if self.fails:
            raise OSError(28, "No space left on device")


def quota(documents: int = UNLIMITED, size: int = UNLIMITED, snapshots: int = UNLIMITED, most: int = UNLIMITED) -> DataQuota:
    return DataQuota(documents, size, snapshots, DataBudget(most))


def limited(limits: DataQuota, place: Persistence | None = None, name: str = "alpha") -> Workspace:
    place = place or MemoryPersistence()
    image = place.load()
    workspace = Workspace(name, ManualClock(START), PLAN, place, image, limits)
    if image is None:
        workspace.reset(Image())
    return workspace


def write(workspace: Workspace, *accounts: str, grouped: bool = False) -> None:
    with workspace.transaction(grouped=grouped) as tx:
        for account in accounts:
            tx.insert("customers", {"account": account})


def counted_anew(workspace: Workspace) -> Usage:
    image = workspace.image()
    return Usage(lambda name: image.tables.get(name, {}), image.tables)


def must_be_right(workspace: Workspace) -> None:
    usage, anew = workspace.usage, counted_anew(workspace)
    assert usage is not None
    assert (usage.public, usage.memory) == (anew.public, anew.memory)
    assert {name: amount for name, amount in usage.tables.items() if any(amount)} == anew.tables


@pytest.mark.parametrize("seed", range(6))
def test_the_sums_are_those_of_a_count_after_whatever_happened(seed: int, tmp_path: Path) -> None:
    dice = Random(seed)
    limits, place = quota(), Failing() if seed % 2 else place_of("os", tmp_path)
    workspace = limited(limits, place)
    clock = ManualClock(START)
    for step in range(120):
        ids = list(workspace.table("customers").ids())
        match dice.randrange(9):
            case 0 | 1 | 2:
                write(workspace, *("x" * dice.randrange(50) for _ in range(dice.randrange(1, 4))), grouped=dice.random() < 0.5)
            case 3 if ids:
                with workspace.transaction(grouped=True) as tx:
                    tx.replace("customers", {"id": dice.choice(ids), "account": "y" * dice.randrange(80)})
            case 4 if ids:
                with workspace.transaction() as tx:
                    tx.remove("customers", dice.choice(ids))
            case 5 if isinstance(place, Failing):
                write(workspace, "lost", grouped=True)
                place.fails = True
                with pytest.raises(OSError, match="No space"):
                    workspace.commits.write()
                with pytest.raises(OSError, match="No space"):
                    write(workspace, "lost as well")
                place.fails = False
            case 6:
                workspace.snapshots.take(f"s{step}", created_at=clock.now())
            case 7 if workspace.snapshots.all():
                workspace.restore(workspace.snapshots.world(dice.choice(workspace.snapshots.all()).name))
            case 8 if dice.random() < 0.2:
                workspace.reset(Image())
        workspace.commits.write()
        must_be_right(workspace)
        usage = workspace.usage
        assert usage is not None
        assert limits.budget.used == usage.memory + workspace.snapshots.memory or isinstance(place, Failing)
    workspace.close()
    assert limits.budget.used == 0


def test_what_is_on_disk_is_counted_when_it_is_opened(tmp_path: Path) -> None:
    before = limited(quota(), place_of("os", tmp_path))
    write(before, "Ada", "Bert")
    told = counted_anew(before).public
    before.close()
    after = limited(quota(), place_of("os", tmp_path))
    assert after.usage is not None
    assert after.usage.public == told
    after.close()


@pytest.mark.parametrize("grouped", [True, False])
def test_a_commit_that_is_too_much_leaves_no_trace(grouped: bool) -> None:
    workspace = limited(quota(documents=3))
    write(workspace, "Ada", "Bert")
    before = workspace.image()
    with pytest.raises(InsufficientStorage, match="would have 4 documents, and may have 3"):
        write(workspace, "Cleo", "Dora", grouped=grouped)
    assert (workspace.image().tables, workspace.image().counters) == (before.tables, before.counters)
    write(workspace, "Cleo", grouped=grouped)
    must_be_right(workspace)


def test_the_sizes_of_many_documents_count_together() -> None:
    workspace = limited(quota(size=300))
    write(workspace, "x" * 100)
    with pytest.raises(InsufficientStorage, match="may have 300 bytes"):
        write(workspace, "x" * 100, "y" * 100)
    with workspace.transaction() as tx:
        tx.replace("customers", {"id": 1, "account": "small"})
    write(workspace, "x" * 100, "y" * 100)


def test_what_is_the_workspaces_own_is_not_refused() -> None:
    workspace = limited(quota(documents=1, size=50))
    write(workspace, "Ada")
    with workspace.transaction() as tx:
        for _ in range(10):
            tx.insert("_events", {"type": "x" * 100})
    workspace.change(scenario="demo")
    must_be_right(workspace)


def test_all_workspaces_share_the_memory_and_one_that_is_closed_gives_its_share_back() -> None:
    limits = quota(most=40_000)
    one, other = limited(limits, name="one"), limited(limits, name="other")
    for _ in range(25):
        write(one, "x" * 200)
    with pytest.raises(InsufficientStorage, match="all workspaces would take more memory than"):
        write(other, *("x" * 200 for _ in range(5)))
    before = limits.budget.used
    assert 30_000 < before <= 40_000
    one.close()
    assert limits.budget.used < before / 2
    for _ in range(10):
        write(other, "x" * 200)


def test_snapshots_count_and_those_before_resets_make_room_for_others() -> None:
    workspace, clock = limited(quota(snapshots=800)), ManualClock(START)
    write(workspace, "x" * 300)
    for number in range(3):
        clock.advance(timedelta(minutes=1))
        workspace.snapshots.take(f"before-{number}", created_at=clock.now(), expires_at=clock.now() + timedelta(days=7))
    assert [one.name for one in workspace.snapshots.all()] == ["before-1", "before-2"], "the oldest went"
    workspace.snapshots.take("mine", created_at=clock.now())
    assert [one.name for one in workspace.snapshots.all()] == ["before-2", "mine"], "the last before a reset can still be undone"
    with pytest.raises(InsufficientStorage, match=r"Snapshot more has .* delete some"):
        workspace.snapshots.take("more", created_at=clock.now())
    assert len(workspace.table(SNAPSHOTS).ids()) == 2
    workspace.snapshots.take("a-reset", created_at=clock.now(), expires_at=clock.now() + timedelta(days=7))
    assert [one.name for one in workspace.snapshots.all()] == ["mine", "a-reset"]


def test_the_room_for_a_snapshot_is_looked_for_before_it_is_written_and_once_more_when_it_is(tmp_path: Path) -> None:
    workspace = limited(quota(snapshots=800), place_of("os", tmp_path))
    write(workspace, "x" * 300)
    late, first = workspace.snapshots.begin(name="late"), workspace.snapshots.begin(name="first")
    for writing in (late, first):
        writing.run(no_pause)
    workspace.snapshots.finish("first", first, created_at=START)
    write(workspace, "y" * 100)
    workspace.snapshots.take("second", created_at=START)
    with pytest.raises(InsufficientStorage, match="Snapshot late has"):
        workspace.snapshots.finish("late", late, created_at=START)
    assert not list(tmp_path.rglob("*.new")), "nothing is left of what was written"
    with pytest.raises(InsufficientStorage, match="Snapshot later has"):
        workspace.snapshots.begin(name="later")
    workspace.close()


def test_a_world_whose_rows_were_copied_beforehand_is_counted_as_well() -> None:
    workspace = limited(quota())
    write(workspace, "Ada", "Grace")
    world = Image({"customers": {id: {"id": id, "account": "a" * id} for id in (1, 2, 3)}})
    for become in (workspace.restore, workspace.reset):
        become(world, world.copy_of_rows(workspace.plan, no_pause))
        must_be_right(workspace)
        write(workspace, "Ada")
        must_be_right(workspace)


def test_a_world_that_is_larger_than_the_workspace_may_be_is_refused_and_a_smaller_one_never() -> None:
    workspace = limited(quota(documents=2))
    three = Image({"customers": {id: {"id": id, "account": "a"} for id in (1, 2, 3)}})
    with pytest.raises(InsufficientStorage):
        workspace.refuse_growth(three)
    workspace.restore(three)  # as after a start with another setting
    workspace.refuse_growth(Image({"customers": {1: {"id": 1, "account": "a"}}}))


def test_where_there_is_no_quota_nothing_is_counted() -> None:
    workspace = Workspace("alpha", ManualClock(START), PLAN)
    write(workspace, "Ada")
    assert workspace.usage is None
    workspace.refuse_growth(Image())
