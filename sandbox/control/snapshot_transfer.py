"""Snapshots on their way out and in as files. Both may take seconds, and are worked on in a thread, by turns between workspaces."""

from __future__ import annotations

from functools import partial
from hashlib import blake2b

from openapi.contract import Contract
from sandbox.control.context import UPLOAD, Call, Handler, Services
from sandbox.control.snapshot_file import portions
from sandbox.control.snapshot_permissions import refuse_download
from sandbox.control.snapshot_scanner import SnapshotScanner
from sandbox.control.snapshot_validation import SnapshotReader
from sandbox.control.snapshots import in_a_thread, shown, write
from sandbox.edge.exchange import JSON, Answer
from sandbox.edge.request_limits import read_in_portions, refuse_by_kind
from sandbox.edge.responses import strong_etag
from sandbox.engine import Result
from sandbox.fair_scheduler import Pause
from sandbox.state.image import Image
from sandbox.state.indexed_rows import let_go


class Transfers:
    """The two operations of one server."""

    def __init__(self, services: Services) -> None:
        self._contract: Contract = services.contract
        self._reader = SnapshotReader(
            services.contract, services.binding, services.engine.permissions, services.clock, services.engine.entropy, services.quotas
        )
        self.operations: dict[str, Handler] = {"downloadSnapshot": self.download, UPLOAD: self.upload}

    async def download(self, call: Call) -> Answer:
        """The file, whose name is the snapshot's and so a safe one. Raises Forbidden where the key may not see all of it."""
        name = call.params["name"]
        snapshots = call.workspace.snapshots
        read, stays = snapshots.reader(name), snapshots.is_in_memory(name)

        def file_of(pause: Pause) -> tuple[tuple[bytes, ...], bytes]:
            world = read(pause)
            try:
                refuse_download(call, name, world)
                return self._written(world, pause)
            finally:
                if not stays:  # it was read for this alone
                    for table in world.tables.values():
                        let_go(table, pause)

        unsent = call.services.traffic.unsent.hold(*call.exchange.counted_for)
        unsent.refuse_where_full()
        parts, tag = await in_a_thread(call, file_of)
        unsent.refuse_where_full()
        disposition = f'attachment; filename="{name}.json"'
        headers = ((b"content-type", JSON), (b"content-disposition", disposition.encode()), (b"etag", tag), (b"cache-control", b"private, no-cache"))
        return Answer(200, b"", headers, parts, unsent)

    async def upload(self, call: Call) -> Result:
        """A snapshot from a file. Raises Invalid for a name that is taken, and for all that is wrong with the file; LimitExceeded beside others.

        Forbidden for documents of a collection that the key may not change.
        """
        name, limits = call.params["name"], call.services.upload_limits
        refuse_by_kind(call.exchange)
        with call.services.uploads.one_of(call.workspace.name), limits.budget.hold(*call.exchange.counted_for) as hold:
            scanner = SnapshotScanner()
            await read_in_portions(call.exchange, call.receive, limits, hold, lambda part: in_a_thread(call, partial(scanner.feed, part)))
            return await self._take_in(call, name, scanner)

    async def _take_in(self, call: Call, name: str, scanner: SnapshotScanner) -> Result:
        snapshots = call.workspace.snapshots
        snapshots.refuse(name)
        world = await in_a_thread(call, lambda pause: self._reader.read(scanner, call.key.role, pause))
        writing = snapshots.begin(world, name=name)
        await write(call, writing)
        return Result(shown(snapshots.finish(name, writing, created_at=call.services.clock.now())))

    def _written(self, world: Image, pause: Pause) -> tuple[tuple[bytes, ...], bytes]:
        """The file in parts, and its tag."""
        parts, content = [], blake2b(digest_size=12)
        for part in portions(world, self._contract, pause):
            parts.append(part)
            content.update(part)
        return tuple(parts), strong_etag(content.digest())
