"""Keeps documents as they were parsed, and found faultless by the reader, from one start to the next, under their content.

To read YAML takes as long as to load the server's own code. It is a convenience and nothing more: what is damaged or
belongs to somebody else is read anew, and where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

import openapi
from sandbox.cache_directory import cache_directory, evict

_MOST = 8  # those that were not asked for longest go first
_DIGEST_SIZE = 16
_SUFFIX = ".json"
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class DocumentCache:
    """A directory for nobody but this user. Every server of theirs may use the same one."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = cache_directory() / "documents" if directory is None else directory

    def find(self, content: bytes) -> Any:
        """The document in a file with this content; None where it is not kept, and where what is kept is damaged."""
        path = self._directory / f"{_key_of(content)}{_SUFFIX}"
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS_MAY_WRITE:
                    return None
                kept = file.read()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)
        checksum, document = kept[:_DIGEST_SIZE], kept[_DIGEST_SIZE:]
        return orjson.loads(document) if checksum == _digest(document) else None

    def keep(self, content: bytes, document: Any) -> None:
        """Keep a document, as far as that can be: JSON has no word for some of what YAML can say."""
        with suppress(OSError, TypeError):
            encoded = orjson.dumps(document)
            if orjson.loads(encoded) == document:
                self._write(f"{_key_of(content)}{_SUFFIX}", _digest(encoded) + encoded)

    def _write(self, name: str, content: bytes) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, unfinished = tempfile.mkstemp(dir=self._directory)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            os.replace(unfinished, self._directory / name)
        except OSError:
            os.unlink(unfinished)
            raise
        evict(self._directory, f"*{_SUFFIX}", _MOST, self._directory / name)


def _key_of(content: bytes) -> str:
    """The same only for what gives the same document: its text, and the code that reads it."""
    package = Path(openapi.__file__).parent
    code = (path.read_bytes() for path in sorted((*package.glob("*.py"), package / "decisions.yaml")))
    return _digest(content, *code, sys.version.encode()).hex()


def _digest(*parts: bytes) -> bytes:
    digest = blake2b(digest_size=_DIGEST_SIZE)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()
