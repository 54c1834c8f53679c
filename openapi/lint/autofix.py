"""Applies automatic fixes until no fixable finding is left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from openapi.diff.origins import Origin
from openapi.diff.source import Source, SourceFiles
from openapi.lint import lint
from openapi.lint.finding import Finding
from openapi.lint.text_edits import Uneditable, apply_edits
from openapi.parsing.errors import SourceError

_ROUNDS = 50
"""One fixed thing may show another: a component that only an unused one used."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A document after fixing: its text, what was fixed, and what is left to be done by people."""

    text: str
    done: list[Finding]
    left: list[Finding]


@dataclass(frozen=True, slots=True)
class _Edited:
    """The files of a document, of which one is not as it stands on the disk."""

    origin: Origin | None
    address: str
    name: str
    content: bytes

    def read(self, address: str) -> bytes:
        if address == self.address:
            return self.content
        assert self.origin is not None
        return self.origin.read(address)

    def label(self, address: str) -> str:
        return self.name if address == self.address or self.origin is None else self.origin.label(address)

    def resolve(self, address: str, reference: str) -> str | None:
        return None if self.origin is None else self.origin.resolve(address, reference)


def fix(source: Source, text: str, *, only: Collection[str] = (), skip: Collection[str] = ()) -> Fixed:
    """The text of a source with everything fixed that `lint` calls fixable. SourceError where it cannot be edited without harm."""
    done: list[Finding] = []
    for _ in range(_ROUNDS):
        found = lint(_with(source, text), only=only, skip=skip)
        by_edit = {one.edit: one for one in found if one.edit is not None}
        try:
            after, made = apply_edits(text, by_edit) if by_edit else (text, [])
        except Uneditable as error:
            raise SourceError(source.label, f"cannot be mended, for ruamel.yaml does not read it: {error}") from error
        if not made:
            break
        _with(source, after)  # what is no document any more is refused, and the last text that was one is what counts
        text = after
        done += [by_edit[edit] for edit in made]
    return Fixed(text, done, found)


def _with(source: Source, text: str) -> Source:
    """The same document with another text."""
    address = source.first.address
    source_files = SourceFiles(_Edited(source.source_files.origin, address, source.label, text.encode()), source.source_files.remote)
    return Source(source.label, source_files, source_files.open(address, source.label))
