"""Applies automatic fixes until no fixable finding is left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from openapi.diff.origins import Origin
from openapi.diff.source import Library, Source
from openapi.lint import lint
from openapi.lint.editing import Uneditable, edited
from openapi.lint.finding import Finding
from openapi.parsing.errors import DiffError

_ROUNDS = 50
"""One mended thing may show another: a component that only an unused one used."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A document after mending: its text, what was mended, and what is left to be done by people."""

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

    def beside(self, address: str, reference: str) -> str | None:
        return None if self.origin is None else self.origin.beside(address, reference)


def mend(source: Source, text: str, *, only: Collection[str] = (), skip: Collection[str] = ()) -> Mended:
    """The text of a source with everything mended that `lint` calls fixable. DiffError where it cannot be edited without harm."""
    done: list[Finding] = []
    for _ in range(_ROUNDS):
        found = lint(_with(source, text), only=only, skip=skip)
        by_edit = {one.edit: one for one in found if one.edit is not None}
        try:
            after, made = edited(text, by_edit) if by_edit else (text, [])
        except Uneditable as error:
            raise DiffError(source.label, f"cannot be mended, for ruamel.yaml does not read it: {error}") from error
        if not made:
            break
        _with(source, after)  # what is no document any more is refused, and the last text that was one is what counts
        text = after
        done += [by_edit[edit] for edit in made]
    return Mended(text, done, found)


def _with(source: Source, text: str) -> Source:
    """The same document with another text."""
    address = source.first.address
    library = Library(_Edited(source.library.origin, address, source.label, text.encode()), source.library.remote)
    return Source(source.label, library, library.open(address, source.label))
