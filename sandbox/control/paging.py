"""Paging of the control plane's lists, as in the API (decision `paging`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")


def page_of(items: Sequence[Item], params: Mapping[str, Any]) -> tuple[Sequence[Item], dict[str, int]]:
    """The items of the page that is asked for, and where it stands in the list."""
    page, limit = params["page"], params["limit"]
    meta = {"current_page": page, "total_pages": -(-len(items) // limit), "total_records": len(items)}
    return items[(page - 1) * limit : page * limit], meta
