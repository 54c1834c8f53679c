"""The result of a comparison of two documents, from which all reports are rendered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from contract_tests.documents.reports.levels import counted
from openapi.diff.changes import Change, Level
from openapi.diff.ignore_file import Accepted

WHOLE = "the whole document"


class FailOn(StrEnum):
    """From which level on the command fails."""

    BREAKING = "breaking"
    WARNING = "warning"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """One change in something shared, with all the operations that it was told of."""

    members: tuple[Change, ...]

    @property
    def first(self) -> Change:
        return self.members[0]

    @property
    def operation(self) -> str:
        return self.first.operation or WHOLE

    @property
    def more_places(self) -> list[str]:
        """Where else in the first operation it is found."""
        others = (one.path for one in self.members[1:] if one.operation == self.first.operation)
        return [path for path in dict.fromkeys(others) if path != self.first.path]

    @property
    def more_operations(self) -> list[str]:
        """The other operations."""
        return list(dict.fromkeys(one.operation or WHOLE for one in self.members if one.operation != self.first.operation))

    def elsewhere(self, most: int = 12) -> str:
        """`and in 7 other operations: …`; empty where it is nowhere else."""
        told = []
        if self.more_places:
            told.append(f"at {_listed(self.more_places, most)}")
        if others := self.more_operations:
            told.append(f"in {len(others)} other operation{'s' if len(others) > 1 else ''}: {_listed(others, most)}")
        return f"and {', and '.join(told)}" if told else ""


@dataclass(frozen=True)
class Comparison:
    """`base` and `head` as they were named. `notes` say what is wrong with the entries by which changes were accepted."""

    base: str
    head: str
    changes: Sequence[Change]
    fail_on: FailOn = FailOn.BREAKING
    accepted: Sequence[tuple[Change, Accepted]] = ()
    notes: Sequence[str] = ()
    groups: tuple[Group, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", grouped(self.changes))

    @property
    def exit_code(self) -> int:
        """1 where something is as bad as `fail_on` says, or worse."""
        return int(any(self._fails(one.level) for one in self.changes))

    def _fails(self, level: Level) -> bool:
        if self.fail_on is FailOn.NONE:
            return False
        return level is Level.BREAKING or (level is Level.WARNING and self.fail_on is FailOn.WARNING)

    def count(self, level: Level) -> int:
        """How many of a level, where one change in something shared counts once."""
        return sum(group.first.level is level for group in self.groups)

    @property
    def counts(self) -> str:
        """`3 breaking, 1 warning`; empty where there is nothing."""
        return counted((group.first.level.value for group in self.groups), (level.value for level in Level))

    @property
    def verdict(self) -> str:
        """What the exit code says."""
        if self.fail_on is FailOn.NONE:
            return "Exit code 0, whatever was found (--fail-on none)."
        what = "breaking" if self.fail_on is FailOn.BREAKING else "breaking or a warning"
        return f"Exit code {self.exit_code}: {'something' if self.exit_code else 'nothing'} is {what} (--fail-on {self.fail_on.value})."

    @property
    def nothing(self) -> str:
        """What is said where no change is left."""
        many = len(self.accepted)
        return f"No changes but {many} that {'is' if many == 1 else 'are'} accepted." if many else "No changes."

    @property
    def summary(self) -> str:
        """The last line."""
        return f"{self.counts}. {self.verdict}" if self.changes else self.nothing

    def of_level(self, level: Level) -> dict[str, list[Group]]:
        """The changes of a level by operation, each in the order in which they were found."""
        found: dict[str, list[Group]] = {}
        for group in self.groups:
            if group.first.level is level:
                found.setdefault(group.operation, []).append(group)
        return found


def grouped(changes: Iterable[Change]) -> tuple[Group, ...]:
    """Those that say the same of the same places are one."""
    found: dict[object, list[Change]] = {}
    for one in changes:
        found.setdefault((one.id, one.level, one.text, one.base, one.head), []).append(one)
    return tuple(Group(tuple(members)) for members in found.values())


def _listed(names: Sequence[str], most: int) -> str:
    shown = list(names[:most])
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")
