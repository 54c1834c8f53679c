"""What is signed is what the Standard Webhooks library verifies, with either secret of a rotation; and when a failure is tried again."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.events.retry_schedule import RETRY_AFTER, next_due
from sandbox.events.signing import headers

OLD, NEW, OTHER = (f"whsec_{b64encode(bytes([number]) * 24).decode()}" for number in (1, 2, 3))
BODY = '{"id":"evt_1_0707070707070707","type":"invoice.created","data":{"name":"Zoë"}}'.encode()
ID = "evt_1_0707070707070707"
SECOND = 1_000_000


def test_every_secret_of_a_rotation_verifies_and_no_other() -> None:
    sent = headers(ID, datetime.now(UTC), BODY, [NEW, OLD])
    for secret in (NEW, OLD):
        assert Webhook(secret).verify(BODY, sent)["id"] == ID
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY + b" ", sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, sent | {"webhook-id": "evt_2_0707070707070707"})


def test_the_timestamp_is_in_seconds_of_utc_whatever_the_zone() -> None:
    moment = datetime(2025, 7, 1, 9, 0, 0, 999_999, tzinfo=UTC)
    sent = headers(ID, moment, BODY, [NEW])
    assert sent["webhook-timestamp"] == "1751360400"
    assert headers(ID, moment.astimezone(timezone(timedelta(hours=5))), BODY, [NEW]) == sent


def test_a_failure_is_tried_again_nine_times_ever_later() -> None:
    pauses = [(next_due(failures, 0) or 0) // SECOND for failures in range(1, 10)]
    assert pauses == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert next_due(10, 0) is None
    assert len(RETRY_AFTER) == 9


def test_a_receiver_may_ask_for_a_longer_pause_but_for_none_beyond_a_day() -> None:
    assert next_due(1, 7, timedelta(seconds=60)) == 7 + 60 * SECOND
    assert next_due(2, 0, timedelta(seconds=60)) == 300 * SECOND
    assert next_due(1, 0, timedelta(days=30)) == 86_400 * SECOND
    assert next_due(1, 0, timedelta(seconds=-5)) == 5 * SECOND
