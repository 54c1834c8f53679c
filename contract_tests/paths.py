"""Paths as users write them."""

from __future__ import annotations

import os
from pathlib import Path

from contract_tests.errors import Refused
from openapi.wording import quoted


def path_of(option: str, written: str) -> Path:
    """`~` is the home of whoever runs this, and `~name` that of another. Raises Refused."""
    expanded = os.path.expanduser(written)
    if not written or "\0" in written:
        raise Refused(f"{option}: must be a path, not {quoted(written)}")
    if expanded.startswith("~"):
        raise Refused(f"{option}: {quoted(written)} begins with a home that this machine does not know; a file of that name is written './{written}'")
    return Path(expanded)


def document_of(written: str) -> str:
    """A document to compare or to look at: a path as above, or `REVISION:PATH`, which never begins with `~`. Raises Refused."""
    return str(path_of("the document", written)) if written.startswith("~") else written
