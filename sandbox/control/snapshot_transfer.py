"""Download and upload of snapshots as files. Both may take seconds, and run in a thread, one at a time."""

from __future__ import annotations

import asyncio

from openapi.contract import Contract
from sandbox.control.context import UPLOAD, Call, Handler, Services
from sandbox.control.snapshot_file import written
from sandbox.control.snapshot_permissions import refuse_download
from sandbox.control.snapshot_validation import SnapshotReader
from sandbox.control.snapshots import shown
from sandbox.edge.exchange import JSON, Answer
from sandbox.edge.request_limits import read_body, refuse_by_kind
from sandbox.edge.responses import etag
from sandbox.engine import Result
from sandbox.state.image import Image

_AT_A_TIME = 1  # a large file takes several times its size of memory


class Transfers:
    """The two operations of one server."""

    def __init__(self, services: Services) -> None:
        self._contract: Contract = services.contract
        self._reader = SnapshotReader(
            services.contract, services.binding, services.engine.permissions, services.clock, services.engine.entropy, services.quotas
        )
        self._room = asyncio.Semaphore(_AT_A_TIME)
        self.operations: dict[str, Handler] = {"downloadSnapshot": self.download, UPLOAD: self.upload}

    async def download(self, call: Call) -> Answer:
        """The file, whose name is the snapshot's and so a safe one. Raises Forbidden where the key may not see all of it."""
        name = call.params["name"]
        world = call.workspace.snapshots.world(name)
        refuse_download(call, name, world)
        async with self._room:
            body, tag = await asyncio.to_thread(self._written, world)
        disposition = f'attachment; filename="{name}.json"'
        headers = ((b"content-type", JSON), (b"content-disposition", disposition.encode()), (b"etag", tag), (b"cache-control", b"private, no-cache"))
        return Answer(200, body, headers)

    async def upload(self, call: Call) -> Result:
        """A snapshot from a file. Raises Invalid for a name that is taken, and for all that is wrong with the file; LimitExceeded beside others.

        Forbidden for documents of a collection that the key may not change.
        """
        name, limits = call.params["name"], call.services.upload_limits
        refuse_by_kind(call.exchange)
        with call.services.uploads.one_of(call.workspace.name), limits.budget.hold(*call.exchange.client) as hold:
            raw = await read_body(call.exchange, call.receive, limits, hold)
            return await self._take_in(call, name, raw)

    async def _take_in(self, call: Call, name: str, raw: bytes) -> Result:
        call.workspace.snapshots.refuse(name)
        async with self._room:
            world = await asyncio.to_thread(self._reader.read, raw, call.key.role)
        call.services.keyring.confirm(call.key)  # it may be gone by now, and the workspace with it
        return Result(shown(call.workspace.snapshots.add(name, world, created_at=call.services.clock.now())))

    def _written(self, world: Image) -> tuple[bytes, bytes]:
        body = written(world, self._contract)
        return body, etag(body)
