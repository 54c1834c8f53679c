"""A comparison as Markdown for a comment on a pull request: short enough, without mentions or links to issues."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contract_tests.documents.reports.comparison import WHOLE, Comparison, Group
from contract_tests.documents.reports.text import tame
from openapi.diff.changes import Change, Level, Place
from openapi.diff.ignore_file import Accepted

MARK = "<!-- contract-tests diff -->"
"""The first line, by which the comment is found again."""
MOST = 65_000
"""GitHub refuses a comment of more than 65,536 characters."""
_RESERVED = 1_000
_LINE, _FOOT = 300, 6_000
"""How long an accepted change or a note may be, and how long all of them."""
_TITLES = {Level.BREAKING: "Breaking", Level.WARNING: "Warnings", Level.INFO: "Infos"}
_SIGNS = re.compile(r"[\\`*_\[\]~|<>&@#]")


def diff_markdown(comparison: Comparison) -> str:
    """At most `MOST` characters; what is too much is counted."""
    head, foot = "\n".join([MARK, *_head(comparison)]), "".join(_foot(comparison))
    room, left, sections = MOST - _RESERVED - len(head) - len(foot), 0, list[str]()
    for level in Level:
        blocks, taken = list(_blocks(comparison, level)), list[str]()
        for number, (operation, block) in enumerate(blocks):
            heading = f"\n**{operation}**\n\n" if number == 0 or blocks[number - 1][0] != operation else ""
            room -= len(heading) + len(block) + 1
            if room < 0:
                left += len(blocks) - number
                break
            taken.append(heading + block)
        if taken:
            sections += _section(level, comparison.count(level), taken)
    more = f"\n**{left} more** would not fit into this comment: `contract-tests diff` with `--format html` or `text` shows all." if left else ""
    return "\n".join(part for part in (head, *sections, more, foot) if part).rstrip("\n") + "\n"


def _head(comparison: Comparison) -> Iterator[str]:
    names = f"{code(comparison.base)} → {code(comparison.head)}"
    if not comparison.changes:
        yield f"### API: {comparison.nothing.rstrip('.').lower()}\n\n{names}"
        return
    yield f"### API changes: {comparison.counts}\n\n{names}"


def _blocks(comparison: Comparison, level: Level) -> Iterator[tuple[str, str]]:
    for operation, groups in comparison.of_level(level).items():
        name = "The whole document" if operation == WHOLE else code(operation)
        for group in groups:
            yield name, _item(group)


def _item(group: Group) -> str:
    change = group.first
    where = f"{plain(change.path)}: " if change.path else ""
    more = f"; {plain(group.elsewhere())}" if group.elsewhere() else ""
    return f"- {where}{prose(change.text)}<br>\n  <sub>{code(change.id)}, {_place(change.base)} → {_place(change.head)}{more}</sub>"


def _place(place: Place | None) -> str:
    return "not there" if place is None else code(f"{place.file}:{place.line}")


def _section(level: Level, count: int, taken: list[str]) -> list[str]:
    if level is not Level.INFO:
        return [f"\n#### {_TITLES[level]} ({count})", *taken]
    return [f"\n<details>\n<summary>{_TITLES[level]} ({count}): nobody is hurt</summary>", *taken, "\n</details>"]


def _foot(comparison: Comparison) -> Iterator[str]:
    if comparison.accepted:
        yield f"\n<details>\n<summary>Accepted ({len(comparison.accepted)})</summary>\n\n"
        yield from _some([_accepted(*one) for one in comparison.accepted])
        yield "\n</details>\n"
    if comparison.notes:
        yield "\n"
        yield from _some([f"- {prose(_short(note))}\n" for note in comparison.notes])


def _accepted(change: Change, entry: Accepted) -> str:
    where = ", ".join(part for part in (change.operation, change.path) if part)
    return f"- {code(change.id)}, {plain(_short(where))}: {plain(_short(entry.reason))} (until {entry.until.isoformat()})\n"


def _short(text: str) -> str:
    return text if len(text) <= _LINE else f"{text[:_LINE]}…"


def _some(lines: list[str]) -> Iterator[str]:
    room = _FOOT
    for number, line in enumerate(lines):
        room -= len(line)
        if room < 0:
            yield f"- and {len(lines) - number} more\n"
            return
        yield line


def plain(text: str) -> str:
    """Text that is taken for no markup, and in which nobody is called and no issue named."""
    return _escape(tame(text))


def _escape(text: str) -> str:
    return _SIGNS.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    if sign in "@#":
        return f"{sign}&#8203;"
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(sign, f"\\{sign}")


def code(text: str) -> str:
    """Text as code, whatever stands in it."""
    text = tame(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text else ""


def prose(text: str) -> str:
    """A sentence whose words in backticks are code; where these do not come in pairs, they are plain signs."""
    text = tame(text)
    if "``" in text or text.count("`") % 2:
        return plain(text)
    return "".join(f"`{part}`" if number % 2 else _escape(part) for number, part in enumerate(text.split("`")))
