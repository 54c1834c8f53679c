"""An image on its way into a file: begun and finished on the event loop, written in a thread in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sandbox.fair_scheduler import Pause
from sandbox.state.image import Image
from sandbox.state.image_file import Layer, layer_above, remove, write_file

LEAST_BELOW = 5_000
"""From how many documents on an image may be written as a layer; fewer are written in milliseconds anyway."""


class ImageWriting(Protocol):
    """One image that is being put aside."""

    image: Image

    def run(self, pause: Pause) -> None:
        """In any thread. OSError, or what `pause` raises, leave nothing behind."""

    def finish(self) -> str:
        """On the event loop, after `run`: the digest, by which the image is found. OSError."""

    def drop(self) -> None:
        """Instead of `finish`: nobody needs it."""

    @property
    def near(self) -> Image | None:
        """What a later image of the same workspace may be written upon, with what differs alone."""


class NothingToWrite:
    """Where images are kept in memory, or this one is on the disk already."""

    def __init__(self, image: Image, digest: Callable[[], str]) -> None:
        self.image, self._digest = image, digest

    def run(self, pause: Pause) -> None:
        pass

    def finish(self) -> str:
        return self._digest()

    def drop(self) -> None:
        pass

    @property
    def near(self) -> Image | None:
        return self.image


class ImageFileWriting:
    """Written to `new_file`; upon `near`, which may share most documents with it, where that takes less. `take_in` gives the file its place."""

    def __init__(
        self, image: Image, new_file: Path, near: Image | None, *, near_is_a_layer: bool, take_in: Callable[[ImageFileWriting], str]
    ) -> None:
        self.image, self.new_file = image, new_file
        self._near, self._near_is_a_layer, self._take_in = near, near_is_a_layer, take_in
        self.digest: str | None = None
        self.base: str | None = None
        """The digest of the image that the file lies upon, or that it would only have repeated."""
        self.is_written = False

    def run(self, pause: Pause) -> None:
        layer = self._layer()
        if layer is not None and not layer and self._near is not None and self.image.counters == self._near.counters:
            self.digest = self.base = self._near.digest
            return
        if layer is not None and self._is_worth_it(layer):
            self.base = layer.base
        else:
            layer = None
        self.digest = write_file(self.new_file, self.image, pause, layer)
        self.is_written = True

    def finish(self) -> str:
        return self._take_in(self)

    @property
    def near(self) -> Image | None:
        return self.image if self.base is None else self._near

    def drop(self) -> None:
        """Nobody needs it."""
        remove(self.new_file)

    def _layer(self) -> Layer | None:
        return None if self._near is None else layer_above(self._near, self.image)

    def _is_worth_it(self, layer: Layer) -> bool:
        documents = sum(map(len, self.image.tables.values()))
        return documents >= LEAST_BELOW and len(layer) <= documents // 4 and not self._near_is_a_layer
