"""What the terminal shows after an edit: which clients it breaks, and which stored documents no longer fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import typer

from openapi.diff.changes import Change, Level
from openapi.diff.compare import compare
from openapi.diff.source import Source
from openapi.parsing.errors import SourceError
from sandbox.loaded_contract import LoadedContract
from sandbox.state.image import Image

_MOST = 10
_COLOURS = {Level.BREAKING: typer.colors.RED, Level.WARNING: typer.colors.YELLOW, Level.INFO: typer.colors.GREEN}


@dataclass(frozen=True)
class ComparableContract:
    """A loaded contract, and its document as the comparison reads it: whatever is told next is told as a change of this."""

    loaded: LoadedContract
    source: Source | None

    @classmethod
    def of(cls, loaded: LoadedContract) -> ComparableContract:
        try:
            return cls(loaded, Source.of(loaded.spec.content, loaded.spec.label))
        except SourceError:  # the server is content with it all the same
            return cls(loaded, None)


def report(before: ComparableContract, after: ComparableContract, images: Sequence[tuple[str, Image]]) -> list[str]:
    """Lines for the terminal; takes a while, and may be called in any thread."""
    return [*_changes(before, after), *_rules(before.loaded, after.loaded), *_misfits(before.loaded, after.loaded, images)]


def _changes(before: ComparableContract, after: ComparableContract) -> Iterator[str]:
    if before.source is None or after.source is None:
        yield "  Changes   cannot be told: this document cannot be compared"
        return
    try:
        changes = compare(before.source, after.source)
    except SourceError as error:
        yield f"  Changes   cannot be told: {error}"
        return
    if not changes:
        yield "  Changes   none that a client could see"
        return
    counts = {level: sum(one.level is level for one in changes) for level in Level}
    yield "  Changes   " + ", ".join(f"{count} {level}" for level, count in counts.items() if count)
    sentences = _grouped(changes)
    for (level, text), operations in list(sentences.items())[:_MOST]:
        yield f"    {typer.style(f'{level:<8}', fg=_COLOURS[level])}  {_named(operations)}: {text}"
    if len(sentences) > _MOST:
        yield f"    … and {len(sentences) - _MOST} more; `contract-tests diff` tells all of them"


def _grouped(changes: Iterable[Change]) -> dict[tuple[Level, str], dict[str, None]]:
    """The operations of each sentence, the worst level first: a shared schema hurts many in the same way."""
    found: dict[tuple[Level, str], dict[str, None]] = {}
    for one in sorted(changes, key=lambda one: list(Level).index(one.level)):
        found.setdefault((one.level, one.text), {})[one.operation] = None
    return found


def _named(operations: Iterable[str]) -> str:
    first, *others = operations
    return (first or "the whole document") + (f" and {len(others)} more" if others else "")


def _rules(before: LoadedContract, after: LoadedContract) -> Iterator[str]:
    was, now = before.binding.switched_off, after.binding.switched_off
    yield from (f"  Warning   {one}; switched off" for one in now if one not in was)
    yield from (f"  Mended    {one}" for one in was if one not in now)


def _misfits(before: LoadedContract, after: LoadedContract, images: Sequence[tuple[str, Image]]) -> Iterator[str]:
    if before.compatibility.fingerprint == after.compatibility.fingerprint:
        return  # so does what fits
    for name, image in images:
        yield from (f"  Warning   workspace {name}: {sentence}" for sentence in after.compatibility.misfits(image))
