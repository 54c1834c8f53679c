"""A receiver as it should be, written with the library, and such as people write, each with the checks that it must fail."""

from __future__ import annotations

import json
from threading import Event
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests.receivers.server import Call, Receiver

FORGERIES = frozenset({"bad-signature", "no-signature", "other-version", "changed-body", "re-serialised", "other-id"})
TIMES = frozenset({"stale-timestamp", "future-timestamp"})
ACCEPTED = frozenset({"right", "duplicate", "out-of-order", "rotation", "unknown-event", "unusual-json", "header-case", "slow-client", "large-body"})


class Right(Receiver):
    """Takes POST alone, verifies the bytes as they came, and ignores what it does not know."""

    fails: frozenset[str] = frozenset()

    def __init__(self, secret: str) -> None:
        self.webhook = Webhook(secret)

    def answer(self, call: Call) -> int:
        if call.method != "POST":
            return 405
        try:
            event = self.verified(call)
        except WebhookVerificationError:
            return 400
        return self.handle(event)

    def verified(self, call: Call) -> Any:
        return self.webhook.verify(call.body, dict(call.headers.items()))

    def handle(self, event: Any) -> int:
        assert event["type"]
        return 200


class AcceptsAnything(Right):
    fails = FORGERIES | TIMES | {"get"}

    def answer(self, call: Call) -> int:
        return 200


class RefusesEverything(Right):
    """As one with another secret does; what is wrong is one thing, and told of the first check."""

    fails = frozenset({"right"})

    def answer(self, call: Call) -> int:
        return 401


class IgnoresTimestamps(Right):
    fails = TIMES

    def verified(self, call: Call) -> Any:
        from datetime import UTC, datetime

        moment = datetime.fromtimestamp(int(call.headers["webhook-timestamp"]), UTC)
        ours = self.webhook.sign(call.headers["webhook-id"], moment, call.body.decode())
        if ours not in (call.headers["webhook-signature"] or "").split(" "):
            raise WebhookVerificationError
        return json.loads(call.body)


class WritesTheBodyAnew(Right):
    fails = frozenset({"re-serialised", "unusual-json"})

    def verified(self, call: Call) -> Any:
        anew = json.dumps(json.loads(call.body), separators=(",", ":"), ensure_ascii=False)
        return self.webhook.verify(anew, dict(call.headers.items()))


class TakesTheFirstSignatureOnly(Right):
    fails = frozenset({"rotation"})

    def verified(self, call: Call) -> Any:
        headers = {name.lower(): value for name, value in call.headers.items()}
        headers["webhook-signature"] = headers.get("webhook-signature", "").split(" ")[0]
        return self.webhook.verify(call.body, headers)


class TakesTheLastSignatureOnly(Right):
    fails = frozenset({"rotation"})

    def verified(self, call: Call) -> Any:
        headers = {name.lower(): value for name, value in call.headers.items()}
        headers["webhook-signature"] = headers.get("webhook-signature", "").split(" ")[-1]
        return self.webhook.verify(call.body, headers)


class TakesAnyVersion(Right):
    fails = frozenset({"other-version"})

    def verified(self, call: Call) -> Any:
        headers = {name.lower(): value for name, value in call.headers.items()}
        headers["webhook-signature"] = headers.get("webhook-signature", "").replace("v2,", "v1,")
        return self.webhook.verify(call.body, headers)


class TakesTheIdFromTheBody(Right):
    fails = frozenset({"other-id"})

    def verified(self, call: Call) -> Any:
        headers = {name.lower(): value for name, value in call.headers.items()}
        return self.webhook.verify(call.body, {**headers, "webhook-id": json.loads(call.body)["id"]})


class FailsOnUnknownTypes(Right):
    fails = frozenset({"unknown-event"})

    def handle(self, event: Any) -> int:
        known = {"invoice.created": 200, "payment.received": 200}
        return known[event["type"]]


class FailsOnDuplicates(Right):
    fails = frozenset({"duplicate"})

    def __init__(self, secret: str) -> None:
        super().__init__(secret)
        self.seen: set[str] = set()

    def handle(self, event: Any) -> int:
        assert event["id"] not in self.seen
        self.seen.add(event["id"])
        return 200


class DemandsOrder(Right):
    fails = frozenset({"out-of-order"})
    last = ""

    def handle(self, event: Any) -> int:
        if event["created_at"] < self.last:
            return 409
        self.last = event["created_at"]
        return 200


class LimitsBodies(Right):
    fails = frozenset({"large-body"})

    def answer(self, call: Call) -> int:
        return 413 if len(call.body) > 100 * 1024 else super().answer(call)


class KnowsHeadersInOneCaseOnly(Right):
    fails = frozenset({"header-case"})

    def verified(self, call: Call) -> Any:
        return self.webhook.verify(call.body, {name: value for name, value in call.headers.items() if name == name.lower()})


class ReadsOnce(Right):
    """Takes what of the body is there for all of it, unless it is large."""

    fails = frozenset({"slow-client"})

    def read(self, stream: Any, length: int) -> bytes:
        body: bytes = stream.read1(length) if length < 10_000 else stream.read(length)
        return body


class FailsWhereItShouldRefuse(Right):
    fails = FORGERIES | TIMES

    def answer(self, call: Call) -> int:
        return 405 if call.method != "POST" else self.handle(self.verified(call))


class TakesGet(Right):
    fails = frozenset({"get"})

    def answer(self, call: Call) -> int:
        return 200 if call.method == "GET" else super().answer(call)


class Redirects(Right):
    fails = frozenset({"right"})

    def answer(self, call: Call) -> int:
        return 307

    def headers(self, status: int) -> dict[str, str]:
        return {"location": "http://127.0.0.1:9/elsewhere"}


class NeverAnswers(Right):
    """Until it is let go."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret)
        self.let_go = Event()

    def answer(self, call: Call) -> int:
        self.let_go.wait(30)
        return 200


BAD = (
    AcceptsAnything,
    RefusesEverything,
    IgnoresTimestamps,
    WritesTheBodyAnew,
    TakesTheFirstSignatureOnly,
    TakesTheLastSignatureOnly,
    TakesAnyVersion,
    TakesTheIdFromTheBody,
    FailsOnUnknownTypes,
    FailsOnDuplicates,
    DemandsOrder,
    LimitsBodies,
    KnowsHeadersInOneCaseOnly,
    ReadsOnce,
    FailsWhereItShouldRefuse,
    TakesGet,
    Redirects,
)
