"""The images in the directory of a workspace, each written once for all directories that need it.

A file is hard-linked into each of them, and into a pool where others find it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import count
from pathlib import Path
from weakref import WeakSet

from sandbox.errors import StartError
from sandbox.fair_scheduler import Pause, no_pause
from sandbox.state.frames import sync_directory
from sandbox.state.image import Image
from sandbox.state.image_file import SUFFIX, base_of, read_image, remove
from sandbox.state.image_writing import ImageFileWriting, ImageWriting, NothingToWrite


class Images:
    """The images in one directory, and the pool of all directories, which it links them into where links can be made."""

    def __init__(self, directory: Path, pool: Path, remover: Callable[[Path], object] = remove) -> None:
        """`remover` removes a file, maybe in a thread."""
        self._directory, self._pool, self._remove = directory, pool, remover
        self._numbers = count(1)
        self._bases: dict[str, str | None] = {}
        self._being_written: WeakSet[ImageFileWriting] = WeakSet()

    def path(self, digest: str) -> Path:
        return self._directory / (digest + SUFFIX)

    def new_file(self) -> Path:
        """A new name for a file that is being written."""
        return self._directory / f"image.{next(self._numbers)}.new"

    def put(self, image: Image, near: Image | None = None) -> str:
        """See to it that the image is in the directory; its digest. OSError where it cannot be written.

        `near` is one that may share most documents with it: then they are not written once more.
        """
        writing = self.begin_put(image, near)
        writing.run(no_pause)
        return writing.finish()

    def begin_put(self, image: Image, near: Image | None = None) -> ImageWriting:
        """The same for a thread: what is returned is to be run there, and finished here."""
        if image.digest is not None and self._at_hand(image.digest):
            return NothingToWrite(image, lambda: self._linked(image))
        if near is None or near.digest is None or not self._at_hand(near.digest):
            near = None
        near_is_a_layer = near is not None and near.digest is not None and self._is_layer(near.digest)
        writing = ImageFileWriting(image, self.new_file(), near, near_is_a_layer=near_is_a_layer, take_in=self._finish)
        self._being_written.add(writing)
        return writing

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

    def get(self, digest: str, pause: Pause = no_pause) -> Image:
        """The image with this digest; in any thread. StartError where it is damaged or missing."""
        return read_image(self.path(digest), digest, pause=pause)

    def unneeded(self, keep: Collection[str]) -> set[str]:
        """The images here that are neither in `keep` nor the base of one that is."""
        try:
            bases = {self._base_of(digest) for digest in keep}
        except (OSError, StartError):
            return set()  # rather too much stays than the base of an image that cannot be read just now
        return {path.name.removesuffix(SUFFIX) for path in self._directory.glob("*" + SUFFIX)} - {*keep} - bases

    def drop(self, digests: Collection[str]) -> None:
        """Remove images, as far as they can be: at once by their names, while to free the room of a large file may take a while."""
        for digest in digests:
            going = self.new_file()
            with suppress(OSError):
                os.replace(self.path(digest), going)
                self._remove(going)

    def sweep(self) -> None:
        """Remove what was being written when it was given up."""
        needed = {one.new_file for one in self._being_written}
        for path in self._directory.glob("image.*.new"):
            if path not in needed:
                remove(path)

    def _linked(self, image: Image) -> str:
        """The digest of one that was at hand a moment ago."""
        if image.digest is not None and self._at_hand(image.digest):
            return image.digest
        image.digest = None
        return self.put(image)

    def _finish(self, writing: ImageFileWriting) -> str:
        self._being_written.discard(writing)
        if writing.digest is None or (writing.base is not None and not self._at_hand(writing.base)):
            writing.drop()  # what it lies upon was let go of meanwhile
            writing.image.digest = None
            return self.put(writing.image)
        if writing.is_written:
            self.take_in(writing.new_file, writing.digest, shared=writing.base is None)
        writing.image.digest = writing.digest
        return writing.digest

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
