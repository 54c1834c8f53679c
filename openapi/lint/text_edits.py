"""Changes a YAML or JSON text where it has to change, and leaves every other character alone: comments, order, quotes, blank lines.

ruamel.yaml says where each part stands; the text itself is cut, not written anew.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openapi.diff.document_tree import Pointer
from openapi.lint.finding import Add, Append, Drop, Edit, Quote, Shorten
from openapi.lint.yaml_snippets import as_block, as_flow


class Uneditable(ValueError):
    """A text that ruamel.yaml does not understand."""


@dataclass(frozen=True, slots=True)
class Cut:
    """From one offset to another the text becomes something else."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of a document: its key, where it has one, its value, and what it is a part of."""

    key: Any
    value: Any
    parent: Spot | None


def apply_edits(text: str, edits: Iterable[Edit]) -> tuple[str, list[Edit]]:
    """The text with as many of the edits as can be made at once, and which those are. Uneditable where it cannot be read."""
    editor = _Editor(text)
    cuts: list[Cut] = []
    made: list[Edit] = []
    for edit, asked in editor.planned(edits):
        cut = editor.cut(edit)
        if (
            cut is not None
            and all(cut.end <= other.start or cut.start >= other.end for other in cuts)
            and cut.start not in {one.start for one in cuts}
        ):
            cuts.append(cut)
            made += asked
    for cut in sorted(cuts, key=lambda one: -one.start):
        text = text[: cut.start] + cut.text + text[cut.end :]
    return text, made


class _Editor:
    def __init__(self, text: str) -> None:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        try:
            self.root = Spot(None, YAML(typ="rt", pure=True).compose(io.StringIO(text, newline="")), None)
        except (YAMLError, RecursionError, ValueError) as error:
            raise Uneditable(" ".join(str(error).split())) from error

    def planned(self, edits: Iterable[Edit]) -> list[tuple[Edit, list[Edit]]]:
        """The edits with what asked for each: where all parts of something go, it goes itself."""
        listed = list(dict.fromkeys(edits))
        others: list[tuple[Edit, list[Edit]]] = [(one, [one]) for one in listed if not isinstance(one, Drop)]
        drops: dict[Pointer, list[Edit]] = {one.pointer: [one] for one in listed if isinstance(one, Drop)}
        for pointer in sorted(drops, key=len, reverse=True):
            parent = pointer[:-1]
            while parent and (spot := self.find(parent)) is not None and pointer in drops:
                parts = [(*parent, part) for part in _names(spot.value)]
                if not all(part in drops for part in parts):
                    break
                drops[parent] = [asked for part in parts for asked in drops.pop(part)]
                pointer, parent = parent, parent[:-1]
        return others + [(Drop(pointer), asked) for pointer, asked in drops.items()]

    def cut(self, edit: Edit) -> Cut | None:
        spot = self.find(edit.pointer)
        if spot is None:
            return None
        match edit:
            case Add():
                return self.add(spot, edit)
            case Append():
                return self.append(spot, edit)
            case Drop():
                return self.drop(spot)
            case Shorten():
                return self.shorten(spot, edit.ending)
            case Quote():
                return self.quote(spot)

    def find(self, pointer: Pointer) -> Spot | None:
        """The part at a pointer; None where it stands elsewhere, as what an alias names does."""
        spot = self.root
        for part in pointer:
            found = next((Spot(key, value, spot) for name, key, value in _parts(spot.value) if name == part), None)
            if found is None or not spot.value.start_mark.index <= found.value.start_mark.index <= spot.value.end_mark.index:
                return None
            spot = found
        return spot

    def add(self, spot: Spot, edit: Add) -> Cut | None:
        entries = list(_parts(spot.value))
        if not isinstance(spot.value.value, list) or (entries and entries[0][1] is None):
            return None
        if not entries:
            return None if not spot.value.flow_style else Cut(spot.value.start_mark.index + 1, spot.value.start_mark.index + 1, as_flow(edit, True))
        first = entries[0][1]
        place = next((number for number, (name, _, _) in enumerate(entries) if name == edit.before), 0)
        if spot.value.flow_style:
            gap = self.text[spot.value.start_mark.index + 1 : first.start_mark.index]
            start = entries[place][1].start_mark.index
            return Cut(start, start, as_flow(edit, first.style == '"') + "," + (gap if "\n" in gap else " "))
        column = first.start_mark.column
        lines = (self.newline + " " * column).join(as_block(edit))
        if place:
            end = self.line_end(content_end(entries[place - 1][2], self.text))
            return Cut(end, end, self.newline + " " * column + lines)
        start = first.start_mark.index
        if spot.key is not None and "\n" in self.text[spot.key.end_mark.index : start]:
            start = self.text.index("\n", spot.key.end_mark.index) + 1
            return Cut(start, start, " " * column + lines + self.newline)
        return Cut(start, start, lines + self.newline + " " * column)

    def append(self, spot: Spot, edit: Append) -> Cut | None:
        elements = spot.value.value if isinstance(spot.value.value, list) else []
        if not elements:
            return None
        last = elements[-1]
        end = content_end(last, self.text)
        if spot.value.flow_style:
            gap = self.text[spot.value.start_mark.index + 1 : elements[0].start_mark.index]
            return Cut(end, end, "," + (gap if "\n" in gap else " ") + as_flow(edit, not gap.strip() and self.is_json()))
        end = self.line_end(end)
        column = self.text.rindex("-", 0, last.start_mark.index) - (self.text.rfind("\n", 0, last.start_mark.index) + 1)
        return Cut(end, end, self.newline + " " * column + (self.newline + " " * column).join(as_block(edit)))

    def drop(self, spot: Spot) -> Cut | None:
        if spot.parent is None or _has_anchor(spot.value):
            return None
        parts = list(_parts(spot.parent.value))
        place = next(number for number, (_, _, value) in enumerate(parts) if value is spot.value)
        start, end = (spot.key or spot.value).start_mark.index, content_end(spot.value, self.text)
        if spot.parent.value.flow_style:
            return self.drop_of_flow([((key or value).start_mark.index, content_end(value, self.text)) for _, key, value in parts], place)
        begin = self.text.rfind("\n", 0, start) + 1
        if self.text[begin:start].strip() not in ("" if spot.key is not None else "-", ""):
            return None
        finish = self.line_end(end)
        return Cut(begin, min(len(self.text), finish + len(self.newline)))

    def drop_of_flow(self, spans: list[tuple[int, int]], place: int) -> Cut | None:
        """With the comma before the next one, or after the last one."""
        start, end = spans[place]
        if len(spans) == 1:
            return None
        cut = Cut(start, spans[place + 1][0]) if place + 1 < len(spans) else Cut(spans[place - 1][1], end)
        between = self.text[end : cut.end] + self.text[cut.start : start]
        return None if "#" in between else cut

    def shorten(self, spot: Spot, ending: str) -> Cut | None:
        value, style = spot.value, spot.value.style
        if style not in (None, "'", '"') or value.start_mark.line != value.end_mark.line:
            return None
        end = value.end_mark.index - (0 if style is None else 1)
        written = self.text[value.start_mark.index : end]
        kept = written.rstrip(ending)
        return Cut(value.start_mark.index + len(kept), end) if len(kept) < len(written) and kept else None

    def quote(self, spot: Spot) -> Cut | None:
        if spot.key is None or spot.key.style is not None:
            return None
        start, end = spot.key.start_mark.index, spot.key.end_mark.index
        return Cut(start, end, f'"{self.text[start:end]}"')

    def line_end(self, offset: int) -> int:
        """Where the line ends that an offset is on, before its line break."""
        end = self.text.find("\n", offset)
        end = len(self.text) if end < 0 else end
        return end - 1 if end > offset and self.text[end - 1] == "\r" else end

    def is_json(self) -> bool:
        return self.text.lstrip().startswith(("{", "["))


def content_end(node: Any, text: str) -> int:
    """Where a value's own text ends, without the comments and blank lines after it."""
    if isinstance(node.value, list) and not node.flow_style and node.value:
        last = node.value[-1]
        key, value = last if isinstance(last, tuple) else (last, last)
        return max(content_end(value, text), int(key.end_mark.index) if key is not value else 0)
    end: int = node.end_mark.index
    if not isinstance(node.value, list) and node.style in ("|", ">"):
        return int(node.start_mark.index) + len(text[node.start_mark.index : end].rstrip())
    return end


def _parts(node: Any) -> Iterable[tuple[str | int, Any, Any]]:
    """Each part of a mapping or list: its name or number, its key, where it has one, and its value."""
    for number, part in enumerate(node.value if isinstance(node.value, list) else ()):
        yield (str(part[0].value), part[0], part[1]) if isinstance(part, tuple) else (number, None, part)


def _names(node: Any) -> list[str | int]:
    return [name for name, _, _ in _parts(node)]


def _has_anchor(node: Any) -> bool:
    """Whether something in it may be used elsewhere by an alias, or comes from elsewhere."""
    return node.anchor is not None or any(_has_anchor(value) or (key is not None and key.anchor is not None) for _, key, value in _parts(node))
