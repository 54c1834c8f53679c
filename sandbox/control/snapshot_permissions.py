"""Which snapshots a key may take away, bring in and restore, by what is in them.

A snapshot is whole or it is nothing: a file without what the key may not see could not be restored without losing that,
so such a download is refused, not cut. And who may not change a collection by the API does not replace it by a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openapi.wording import listed
from sandbox.control.context import Call
from sandbox.control.snapshot_file import INVOICE_COUNTER
from sandbox.control.snapshot_parser import Faults, File, pieces
from sandbox.engine import Permissions
from sandbox.errors import Forbidden
from sandbox.state.changes import id_counter
from sandbox.state.image import Image

_INVOICES = "invoices"


def refuse_download(call: Call, name: str, world: Image) -> None:
    """Raises Forbidden where the world has anything of a collection that the key may not read whole."""
    permissions, role = call.permissions, call.key.role
    unseen = [one for one in call.services.contract.resources if not permissions.may_read_whole(role, one) and _has_any(world, one)]
    if unseen:
        what = "a file without them could not be restored whole"
        raise Forbidden(
            f"Snapshot {name} holds {_named(unseen)}, which a key with the role {role} may not read; {what}, so an administrator's is needed"
        )


def refuse_upload(permissions: Permissions, role: str, file: File, known: Iterable[str]) -> None:
    """Raises Forbidden where a file brings anything of a collection of those known that the role may not change."""
    kept = [name for name in known if not permissions.may_write(role, name)]
    counted = {_collection_of(name) for name, count in file.counters.items() if bytes(count) != b"0"}
    refused = [name for name in kept if name in counted or (name in file.collections and pieces(file.collections[name], name, Faults()))]
    if refused:
        raise Forbidden(f"The file holds {_named(refused)}, which a key with the role {role} may not change; an administrator's is needed")


def refuse_restore(call: Call, name: str) -> None:
    """Raises Forbidden where the snapshot would change a collection that the key may not change; what is the same stays so.

    What `Snapshots.world` raises, too; nothing may be waited for between this and the restore.
    """
    permissions, role = call.permissions, call.key.role
    here, there = call.workspace.image().world(), call.workspace.snapshots.world(name)
    names = {*here.tables, *there.tables, *filter(None, map(_collection_of, (*here.counters, *there.counters)))}
    refused = sorted(one for one in names if not permissions.may_write(role, one) and _of(here, one) != _of(there, one))
    if refused:
        what = f"in snapshot {name} they are others than now, and an administrator's key is needed"
        raise Forbidden(f"A key with the role {role} may not change {_named(refused)}; {what}")


def _has_any(world: Image, collection: str) -> bool:
    documents, counters = _of(world, collection)
    return bool(documents or any(counters.values()))


def _of(world: Image, collection: str) -> tuple[Mapping[int, Any], Mapping[str, int]]:
    """Its documents and counters."""
    return world.tables.get(collection, {}), {name: count for name, count in world.counters.items() if _collection_of(name) == collection}


def _collection_of(counter: str) -> str | None:
    if counter.startswith(id_counter("")):
        return counter.removeprefix(id_counter(""))
    return _INVOICES if counter.startswith(INVOICE_COUNTER) else None


def _named(collections: Sequence[str]) -> str:
    return listed(collections, "and")
