"""The checks, in the order in which they are played: each a function, registered with what must be and how to mend it."""

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
SIGN_ALIKE = "See that it has the same secret, whsec_ included, and signs id.timestamp.body; where it has, see its own log."
_RAW_BYTES = "Verify the bytes of the body as they came, before anything parses them."
_USE_VERIFY = "Let the library's verify() decide, and answer 4xx to whatever it raises."


@dataclass(frozen=True)
class Check:
    """One thing that is looked at: `sentence` is what must be, `mend` how a receiver gets there."""

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
    "Right events are accepted.",
    SIGN_ALIKE,
)
async def what_is_right_is_accepted(context: CheckContext) -> None:
    for type in context.examples:
        await context.accepts(context.signed(context.event(type)), f"a rightly signed {type}")


@check("in-time", "It answers within 15 seconds.", "Keep the event, answer at once, and do the work afterwards.")
async def it_answers_in_time(context: CheckContext) -> None:
    answer = await context.send(context.signed(context.event()))
    if answer.seconds > context.timeouts.limit:
        raise Failed(f"answered after {answer.seconds:.1f} s, must be within {context.timeouts.limit:g} s")


@check(
    "duplicate",
    "The same event twice is accepted.",
    "Remember the ids that you have handled, and answer 2xx to one of them without handling it again.",
)
async def a_duplicate_is_accepted(context: CheckContext) -> None:
    event = context.event()
    await context.accepts(context.signed(event), "a rightly signed event")
    await context.accepts(context.signed(event), "an event that came before, under the same id")


@check(
    "out-of-order",
    "Events out of order are accepted.",
    "Expect no order: go by created_at, or read the object anew from the API.",
)
async def events_out_of_order_are_accepted(context: CheckContext) -> None:
    for type, ago in zip(reversed(list(context.examples)), (timedelta(0), timedelta(hours=2)), strict=False):
        await context.accepts(context.signed(context.event(type, ago)), f"a {type} out of order")


@check(
    "rotation",
    "One right signature of two suffices.",
    "For a day after a rotation there are two: split webhook-signature at its spaces, and accept the event where any of them is right.",
)
async def one_right_signature_of_two_suffices(context: CheckContext) -> None:
    for place, secrets in (("second", (context.other_secret(), context.secret)), ("first", (context.secret, context.other_secret()))):
        await context.accepts(context.signed(context.event(), secrets=secrets), f"an event whose {place} signature of two is right")


@check("unknown-event", "An unknown type is accepted.", "Ignore what you have no use for, and answer 2xx.")
async def an_unknown_type_is_accepted(context: CheckContext) -> None:
    event = context.event("customer.merged", id=1, merged_into=2)
    await context.accepts(context.signed(event), "an event of a type that it does not know")


@check("unusual-json", "Unusual JSON, signed, is accepted.", f"Do not write the JSON anew. {_RAW_BYTES}")
async def unusual_json_is_accepted(context: CheckContext) -> None:
    event = context.event(notes="Café / paid")
    text = json.dumps(json.loads(payload(event)), indent=3, ensure_ascii=True).replace("/", "\\/")
    await context.accepts(context.signed(event, body=f"\n{text}\r\n".encode()), "rightly signed JSON with unusual spaces and escapes")


@check("header-case", "Headers may come in any case.", "Look headers up without regard to case: proxies change it.")
async def headers_may_come_in_any_case(context: CheckContext) -> None:
    message = context.signed(context.event())
    shouted = {name.upper() if name.startswith("webhook-") else name.title(): value for name, value in message.headers.items()}
    await context.accepts(replace(message, headers=shouted), "a rightly signed event with WEBHOOK-ID and the like in capitals")


@check("slow-client", "A body in slow pieces is accepted.", "Read the body to its Content-Length, however often it pauses.")
async def a_slow_client_is_accepted(context: CheckContext) -> None:
    message = replace(context.signed(context.event()), pieces=5)
    await context.accepts(message, "a rightly signed event whose body came in pieces")


@check("large-body", "A body of 256 KiB is accepted.", "Raise the limit of your framework, or of the proxy before it, for this address.")
async def a_large_body_is_accepted(context: CheckContext) -> None:
    await context.accepts(context.signed(_large(context)), "a rightly signed event of 256 KiB")


@check("bad-signature", "A bad signature is refused.", _USE_VERIFY)
async def a_bad_signature_is_refused(context: CheckContext) -> None:
    await context.refuses(context.signed(context.event(), secrets=(context.other_secret(),)), "a bad signature")


@check("no-signature", "A missing signature is refused.", _USE_VERIFY)
async def no_signature_is_refused(context: CheckContext) -> None:
    message = context.signed(context.event())
    await context.refuses(message.with_headers(webhook_signature=None), "an event without the header webhook-signature")
    await context.refuses(message.with_headers(webhook_signature=""), "an event whose webhook-signature is empty")


@check("other-version", "A signature of v2 alone is refused.", "Look only at the signatures that begin with 'v1,'.")
async def a_signature_of_another_version_is_refused(context: CheckContext) -> None:
    message = context.signed(context.event())
    _, _, signature = message.headers["webhook-signature"].partition(",")
    await context.refuses(message.with_headers(webhook_signature=f"v2,{signature}"), "a signature of the unknown version v2")


@check("changed-body", "A body changed later is refused.", _USE_VERIFY)
async def a_changed_body_is_refused(context: CheckContext) -> None:
    event = context.event()
    forged = payload({**event, "data": {**event["data"], "amount": 1.00}})
    await context.refuses(replace(context.signed(event), body=forged), "a body that was changed after it was signed")


@check("re-serialised", "A body written anew is refused.", _RAW_BYTES)
async def a_rewritten_body_is_refused(context: CheckContext) -> None:
    message = context.signed(context.event())
    rewritten = json.dumps(json.loads(message.body), indent=2).encode()
    await context.refuses(replace(message, body=rewritten), "a body that was written anew after it was signed")


@check("other-id", "An id changed later is refused.", "Sign the id too: id.timestamp.body.")
async def a_changed_id_is_refused(context: CheckContext) -> None:
    message = context.signed(context.event())
    await context.refuses(message.with_headers(webhook_id=context.event()["event_id"]), "an event under another id than was signed")


@check(
    "stale-timestamp",
    "A stale timestamp is refused.",
    "Refuse a webhook-timestamp more than five minutes old, so that nobody plays an event again; verify() does.",
)
async def an_old_timestamp_is_refused(context: CheckContext) -> None:
    await context.refuses(context.signed(context.event(), ago=_TEN_MINUTES), "a timestamp of ten minutes ago, rightly signed")


@check(
    "future-timestamp",
    "A timestamp ahead is refused.",
    "Refuse a webhook-timestamp that is more than five minutes ahead; verify() does.",
)
async def a_future_timestamp_is_refused(context: CheckContext) -> None:
    await context.refuses(context.signed(context.event(), ago=-_TEN_MINUTES), "a timestamp ten minutes ahead, rightly signed")


@check("get", "A GET is no event.", "Take events by POST alone, and answer 405 to the rest.")
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
