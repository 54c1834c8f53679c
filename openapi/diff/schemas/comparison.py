"""A place in two schemas at once, from which the comparers tell what differs.

A place tells what it finds, has what lies below compared later, and may try out how two schemas differ without telling it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.schemas.effects import Effect, Finding, level_of
from openapi.diff.schemas.equality import SchemaEquality
from openapi.diff.schemas.normalization import normalized
from openapi.diff.schemas.normalized_schema import Parts, Schema, identity
from openapi.diff.schemas.sentences import any_one, sentence, subject, whole_of
from openapi.schemas import Direction

_TEXTUAL = re.compile(r"(?:^|, )(?:(?:query|path|header|cookie) parameter|header) [^,]*$")
PART, WHOLE, ANY_WHOLE = "\0part\0", "\0whole\0", "\0any whole\0"
"""Stand in a sentence for what it is about, until it is told in a place."""
_DEPTH = 3
"""How far alternatives within alternatives are tried out."""


@dataclass
class Comparison:
    """What one comparison shares among all its places."""

    context: Context
    traverse: Callable[[Cursor, Parts, Parts], None]
    """Compares two schemas and all below them, at once; handed in, since who compares needs this module."""
    found: list[Finding] = field(default_factory=list)
    seen: set[Any] = field(default_factory=set)
    waiting: list[tuple[Cursor, Parts, Parts]] = field(default_factory=list)
    depth: int = 0


@dataclass(frozen=True)
class Cursor:
    """A place in both schemas at once."""

    comparison: Comparison
    trail: str = ""
    muted: str = ""
    """Why nothing here can hurt, such as that the property is read-only; empty where it can."""
    name: str = ""
    """What stands where the trail begins, in words; empty where it is what the context is about."""

    @property
    def direction(self) -> Direction:
        return self.comparison.context.direction

    @property
    def memory(self) -> dict[str, Any]:
        return self.comparison.context.changes.memory

    @property
    def subject(self) -> str:
        """What is being compared, in words."""
        return subject(self.trail, self.name or whole_of(self.comparison.context.path))

    @property
    def some(self) -> str:
        """The same for whichever of them is sent or received: `a request body`."""
        return ANY_WHOLE if self.subject == WHOLE else any_one(self.subject)

    @property
    def is_trial(self) -> bool:
        """Whether this is only to find out how two schemas differ, and nothing is told of it."""
        return self.comparison.depth > 0

    @property
    def is_part(self) -> bool:
        """Whether it is something within what the context is about."""
        return bool(self.trail) or self.name == PART

    @property
    def is_parameter(self) -> bool:
        """Whether what travels is text whatever its type, as in an address or a header."""
        return bool(_TEXTUAL.search(self.comparison.context.path))

    def read(self, parts: Parts) -> Schema:
        """The parts as one schema, read once."""
        schemas: dict[Any, tuple[Parts, Schema]] = self.memory.setdefault("schemas", {})
        key = identity(parts)
        if key not in schemas:
            schemas[key] = (parts, normalized(parts))
        return schemas[key][1]

    def same(self, base: Parts, head: Parts) -> bool:
        """Whether both are the same text."""
        equality: SchemaEquality = self.memory.setdefault("sameness", SchemaEquality())
        return equality.same(base, head)

    def below(self, step: str, muted: str = "") -> Cursor:
        """A place further down: `.name`, `[]` or `.*`."""
        return replace(self, trail=self.trail + step, muted=self.muted or muted)

    def compare(self, base: Parts, head: Parts) -> None:
        """Has two schemas compared here, later."""
        self.comparison.waiting.append((self, base, head))

    def report(
        self,
        kind: str,
        effect: Effect,
        base: Node | None,
        head: Node | None,
        what: str,
        *,
        old: str = "",
        new: str = "",
        doubt: str = "",
        text: str = "",
    ) -> None:
        """Reports a difference. `old` names what only the base allows, `new` what only the head does; `text` says it all in other words."""
        level = Level.INFO if self.muted else level_of(effect, self.direction)
        if not text or self.muted:
            text = sentence(self.direction, effect, what, old=old or self.some, new=new or self.some, doubt=doubt, muted=self.muted)
        name = f"{self.direction.value}-{kind}"
        self.comparison.found.append(Finding(name, Effect.NONE if self.muted else effect, level, self.trail, base, head, text))

    def effects(self, base: Parts, head: Parts) -> frozenset[Effect]:
        """What the differences of two schemas come to, without telling them."""
        known: dict[Any, frozenset[Effect]] = self.memory.setdefault("effects", {})
        key = (identity(base), identity(head), self.direction, self.is_parameter)
        if key in known:
            return known[key]
        if self.comparison.depth >= _DEPTH:
            return frozenset({Effect.UNDECIDED})
        known[key] = frozenset()  # what holds itself is compared with nothing assumed against it
        trial = Comparison(self.comparison.context, self.comparison.traverse, depth=self.comparison.depth + 1)
        try:
            trial.traverse(Cursor(trial), base, head)
        except RecursionError:
            del known[key]  # nothing was found out
            raise
        known[key] = frozenset(one.effect for one in trial.found)
        return known[key]
