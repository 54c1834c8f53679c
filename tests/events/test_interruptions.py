"""What becomes of an attempt when the world changes in its middle: resets, restores, deletions, and what somebody decides by hand."""

from __future__ import annotations

import gc
from datetime import timedelta
from weakref import ref

from sandbox.events import webhook_endpoints
from sandbox.events.outbox import DELIVERIES, WEBHOOKS
from sandbox.state.image import Image
from tests.events.conftest import Begin
from tests.events.deliveries import ONE, TWO, Room, answer


def test_a_reset_in_the_middle_of_an_attempt_leaves_nothing_of_it(room: Room) -> None:
    go_on = room.in_the_middle()
    room.workspace().reset(Image())
    go_on()
    assert room.deliveries() == []
    room.receiver.hanging.clear()
    room.webhook()
    (event,) = room.happen()
    room.idle()
    assert [one.id for one in room.receiver.calls[1:]] == [event["event_id"]]
    assert room.statuses() == ["delivered"]


def test_a_restore_in_the_middle_of_an_attempt_keeps_the_log(room: Room) -> None:
    go_on = room.in_the_middle()
    room.workspace().restore(room.workspace().world())
    go_on()
    assert (room.statuses(), len(room.receiver.calls)) == (["delivered"], 1)


def test_a_restore_to_a_world_with_other_webhooks_gives_up_what_nobody_waits_for(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(500)
    room.webhook(ONE)
    other = Image({WEBHOOKS: {1: {"id": 1, "url": TWO, "events": []}}})
    room.happen()
    room.idle()
    for world, why in ((other, "The webhook has another address now"), (Image(), "The webhook is not there any more")):
        room.workspace().restore(world)
        with room.workspace().transaction() as tx:
            tx.replace(DELIVERIES, {**room.deliveries()[0], "status": "pending", "waiting": 1, "due": 0})
        room.idle()
        assert [(one["status"], one["reason"]) for one in room.deliveries()] == [("disabled", why)]
    assert len(room.receiver.calls) == 1


def test_a_restore_to_a_world_in_which_the_webhook_is_disabled_gives_up_what_is_pending(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(500)
    id = room.webhook()
    with room.workspace().transaction() as tx:
        webhook_endpoints.disable(tx, room.workspace().table(WEBHOOKS).live[id], "Somebody said so")
    disabled = room.workspace().world()
    with room.workspace().transaction() as tx:
        webhook_endpoints.enable(tx, room.workspace().table(WEBHOOKS).live[id])
    room.happen()
    room.idle()
    room.workspace().restore(disabled)
    room.advance(seconds=5)
    assert [(one["status"], one["reason"]) for one in room.deliveries()] == [("disabled", "Somebody said so")]
    assert len(room.receiver.calls) == 1


def test_a_workspace_deleted_in_the_middle_of_an_attempt_takes_it_along(begin: Begin) -> None:
    room = begin()
    room.webhook(name="second")
    gate = room.receiver.hang(ONE)
    room.happen(2, name="second")
    room.until(lambda: len(room.receiver.calls) == 1)
    room.workspaces.delete("second")
    room.registry.create_workspace("second")
    room.webhook(TWO, "second")
    gate.set()
    room.idle()
    assert (len(room.receiver.calls), room.deliveries("second")) == (1, [])


def test_of_deleted_workspaces_nothing_stays_in_memory(room: Room) -> None:
    references = []
    for name in ("quiet", "waiting"):
        room.webhook(name=name)
        references.append(ref(room.workspace(name)))
    room.receiver.answers = lambda posted: answer(500)
    room.happen(name="waiting")
    room.idle()
    for name in ("quiet", "waiting"):
        room.workspaces.delete(name)
    room.advance(seconds=5)  # the delivery worker finds out when it is due
    gc.collect()
    assert [one() for one in references] == [None, None]


def test_what_is_disabled_in_the_middle_of_an_attempt_stays_so_and_shows_it(room: Room) -> None:
    go_on = room.in_the_middle()
    with room.workspace().transaction() as tx:
        webhook_endpoints.disable(tx, room.workspace().table(WEBHOOKS).live[1], webhook_endpoints.BY_HAND)
    go_on()
    (delivery,) = room.deliveries()
    assert (delivery["status"], delivery["reason"], len(delivery["attempts"])) == ("disabled", webhook_endpoints.BY_HAND, 1)


def test_what_is_delivered_again_by_hand_in_the_middle_of_an_attempt_is_sent_once_more(room: Room) -> None:
    go_on = room.in_the_middle()
    room.clock.advance(timedelta(seconds=1))
    with room.workspace().transaction() as tx:
        webhook_endpoints.redeliver(tx, room.deliveries()[0])
    go_on()
    assert [one.id for one in room.receiver.calls] == [room.receiver.calls[0].id] * 2
    assert [(one["status"], len(one["attempts"])) for one in room.deliveries()] == [("delivered", 2)]


def test_what_was_delivered_can_be_delivered_again(room: Room) -> None:
    room.webhook()
    room.happen()
    room.idle()
    room.clock.advance(timedelta(minutes=10))
    with room.workspace().transaction() as tx:
        webhook_endpoints.redeliver(tx, room.deliveries()[0])
    room.idle()
    first, second = room.receiver.calls
    assert (first.id, first.body) == (second.id, second.body)
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_it_follows_thousands_of_deliveries_given_up_at_once(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(410)
    room.webhook()
    room.happen(3000)
    room.idle()
    assert len(room.receiver.calls) == 1
    assert sorted(set(room.statuses())) == ["disabled", "failed"]
