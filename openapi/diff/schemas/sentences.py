"""The sentences of changes: which clients are affected and how, with the old and the new value."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from openapi.diff.schemas.effects import Effect
from openapi.schemas import Direction


@lru_cache(maxsize=10_000)
def subject(trail: str, whole: str) -> str:
    """What stands at the end of a trail: `items[].qty` ends in `qty`; the whole where there is no trail."""
    trail = re.sub(r"(^| )as [^.\[]*$", "", trail).strip(". ")  # as which alternative
    if not trail:
        return whole
    if trail.endswith("[]"):
        rest = trail[:-2]
        return f"an element of {subject(rest, whole)}"
    if trail.endswith(".*") or trail == "*":
        rest = trail[:-1].removesuffix(".")
        return f"a further property of {subject(rest, whole)}"
    return f"`{trail.rsplit('.', 1)[-1]}`"


@lru_cache(maxsize=1_000)
def whole_of(path: str) -> str:
    """What a path names in the end: `query parameter page` is `page`."""
    last = path.rsplit(", ", 1)[-1].partition(" as ")[0]
    found = re.search(r"(?:parameter|header) (\S+)$", last)
    if found:
        return f"`{found[1]}`"
    return "the answer" if last.startswith("answer") else f"the {last}" if last else "the document"


def any_one(subject: str) -> str:
    """Whichever it is: `a request body` for `the request body`; a name stays as it is."""
    if not subject.startswith("the "):
        return subject
    name = subject.removeprefix("the ")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def listed(values: list[str], word: str = "and") -> str:
    """`a`, `b` and `c`; a long list is cut."""
    if len(values) > 6:
        values = [*values[:5], f"{len(values) - 5} more"]
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} {word} {values[-1]}" if values else "nothing"


def sentence(direction: Direction, effect: Effect, what: str, *, old: str, new: str, doubt: str, muted: str) -> str:
    """Who is hurt and how, then what was changed."""
    if muted:
        return f"{muted}: nobody is hurt ({what})."
    if effect is Effect.UNDECIDED:
        hurt = "Clients may be refused from now on" if direction is Direction.REQUEST else "Clients may receive what they do not expect"
        return f"{hurt}: {what}. {doubt or 'Whether it hurts anyone cannot be decided from the documents.'}"
    told = (_SENT if direction is Direction.REQUEST else _GIVEN).get(effect, "Nobody is hurt: {what}.")
    return told.format(old=old, new=new, what=what)


_SENT = {
    Effect.NARROWS: "Clients that send {old} are refused from now on: {what}.",
    Effect.CHANGES: "Clients that send {old} are refused from now on: {what}.",
    Effect.WIDENS: "Nobody is hurt, and clients may also send {new} from now on: {what}.",
    Effect.LOOSENS: "Nobody is hurt, and clients may also send {new} from now on: {what}.",
    Effect.LACKS: "Clients that send {old} may be refused, or find it ignored, from now on: {what}.",
}
_GIVEN = {
    Effect.WIDENS: "Clients may receive {new} from now on, which nothing told them to expect: {what}.",
    Effect.CHANGES: "Clients may receive {new} from now on, which nothing told them to expect: {what}.",
    Effect.LOOSENS: "Clients may receive {new} from now on, and one that handles only what it knew so far may go wrong: {what}.",
    Effect.NARROWS: "Nobody is hurt, and clients no longer receive {old}: {what}.",
    Effect.LACKS: "Clients that rely on {old} no longer find it: {what}.",
}
