"""Whoever opens a workspace waits for it, however long its world takes; and nobody else does."""

import asyncio
import threading
from collections.abc import Callable

from sandbox.edge.gateway import open_workspace
from sandbox.state.workspace import Workspace
from tests.asgi import Sandbox

MORE_THAN_THERE_ARE_THREADS = 64


def test_many_who_wait_for_one_workspace_leave_the_threads_to_others(make_sandbox: Callable[..., Sandbox]) -> None:
    server, gate = make_sandbox().server, threading.Event()
    server.workspaces.create("slow", "empty", 0)
    opened: list[Workspace] = []

    def slowly(workspace: Workspace) -> None:
        opened.append(workspace)
        assert gate.wait(10)

    server.workspaces.on_open = slowly

    async def run() -> list[Workspace]:
        try:
            waiting = [asyncio.create_task(open_workspace(server.workspaces, "slow")) for _ in range(MORE_THAN_THERE_ARE_THREADS)]
            await asyncio.sleep(0)
            assert await asyncio.wait_for(asyncio.to_thread(threading.current_thread), 5)
            waiting.pop().cancel()
        finally:
            gate.set()
        return await asyncio.gather(*waiting)

    found = asyncio.run(run())
    assert len(opened) == 1
    assert all(one is opened[0] for one in found)
