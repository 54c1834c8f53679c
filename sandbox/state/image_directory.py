"""The images in the directory of a workspace, each written once for all directories that need it.

A file is hard-linked into each of them, and into a pool where others find it.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from itertools import count
from pathlib import Path

from sandbox.errors import StartError
from sandbox.state.frames import sync_directory
from sandbox.state.image import Image
from sandbox.state.image_file import SUFFIX, base_of, layer_above, read_image, remove, write_file

LEAST_BELOW = 5_000
"""From how many documents on an image may be written as a layer; fewer are written in milliseconds anyway."""


class Images:
    """The images in one directory, and the pool of all directories, which it links them into where links can be made."""

    def __init__(self, directory: Path, pool: Path) -> None:
        self._directory, self._pool = directory, pool
        self._numbers = count(1)
        self._bases: dict[str, str | None] = {}

    def path(self, digest: str) -> Path:
        return self._directory / (digest + SUFFIX)

    def new_file(self) -> Path:
        """A new name for a file that is being written."""
        return self._directory / f"image.{next(self._numbers)}.new"

    def put(self, image: Image, near: Image | None = None) -> str:
        """See to it that the image is in the directory; its digest. OSError where it cannot be written.

        `near` is one that may share most documents with it: then they are not written once more.
        """
        if image.digest is not None and self._at_hand(image.digest):
            return image.digest
        layer = None
        if near is not None and near.digest is not None and self._at_hand(near.digest):
            layer = layer_above(near, image)
            if not layer and image.counters == near.counters:
                image.digest = near.digest
                return near.digest
            documents = sum(map(len, image.tables.values()))
            if documents < LEAST_BELOW or len(layer) > documents // 4 or self._is_layer(near.digest):
                layer = None
        new_file = self.new_file()
        digest = write_file(new_file, image, layer=layer)
        self.take_in(new_file, digest, shared=layer is None)
        return digest

    def take_in(self, new_file: Path, digest: str, *, shared: bool = True) -> None:
        """Give a file that was written beside its name. OSError where that fails, and then it is gone.

        `shared`: others may find it in the pool. A layer is not, for they would not have its base.
        """
        try:
            os.replace(new_file, self.path(digest))
        except OSError:
            remove(new_file)
            raise
        sync_directory(self._directory)
        if not shared:
            return
        with suppress(OSError):
            self._pool.mkdir(mode=0o700, exist_ok=True)
            os.link(self.path(digest), self._pool / (digest + SUFFIX))

    def get(self, digest: str) -> Image:
        """The image with this digest. StartError where it is damaged or missing."""
        return read_image(self.path(digest), digest)

    def unneeded(self, keep: Collection[str]) -> set[str]:
        """The images here that are neither in `keep` nor the base of one that is."""
        try:
            bases = {self._base_of(digest) for digest in keep}
        except (OSError, StartError):
            return set()  # rather too much stays than the base of an image that cannot be read just now
        return {path.name.removesuffix(SUFFIX) for path in self._directory.glob("*" + SUFFIX)} - {*keep} - bases

    def drop(self, digests: Collection[str]) -> None:
        """Remove images, as far as they can be."""
        for digest in digests:
            remove(self.path(digest))

    def sweep(self) -> None:
        """Remove what was being written when it was given up."""
        for path in self._directory.glob("image.*.new"):
            remove(path)

    def _base_of(self, digest: str) -> str | None:
        if digest not in self._bases:
            if not self.path(digest).exists():
                return None
            self._bases[digest] = base_of(self.path(digest))
        return self._bases[digest]

    def _is_layer(self, digest: str) -> bool:
        try:
            return self._base_of(digest) is not None
        except StartError:
            return True  # nothing is to lie above what is damaged

    def _at_hand(self, digest: str) -> bool:
        if self.path(digest).exists():
            return True
        try:
            os.link(self._pool / (digest + SUFFIX), self.path(digest))
        except OSError:
            return False  # it is not in the pool, or links cannot be made here: then it is written anew
        sync_directory(self._directory)
        return True
