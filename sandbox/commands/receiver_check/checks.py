"""The checks, in the order in which they run: each is a function, registered with its requirement and how to fix a failure."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sandbox.commands.receiver_check.context import CheckContext, Event, Failed
from sandbox.events.outbox import payload

Play = Callable[[CheckContext], Awaitable[None]]
_TEN_MINUTES = timedelta(minutes=10)
_LARGE = 256 * 1024
SIGN_ALIKE = "Check that it uses the same secret, including whsec_, and signs id.timestamp.body. If it does, see the log of the receiver."
_RAW_BYTES = "Verify the raw bytes of the body, before anything parses them."
_USE_VERIFY = "Use verify() of the library, and answer with 4xx if it raises an exception."


@dataclass(frozen=True)
class Check:
    """One check: `sentence` is the requirement, `mend` how to fix a receiver that fails it."""

    id: str
    sentence: str
    mend: str
    play: Play


CHECKS: dict[str, Check] = {}


def check(id: str, sentence: str, mend: str) -> Callable[[Play], Play]:
    """Registers a check; it raises Failed with what the receiver did."""

    def register(play: Play) -> Play:
        CHECKS[id] = Check(id, sentence, mend, play)
        return play

    return register


@check(
    "right",
    "Valid events are accepted.",
    SIGN_ALIKE,
)
async def what_is_right_is_accepted(context: CheckContext) -> None:
    for type in context.examples:
        await context.accepts(context.signed(context.event(type)), f"a correctly signed {type}")


@check("in-time", "It responds within 15 seconds.", "Store the event, respond at once, and process it afterwards.")
async def it_answers_in_time(context: CheckContext) -> None:
    answer = await context.send(context.signed(context.event()))
    if answer.seconds > context.timeouts.limit:
        raise Failed(f"answered after {answer.seconds:.1f} s, must be within {context.timeouts.limit:g} s")


@check(
    "duplicate",
    "A duplicate event is accepted.",
    "Store the ids of handled events, and answer a duplicate with 2xx without handling it again.",
)
async def a_duplicate_is_accepted(context: CheckContext) -> None:
    event = context.event()
    await context.accepts(context.signed(event), "a correctly signed event")
    await context.accepts(context.signed(event), "a duplicate event, with the same id")


@check(
    "out-of-order",
    "Events out of order are accepted.",
    "Do not expect an order: use created_at, or read the object from the API again.",
)
async def events_out_of_order_are_accepted(context: CheckContext) -> None:
    for type, ago in zip(reversed(list(context.examples)), (timedelta(0), timedelta(hours=2)), strict=False):
        await context.accepts(context.signed(context.event(type, ago)), f"a {type} out of order")


@check(
    "rotation",
    "One valid signature of two is enough.",
    "For a day after a rotation there are two: split webhook-signature at its spaces, and accept the event if any signature is valid.",
)
async def one_right_signature_of_two_suffices(context: CheckContext) -> None:
    for place, secrets in (("second", (context.other_secret(), context.secret)), ("first", (context.secret, context.other_secret()))):
        await context.accepts(context.signed(context.event(), secrets=secrets), f"an event whose {place} signature of two is valid")


@check("unknown-event", "An unknown event type is accepted.", "Ignore event types that you do not handle, and answer with 2xx.")
async def an_unknown_type_is_accepted(context: CheckContext) -> None:
    event = context.event("customer.merged", id=1, merged_into=2)
    await context.accepts(context.signed(event), "an event of a type that it does not know")


@check("unusual-json", "Unusual but signed JSON is accepted.", f"Do not serialise the JSON again. {_RAW_BYTES}")
async def unusual_json_is_accepted(context: CheckContext) -> None:
    event = context.event(notes="Café / paid")
    text = json.dumps(json.loads(payload(event)), indent=3, ensure_ascii=True).replace("/", "\\/")
    await context.accepts(context.signed(event, body=f"\n{text}\r\n".encode()), "correctly signed JSON with unusual spaces and escapes")


@check("header-case", "Header names may have any case.", "Look up headers case-insensitively: proxies change the case.")
async def headers_may_come_in_any_case(context: CheckContext) -> None:
    message = context.signed(context.event())
    shouted = {name.upper() if name.startswith("webhook-") else name.title(): value for name, value in message.headers.items()}
    await context.accepts(replace(message, headers=shouted), "a correctly signed event with WEBHOOK-ID and the like in capitals")


@check("slow-client", "A slowly sent body is accepted.", "Read the body to its Content-Length, even if it arrives in parts.")
async def a_slow_client_is_accepted(context: CheckContext) -> None:
    message = replace(context.signed(context.event()), pieces=5)
    await context.accepts(message, "a correctly signed event whose body came in pieces")


@check("large-body", "A body of 256 KiB is accepted.", "Raise the limit of your framework, or of the proxy in front of it, for this URL.")
async def a_large_body_is_accepted(context: CheckContext) -> None:
    await context.accepts(context.signed(_large(context)), "a correctly signed event of 256 KiB")


@check("bad-signature", "A wrong signature is rejected.", _USE_VERIFY)
async def a_bad_signature_is_refused(context: CheckContext) -> None:
    await context.refuses(context.signed(context.event(), secrets=(context.other_secret(),)), "a wrong signature")


@check("no-signature", "A missing signature is rejected.", _USE_VERIFY)
async def no_signature_is_refused(context: CheckContext) -> None:
    message = context.signed(context.event())
    await context.refuses(message.with_headers(webhook_signature=None), "an event without the header webhook-signature")
    await context.refuses(message.with_headers(webhook_signature=""), "an event whose webhook-signature is empty")


@check("other-version", "A signature of only v2 is rejected.", "Use only signatures that begin with 'v1,'.")
async def a_signature_of_another_version_is_refused(context: CheckContext) -> None:
    message = context.signed(context.event())
    _, _, signature = message.headers["webhook-signature"].partition(",")
    await context.refuses(message.with_headers(webhook_signature=f"v2,{signature}"), "a signature of the unknown version v2")


@check("changed-body", "A modified body is rejected.", _USE_VERIFY)
async def a_changed_body_is_refused(context: CheckContext) -> None:
    event = context.event()
    forged = payload({**event, "data": {**event["data"], "amount": 1.00}})
    await context.refuses(replace(context.signed(event), body=forged), "a body that was changed after it was signed")


@check("re-serialised", "A re-serialised body is rejected.", _RAW_BYTES)
async def a_rewritten_body_is_refused(context: CheckContext) -> None:
    message = context.signed(context.event())
    rewritten = json.dumps(json.loads(message.body), indent=2).encode()
    await context.refuses(replace(message, body=rewritten), "a body that was serialised again after it was signed")


@check("other-id", "A modified id is rejected.", "Sign the id too: id.timestamp.body.")
async def a_changed_id_is_refused(context: CheckContext) -> None:
    message = context.signed(context.event())
    await context.refuses(message.with_headers(webhook_id=context.event()["event_id"]), "an event with another id than was signed")


@check(
    "stale-timestamp",
    "An old timestamp is rejected.",
    "Reject a webhook-timestamp more than five minutes old, to prevent replay attacks; verify() does this.",
)
async def an_old_timestamp_is_refused(context: CheckContext) -> None:
    await context.refuses(context.signed(context.event(), ago=_TEN_MINUTES), "a timestamp of ten minutes ago, correctly signed")


@check(
    "future-timestamp",
    "A future timestamp is rejected.",
    "Reject a webhook-timestamp more than five minutes in the future; verify() does this.",
)
async def a_future_timestamp_is_refused(context: CheckContext) -> None:
    await context.refuses(context.signed(context.event(), ago=-_TEN_MINUTES), "a timestamp ten minutes ahead, correctly signed")


@check("get", "A GET request is not an event.", "Accept events only by POST, and answer other methods with 405.")
async def a_get_is_no_event(context: CheckContext) -> None:
    message = replace(context.signed(context.event(), body=b""), method="GET")
    answer = await context.send(message)
    if 200 <= answer.status < 300:
        raise Failed(f"accepted a GET as an event: answered {answer.status}, must be 4xx")


def _large(context: CheckContext) -> Event:
    """An invoice such as the contract allows, of a hundred lines that say much; the notes make it exactly so long."""
    line = {"description": "x" * (_LARGE // 100 - 60), "amount": 15.00, "qty": 1}
    event = context.event(items=[line] * 100, amount=1500.00, notes="")
    return {**event, "data": {**event["data"], "notes": "x" * (_LARGE - len(payload(event)))}}
