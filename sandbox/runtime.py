"""Everything below HTTP that outlives a request: keys, workspaces, resets, and the contract in use."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from openapi.wording import counted, was_or_were
from sandbox import log
from sandbox.cache_directory import cache_directory
from sandbox.control.ephemeral_workspaces import EphemeralWorkspaces
from sandbox.control.resets import Resets
from sandbox.control.schedule import DailySchedule
from sandbox.errors import StartError
from sandbox.loaded_contract import LoadedContract
from sandbox.progress import Progress
from sandbox.seeding.fixture_files import Credential
from sandbox.settings import Settings
from sandbox.state.clock import Clock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.data_quota import DataQuota
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from sandbox.state.registry import Registry
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces


@dataclass
class Runtime:
    """What a server holds; `loaded` is the contract in force."""

    loaded: LoadedContract
    registry: Registry
    workspaces: Workspaces
    resets: Resets
    ephemeral: EphemeralWorkspaces

    def follow(self, loaded: LoadedContract) -> None:
        """On the event loop, between two requests: put another contract in force, with everything kept that is stored."""
        before, self.loaded = self.loaded, loaded
        self.resets.follow(loaded.worlds)
        self.workspaces.follow(loaded.plan, loaded.worlds.get, loaded.compatibility.fingerprint)
        before.worlds.close()

    async def tick(self) -> None:
        """What is due by the clock: ephemeral workspaces end, others are reset."""
        await self.ephemeral.tick()
        await self.resets.tick()

    def images(self) -> list[tuple[str, Image]]:
        """What is in each workspace that is open, by name."""
        return [(one.name, one.image()) for one in self.workspaces.all_opened()]


def world_cache_directory(settings: Settings) -> Path:
    """Where large worlds are kept from one start to the next."""
    return (settings.data_dir or cache_directory()) / "worlds"


def runtime_of(
    settings: Settings,
    loaded: LoadedContract,
    clock: Clock,
    notify: Callable[[str], None],
    test_keys: Sequence[Credential] = (),
    open_windows_anew: Callable[[str], None] = lambda workspace: None,
    progress: Progress | None = None,
) -> Runtime:
    """`notify` is handed a sentence for all that is found damaged or unfit. Raises StartError."""
    with settings.named("scenario"):
        loaded.worlds.known(settings.scenario)
    with settings.named("data_dir"):
        directory = DataDirectory(settings.data_dir) if settings.data_dir is not None else None
    try:
        registry = _registry(settings, clock, directory, test_keys, notify)
    except BaseException as problem:
        if directory is not None:
            directory.close()
        if isinstance(problem, OSError):
            raise StartError(f"The data directory {settings.data_dir} cannot be written: {problem.strerror}.") from problem
        raise
    quotas = settings.quotas_in_force
    workspaces = Workspaces(
        clock,
        loaded.plan,
        partial(loaded.worlds.get, progress=progress),
        registry,
        directory,
        begins_with=(settings.scenario, settings.seed),
        durability=settings.durability,
        contract=loaded.compatibility.fingerprint,
        quota=DataQuota.of(quotas),
    )
    for warning in (*(directory.warnings if directory is not None else ()), *workspaces.strays()):
        notify(warning)
    schedule = DailySchedule(settings.reset_at, settings.reset_zone)
    resets = Resets(workspaces, loaded.worlds, schedule, clock, open_windows_anew, large_interval=quotas.large_reset_interval)
    ephemeral = EphemeralWorkspaces(registry, workspaces, resets, clock, (settings.scenario, settings.seed), open_windows_anew)
    ephemeral.remove_expired()
    runtime = Runtime(loaded, registry, workspaces, resets, ephemeral)

    def on_open(workspace: Workspace) -> None:
        resets.on_open(workspace)
        if workspace.recovered_bytes:
            notify(_cut_off(f"workspace {workspace.name}", workspace.recovered_bytes))
        for misfit in runtime.loaded.compatibility.look_at(workspace):
            notify(misfit)

    workspaces.on_open = on_open
    return runtime


@contextmanager
def closed_on_failure(runtime: Runtime) -> Iterator[Runtime]:
    """Lets go of the data where the block fails."""
    try:
        yield runtime
    except BaseException:
        runtime.workspaces.close()
        raise


class Findings:
    """What is found when data are opened: the banner tells it, and of what is opened later the log."""

    def __init__(self) -> None:
        self._gathered: list[str] = []
        self._banner_is_printed = False

    def take(self, finding: str) -> None:
        if self._banner_is_printed:
            log.error(finding)
        else:
            self._gathered.append(finding)

    def gathered(self) -> list[str]:
        """All so far; what is found from now on is logged."""
        self._banner_is_printed = True
        return self._gathered


def _registry(
    settings: Settings, clock: Clock, directory: DataDirectory | None, test_keys: Sequence[Credential], notify: Callable[[str], None]
) -> Registry:
    persistence = None
    if directory is not None:
        persistence = DiskPersistence(directory.server_journal, directory.pool, durability=settings.durability, verify=directory.verify)
    registry = Registry(clock, secrets.token_bytes, persistence, with_test_keys=settings.takes_test_keys, quotas=settings.quotas_in_force)
    if persistence is not None and persistence.recovered_bytes:
        notify(_cut_off("workspaces and keys", persistence.recovered_bytes))
    for one in test_keys:
        registry.adopt_test_key(one.workspace, one.label, one.role, one.key, revoked=one.revoked)
    return registry


def _cut_off(where: str, size: int) -> str:
    return f"{where}: the last write had not been finished when the server ended; its {counted(size, 'byte')} {was_or_were(size)} cut off"
