"""Which snapshots a key may download, upload and restore, depending on the collections in them.

A download with documents that the key may not see is rejected rather than filtered: restoring an incomplete file would
lose data silently. A key that may not change a collection through the API may not replace it with a snapshot either.
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
    """Raises Forbidden if the world has documents or counters of a collection that the key may not read completely."""
    permissions, role = call.permissions, call.key.role
    hidden = [one for one in call.services.contract.resources if not permissions.may_read_whole(role, one) and _has_any(world, one)]
    if hidden:
        what = "A file without them could not be restored completely, so an administrator's key is needed"
        raise Forbidden(f"Snapshot {name} contains {_named(hidden)}, which a key with the role {role} may not read. {what}")


def refuse_upload(permissions: Permissions, role: str, file: File, known: Iterable[str]) -> None:
    """Raises Forbidden if a file has documents or counters of a collection, of those known, that the role may not change."""
    restricted = [name for name in known if not permissions.may_write(role, name)]
    counted = {_collection_of(name) for name, count in file.counters.items() if bytes(count) != b"0"}
    refused = [name for name in restricted if name in counted or (name in file.collections and pieces(file.collections[name], name, Faults()))]
    if refused:
        raise Forbidden(f"The file contains {_named(refused)}, which a key with the role {role} may not change; an administrator's key is needed")


def refuse_restore(call: Call, name: str) -> None:
    """Raises Forbidden if the restore would change a collection that the key may not change.

    Also raises what `Snapshots.world` raises. There must be no await between this check and the restore.
    """
    permissions, role = call.permissions, call.key.role
    now, then = call.workspace.image().world(), call.workspace.snapshots.world(name)
    names = {*now.tables, *then.tables, *filter(None, map(_collection_of, (*now.counters, *then.counters)))}
    refused = sorted(one for one in names if not permissions.may_write(role, one) and _of(now, one) != _of(then, one))
    if refused:
        what = f"They differ between snapshot {name} and now, so an administrator's key is needed"
        raise Forbidden(f"A key with the role {role} may not change {_named(refused)}. {what}")


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
