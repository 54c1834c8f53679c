"""Which images of a workspace are still needed: the base of its journal, and its snapshots. Others may be deleted."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from weakref import ref

from sandbox.state.image import Image
from sandbox.state.image_directory import Images


class RetainedImages:
    """Those in one directory. `certain` says whether all that was committed is kept for good, so that nothing can be taken back."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._base: ref[Image] | None = None
        self._base_digest: str | None = None
        self._put_lately: set[str] = set()
        self._to_go: set[str] = set()

    def build_on(self, base: Image | None) -> int:
        """The journal builds on an image from now on, or on none; the bytes of its file."""
        self._base = None if base is None else ref(base)
        self._base_digest = None if base is None else base.digest
        if self._base_digest is not None:
            with suppress(OSError):
                return self._images.path(self._base_digest).stat().st_size
        return 0

    def put(self, world: Image) -> str:
        """Put an image aside; its digest. OSError where that fails."""
        digest = self._images.put(world, self._base() if self._base is not None else None)
        self._put_lately.add(digest)
        self._to_go &= self._images.unneeded({digest})
        return digest

    def tidy(self, keep: Collection[str], *, certain: bool) -> None:
        """Let go of the images that are neither in `keep` nor the base of the journal."""
        self._to_go = self._images.unneeded({*keep, *self._put_lately, *([self._base_digest] if self._base_digest else [])})
        self.let_go(certain=certain)

    def let_go(self, *, certain: bool) -> None:
        # A commit that needs an image no more may still be taken back, and then the image is needed again.
        if self._to_go and certain:
            self._images.drop(self._to_go)
            self._to_go = set()

    def committed(self) -> None:
        """After a commit, whatever was put aside is named by one, or will never be."""
        if self._put_lately:
            self._put_lately.clear()

    def keep_all(self) -> None:
        """What was to go may be needed again."""
        self._to_go.clear()

    def drop_all(self) -> None:
        self._base_digest = None
        self._put_lately.clear()
        self._images.drop(self._images.unneeded(()))
        self._images.sweep()
