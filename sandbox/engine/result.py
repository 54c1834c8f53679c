"""The result of a verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Result:
    """What a verb found or did: the data, where a page stands in its list, a remark, the id of a new object."""

    __slots__ = ("created", "data", "message", "meta")

    def __init__(self, data: Any = None, meta: Mapping[str, int] | None = None, message: str | None = None, created: int | None = None) -> None:
        self.data, self.meta, self.message, self.created = data, meta, message, created
