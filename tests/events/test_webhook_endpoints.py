"""Secrets in a rotation, and what becomes of deliveries when a webhook is disabled, enabled or deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from sandbox.errors import Invalid
from sandbox.events import webhook_endpoints
from sandbox.events.outbox import DELIVERIES, EVENTS, INDEXES, WEBHOOKS, Outbox, event_of, finished, keep_short, number_of, payload, trim
from sandbox.state.clock import ManualClock, OffsetClock
from sandbox.state.documents import Document
from sandbox.state.workspace import Workspace

NOW = datetime(2025, 7, 1, 9, tzinfo=UTC)
INVOICE = "invoice.created"
MOST_EVENTS = 1_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def workspace(clock: ManualClock) -> Workspace:
    workspace = Workspace("alpha", OffsetClock(clock), INDEXES)
    with workspace.transaction() as tx:
        for host in ("one", "two"):
            tx.insert(WEBHOOKS, {"url": f"https://{host}.example/", "events": [INVOICE], "_secret": f"whsec_{host}", "updated_at": "-"})
    return workspace


def record(workspace: Workspace, times: int = 1) -> list[Document]:
    outbox = Outbox(lambda size: b"\7" * size)
    with workspace.transaction() as tx:
        return [outbox.record(tx, INVOICE, {"id": number}) for number in range(times)]


def webhook(workspace: Workspace, id: int = 1) -> Document:
    return dict(workspace.table(WEBHOOKS).live[id])


def statuses(workspace: Workspace) -> list[tuple[int, str]]:
    return [(one["webhook_id"], one["status"]) for one in workspace.table(DELIVERIES).live.values()]


def give_all_up(workspace: Workspace, webhook_id: int) -> int:
    """In how many transactions."""
    for times in count(1):
        with workspace.transaction() as tx:
            if not webhook_endpoints.give_up(tx, webhook_id):
                return times
    raise AssertionError


def test_an_event_is_sent_in_the_same_bytes_each_time(workspace: Workspace) -> None:
    (event,) = record(workspace)
    assert payload(event) == b'{"id":"evt_1_0707070707070707","type":"invoice.created","created_at":"2025-07-01T09:00:00Z","data":{"id":0}}'
    assert payload(dict(reversed(event.items()))) == payload(event)


def test_an_event_is_found_by_its_whole_id_alone(workspace: Workspace) -> None:
    (event,) = record(workspace)
    with workspace.transaction() as tx:
        assert event_of(tx, event["event_id"]) == event
        for other in ("evt_1_0707070707070708", "evt_2_0707070707070707", "evt_1", "1", "", "evt_x_0707070707070707", "evt_²_0707070707070707"):
            assert event_of(tx, other) is None
    assert number_of("evt_12_0707070707070707") == 12
    assert number_of("evt_" + "9" * 400 + "_0707070707070707") is None


def test_disabling_gives_up_what_is_pending_to_it_and_nothing_else(workspace: Workspace) -> None:
    record(workspace, 2)
    with workspace.transaction() as tx:
        tx.replace(DELIVERIES, finished(tx.get(DELIVERIES, 1) or {}, "delivered"))
        webhook_endpoints.disable(tx, webhook(workspace), webhook_endpoints.BY_HAND)
    assert statuses(workspace) == [(1, "delivered"), (2, "pending"), (1, "disabled"), (2, "pending")]
    assert workspace.table(DELIVERIES).live[3]["reason"] == webhook_endpoints.BY_HAND
    assert webhook(workspace)["_disabled"] == {"at": "2025-07-01T09:00:00Z", "reason": webhook_endpoints.BY_HAND}


def test_of_thousands_so_many_are_given_up_at_a_time_and_none_once_it_is_enabled_again(workspace: Workspace) -> None:
    record(workspace, 1000)
    with workspace.transaction() as tx:
        webhook_endpoints.disable(tx, webhook(workspace), webhook_endpoints.BY_HAND)
    assert statuses(workspace).count((1, "disabled")) == webhook_endpoints.AT_A_TIME
    assert give_all_up(workspace, 2) == 1
    with workspace.transaction() as tx:
        assert webhook_endpoints.give_up(tx, 1)
        webhook_endpoints.enable(tx, webhook(workspace))
    assert give_all_up(workspace, 1) == 1
    assert statuses(workspace).count((1, "disabled")) == 2 * webhook_endpoints.AT_A_TIME
    assert statuses(workspace).count((2, "pending")) == 1000


def test_an_old_secret_of_a_count_of_time_that_began_anew_signs_no_more(workspace: Workspace, clock: ManualClock) -> None:
    workspace.change(offset=10**15)
    workspace.change(offset=0)
    with workspace.transaction() as tx:
        webhook_endpoints.rotate(tx, webhook(workspace), "whsec_new")
    assert webhook_endpoints.secrets_of(webhook(workspace), workspace.elapsed()) == ["whsec_new", "whsec_one"]
    world = workspace.world()
    workspace.reset(world)
    assert webhook_endpoints.secrets_of(webhook(workspace), workspace.elapsed()) == ["whsec_new"]


def test_a_disabled_webhook_shows_what_it_missed_and_is_not_called(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        webhook_endpoints.disable(tx, webhook(workspace), webhook_endpoints.BY_HAND)
    record(workspace)
    missed, _ = workspace.table(DELIVERIES).live.values()
    assert (missed["status"], missed["reason"]) == ("disabled", webhook_endpoints.BY_HAND)
    assert "due" not in missed


def test_disabling_and_enabling_twice_change_nothing_more(workspace: Workspace, clock: ManualClock) -> None:
    before = webhook(workspace)
    for change in (
        lambda tx: webhook_endpoints.disable(tx, webhook(workspace), "first"),
        lambda tx: webhook_endpoints.disable(tx, webhook(workspace), "second"),
    ):
        with workspace.transaction() as tx:
            change(tx)
        clock.advance(timedelta(seconds=1))
    assert webhook(workspace)["_disabled"] == {"at": "2025-07-01T09:00:00Z", "reason": "first"}
    for _ in range(2):
        with workspace.transaction() as tx:
            webhook_endpoints.enable(tx, webhook(workspace))
    assert {**webhook(workspace), "updated_at": "-"} == before
    record(workspace)
    assert statuses(workspace) == [(1, "pending"), (2, "pending")]


def test_both_secrets_sign_for_a_day_of_the_workspaces_time(workspace: Workspace, clock: ManualClock) -> None:
    with workspace.transaction() as tx:
        webhook_endpoints.rotate(tx, webhook(workspace), "whsec_new")
    assert webhook_endpoints.secrets_of(webhook(workspace), workspace.elapsed()) == ["whsec_new", "whsec_one"]
    workspace.change(offset=int(timedelta(hours=23, minutes=59).total_seconds() * 1e6))
    assert webhook_endpoints.secrets_of(webhook(workspace), workspace.elapsed()) == ["whsec_new", "whsec_one"]
    workspace.change(offset=0)
    clock.advance(timedelta(minutes=1))
    assert webhook_endpoints.secrets_of(webhook(workspace), workspace.elapsed()) == ["whsec_new"]
    assert webhook_endpoints.secrets_of({"id": 1}, 0) == []


def test_deleting_leaves_the_log_and_calls_nobody_any_more(workspace: Workspace) -> None:
    record(workspace)
    with workspace.transaction() as tx:
        webhook_endpoints.delete(tx, webhook(workspace))
    assert statuses(workspace) == [(1, "disabled"), (2, "pending")]
    assert list(workspace.table(WEBHOOKS).live) == [2]


def test_a_redelivery_is_due_now_and_begins_the_schedule_anew(workspace: Workspace, clock: ManualClock) -> None:
    record(workspace)
    with workspace.transaction() as tx:
        tx.replace(DELIVERIES, finished({**(tx.get(DELIVERIES, 1) or {}), "failures": 10, "attempts": [{"at": "-"}]}, "failed", "The last attempt"))
    clock.advance(timedelta(hours=1))
    with workspace.transaction() as tx:
        webhook_endpoints.redeliver(tx, tx.get(DELIVERIES, 1) or {})
    again = workspace.table(DELIVERIES).live[1]
    assert (again["status"], again["failures"], again["due"], again["waiting"]) == ("pending", 0, workspace.elapsed(), 1)
    assert again["attempts"] == [{"at": "-"}]
    assert "reason" not in again


def test_nothing_is_delivered_again_to_who_is_disabled_gone_or_another(workspace: Workspace) -> None:
    record(workspace)
    deliveries = list(workspace.table(DELIVERIES).live.values())
    with workspace.transaction() as tx:
        webhook_endpoints.disable(tx, webhook(workspace), webhook_endpoints.BY_HAND)
        tx.replace(WEBHOOKS, {**webhook(workspace, 2), "url": "https://another.example/"})
        for delivery, what in zip(deliveries, ("enable it first", "no longer there"), strict=True):
            with pytest.raises(Invalid, match=what):
                webhook_endpoints.redeliver(tx, delivery)
        webhook_endpoints.delete(tx, webhook(workspace, 2))
        with pytest.raises(Invalid, match="no longer there"):
            webhook_endpoints.redeliver(tx, deliveries[1])


def test_the_log_lets_go_of_the_oldest_but_never_of_what_is_pending(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        webhook_endpoints.delete(tx, webhook(workspace, 2))
    record(workspace, 3)
    with workspace.transaction() as tx:
        for number in (1, 3):
            tx.replace(DELIVERIES, finished(tx.get(DELIVERIES, number) or {}, "delivered"))
        webhook_endpoints.delete(tx, {**webhook(workspace), "id": 99} | {"id": tx.insert(WEBHOOKS, {"url": "-", "events": []})["id"]})
        tx.remove(WEBHOOKS, 1)
    record(workspace, MOST_EVENTS - 1)
    with workspace.transaction() as tx:
        trim(tx, MOST_EVENTS)
    numbers = workspace.table(EVENTS).ids()
    assert list(numbers[:3]) == [2, 3, 4]
    assert list(workspace.table(DELIVERIES).ids()) == [2, 3]


def test_the_log_is_kept_short_while_it_grows(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        for id in (1, 2):
            webhook_endpoints.delete(tx, webhook(workspace, id))
    keep_short(workspace, MOST_EVENTS)
    record(workspace, MOST_EVENTS)
    record(workspace, 99)
    assert len(workspace.table(EVENTS).ids()) == MOST_EVENTS + 99
    record(workspace)
    assert list(workspace.table(EVENTS).ids())[:: MOST_EVENTS - 1] == [101, MOST_EVENTS + 100]


def test_a_log_that_grew_far_too_long_is_shortened_step_by_step(workspace: Workspace) -> None:
    record(workspace, MOST_EVENTS + 1000)
    with workspace.transaction() as tx:
        for id in (1, 2):
            webhook_endpoints.delete(tx, webhook(workspace, id))
    for id in (1, 2):
        give_all_up(workspace, id)
    keep_short(workspace, MOST_EVENTS)
    lengths = []
    for _ in range(10):
        record(workspace, 100)
        lengths.append(len(workspace.table(EVENTS).ids()) - MOST_EVENTS)
    assert lengths == [*range(900, -1, -100)]


def test_a_reset_clears_the_log_and_gives_no_number_twice(workspace: Workspace) -> None:
    record(workspace, 2)
    world = workspace.world()
    workspace.reset(world)
    assert not workspace.table(EVENTS).ids()
    assert not workspace.table(DELIVERIES).ids()
    assert [one["id"] for one in record(workspace)] == [3]
    assert list(workspace.table(DELIVERIES).ids()) == [5, 6]
    workspace.restore(world)
    assert list(workspace.table(EVENTS).ids()) == [3]
