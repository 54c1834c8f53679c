"""Takes a snapshot's file apart, which the scanner has cut into its documents: decoding it as a whole would hold up everybody.

Each piece is decoded as strictly as the body of a request: no name twice, no NaN, no half of a character.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jiter
import msgspec

from openapi.wording import in_json_words
from sandbox.control.snapshot_file import FORMAT, VERSION
from sandbox.control.snapshot_scanner import Documents
from sandbox.edge.json_faults import json_fault
from sandbox.errors import Invalid

MOST_FAULTS = 20
NOTHING = object()
_LONGEST_PLACE = 255
_BROKEN = (msgspec.MsgspecError, ValueError, RecursionError)


class File(msgspec.Struct, forbid_unknown_fields=True):
    """The outermost level."""

    format: str
    version: int | float
    collections: dict[str, msgspec.Raw]
    counters: dict[str, msgspec.Raw]


class Faults(dict[str, str]):
    """Gathers faults by place, and ends the reading by Invalid when there are enough."""

    def add(self, place: str, what: str) -> None:
        """At most one sentence for each place."""
        self.setdefault(place[:_LONGEST_PLACE], what)
        if len(self) >= MOST_FAULTS:
            self.refuse()

    def refuse(self) -> None:
        """Raises Invalid if there is any."""
        if self:
            raise Invalid(self)


def opened(raw: bytes) -> File:
    """The outermost level of a file, from what is left of it without its documents. Raises Invalid for what is no such file."""
    if not raw.strip():
        raise Invalid({"body": "Body is required; send the file that a download gave"})
    try:
        file = msgspec.json.decode(raw, type=File)
    except msgspec.ValidationError as error:
        raise Invalid({"body": f"Body is no file of a snapshot: {in_json_words(str(error))}"}) from None
    except _BROKEN as error:
        raise Invalid({"body": f"Body is not JSON: {json_fault(raw, error)}"}) from None
    if file.format != FORMAT:
        raise Invalid({"format": f"Format must be {FORMAT}"})
    if file.version != VERSION:
        raise Invalid({"version": f"Version must be {VERSION}, the one that this server knows"})
    return file


def pieces(raw: msgspec.Raw, documents: Documents, place: str, faults: Faults) -> Iterator[bytes]:
    """The elements of a list, still encoded, of which none stays; none where it is no list."""
    try:
        elements = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except _BROKEN:
        faults.add(place, "It must be a list of documents")
        return
    for number, element in enumerate(elements):
        yield documents.pop(number, b"") or bytes(element)


def decoded(raw: bytes, place: str, faults: Faults) -> Any:
    """The value, numbers with a point as exact decimals; NOTHING where it is not JSON."""
    try:
        return jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, float_mode="decimal", cache_mode="keys")
    except ValueError as error:
        faults.add(place, f"It is not JSON: {json_fault(raw, error)}")
        return NOTHING
