"""The composition root: read this page, know the machine."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from platformdirs import user_cache_path
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.contract import Contract, load_contract
from openapi.document import DocumentError
from sandbox import log
from sandbox.control.admin_socket import AdminSocket
from sandbox.control.administration import Administration
from sandbox.control.plane import PREFIX, ControlPlane
from sandbox.control.resets import Resets
from sandbox.control.schedule import DailySchedule, Ticker
from sandbox.control.services import Services
from sandbox.domain import ALL_RULES
from sandbox.edge.api import connexion_app
from sandbox.edge.body import BodyLimits
from sandbox.edge.dispatch import Dispatch
from sandbox.edge.durability import Durability
from sandbox.edge.front import Front
from sandbox.edge.rate_limit import Limit, RateLimiter
from sandbox.edge.request_log import RequestLog
from sandbox.edge.routing import Router
from sandbox.edge.security import Keyring
from sandbox.engine import Binding, Engine, Fitness, bind, index_plan
from sandbox.errors import StartError
from sandbox.progress import Progress
from sandbox.seeding.files import Credential, credentials
from sandbox.seeding.world import Seeder
from sandbox.seeding.worlds import Worlds
from sandbox.settings import Settings
from sandbox.state.clock import Clock, SystemClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.disk import DiskKeeping
from sandbox.state.registry import DEFAULT, Registry
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces


@dataclass(frozen=True)
class Server:
    """A whole sandbox: the ASGI application, what runs beside it, and what the banner says of it. Close it at the end."""

    app: ASGIApp
    contract: Contract
    workspaces: Workspaces
    administration: Administration
    beside: Beside
    test_keys: tuple[Credential, ...]
    begun_before: bool
    warnings: tuple[str, ...]

    def close(self) -> None:
        """Close the data; a second call does nothing."""
        self.workspaces.close()


class Beside:
    """What runs on the event loop beside the application: the schedule, and the socket for commands."""

    def __init__(self, ticker: Ticker, worlds: Worlds, admin_socket: AdminSocket | None) -> None:
        self._ticker, self._worlds, self._admin_socket = ticker, worlds, admin_socket

    async def start(self) -> None:
        """Begin, on the running loop."""
        if self._admin_socket is not None:
            await self._admin_socket.start()
        self._ticker.start()

    async def stop(self) -> None:
        """End, also a world that is being built; a second call does nothing."""
        self._ticker.stop()
        self._worlds.close()
        if self._admin_socket is not None:
            await self._admin_socket.stop()


def build(settings: Settings, clock: Clock | None = None, progress: Progress | None = None) -> Server:
    """Everything put together; `progress` is told of a world that takes long to build.

    Raises StartError, or DocumentError for the contract, with one sentence.
    """
    clock = clock or SystemClock()
    contract, binding = _contract(settings.spec)
    test_keys = credentials() if settings.on_loopback else ()
    begun_before = settings.data_dir is not None and DataDirectory.holds(settings.data_dir, DEFAULT)
    limiter = RateLimiter(Limit(*settings.rate_limit))
    findings = _Findings()
    with _closed_on_failure(_state(settings, contract, binding, clock, findings.take, test_keys, limiter.open_anew, progress)) as state:
        # Opened now, so that a damaged journal or an unknown scenario stops the start, not a request.
        for name in dict.fromkeys((DEFAULT, *(one.workspace for one in test_keys))):
            state.workspaces.get(name)
    services = Services(
        contract=contract,
        binding=binding,
        engine=Engine(contract, binding, secrets.token_bytes),
        workspaces=state.workspaces,
        registry=state.registry,
        resets=state.resets,
        limiter=limiter,
        keyring=Keyring(state.registry),
        key_places=contract.key_places,
        durability=Durability(),
        clock=clock,
        default_limit=settings.rate_limit,
        allowed_hosts=frozenset({settings.host.lower(), *settings.allowed_hosts}),
    )
    administration = Administration(state.registry, state.workspaces, state.resets)
    return Server(
        app=_application(settings, services),
        contract=contract,
        workspaces=state.workspaces,
        administration=administration,
        beside=Beside(Ticker(state.resets.tick), state.worlds, None if settings.data_dir is None else AdminSocket(settings.data_dir, administration)),
        test_keys=test_keys,
        begun_before=begun_before,
        warnings=(*(f"{one}; switched off" for one in binding.switched_off), *findings.gathered()),
    )


def _application(settings: Settings, services: Services) -> ASGIApp:
    """The API and, unless it is switched off, the control plane beside it."""
    limits = BodyLimits()
    dispatch = Dispatch(services.contract, services.engine, services.keyring, services.workspaces.get, services.durability)
    api = Front(
        connexion_app(services.contract, dispatch, limits, stock=settings.stack == "stock"),
        router=Router(services.contract),
        keyring=services.keyring,
        key_places=services.key_places,
        limiter=services.limiter,
        clock=services.clock,
        workspaces=services.workspaces,
        next_reset=lambda: services.resets.announced,
        log=RequestLog(enabled=settings.log_requests),
        limits=limits,
    )
    return _beside(api, ControlPlane(limits, services=services)) if settings.control == "on" else api


@contextmanager
def offline(settings: Settings) -> Iterator[Administration]:
    """What `sandbox keys` and the like work with where no server runs: the data, under its lock, without HTTP."""
    contract, binding = _contract(settings.spec)
    state = _state(settings, contract, binding, SystemClock(), log.error)
    try:
        yield Administration(state.registry, state.workspaces, state.resets)
    finally:
        state.workspaces.close()


@dataclass(frozen=True)
class _State:
    """Everything below HTTP."""

    registry: Registry
    worlds: Worlds
    workspaces: Workspaces
    resets: Resets


def _state(
    settings: Settings,
    contract: Contract,
    binding: Binding,
    clock: Clock,
    tell: Callable[[str], None],
    test_keys: tuple[Credential, ...] = (),
    clock_went_back: Callable[[str], None] = lambda workspace: None,
    progress: Progress | None = None,
) -> _State:
    plan = index_plan(contract)
    directory = DataDirectory(settings.data_dir) if settings.data_dir is not None else None
    try:
        registry = _registry(settings, clock, directory, test_keys, tell)
        cache = directory.path / "worlds" if directory is not None else user_cache_path("business-suite-sandbox") / "worlds"
        worlds = Worlds(settings.spec, Seeder(contract, binding, plan), cache)
        worlds.known(settings.scenario)
    except BaseException as problem:
        if directory is not None:
            directory.close()
        if isinstance(problem, OSError):
            raise StartError(f"The data directory {settings.data_dir} cannot be written: {problem.strerror}.") from problem
        raise
    fitness = Fitness(contract, binding)
    workspaces = Workspaces(
        clock,
        plan,
        partial(worlds.get, progress=progress),
        registry,
        directory,
        begins_with=(settings.scenario, settings.seed),
        durability=settings.durability,
        contract=fitness.fingerprint,
    )
    resets = Resets(workspaces, worlds, DailySchedule(settings.reset_at, settings.reset_zone), clock, clock_went_back)

    def on_open(workspace: Workspace) -> None:
        resets.on_open(workspace)
        if workspace.recovered_bytes:
            tell(_cut_off(f"workspace {workspace.name}", workspace.recovered_bytes))
        for misfit in fitness.look_at(workspace):
            tell(misfit)

    workspaces.on_open = on_open
    return _State(registry, worlds, workspaces, resets)


def _registry(
    settings: Settings, clock: Clock, directory: DataDirectory | None, test_keys: tuple[Credential, ...], tell: Callable[[str], None]
) -> Registry:
    keeping = None
    if directory is not None:
        keeping = DiskKeeping(directory.server_journal, directory.pool, durability=settings.durability)
    registry = Registry(clock, secrets.token_bytes, keeping, with_test_keys=settings.on_loopback)
    if keeping is not None and keeping.recovered_bytes:
        tell(_cut_off("workspaces and keys", keeping.recovered_bytes))
    for one in test_keys:
        registry.adopt_test_key(one.workspace, one.label, one.role, one.key, revoked=one.revoked)
    return registry


@contextmanager
def _closed_on_failure(state: _State) -> Iterator[_State]:
    try:
        yield state
    except BaseException:
        state.workspaces.close()
        raise


class _Findings:
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


def _cut_off(where: str, size: int) -> str:
    return f"{where}: the last write had not been finished when the server ended; its {size} bytes were cut off"


def _contract(spec: Path | None) -> tuple[Contract, Binding]:
    """The project's own contract, or the one given with `--spec`, for which rules may be switched off."""
    if spec is not None:
        _refuse_what_is_not_openapi(spec)
    contract = load_contract(spec)
    return contract, bind(contract, ALL_RULES, lenient=spec is not None)


def _refuse_what_is_not_openapi(spec: Path) -> None:
    """The project's own document is checked by its tests; an author's edit is checked here."""
    from openapi_spec_validator import OpenAPIV30SpecValidator

    from openapi.document import json_path, read_document

    for error in OpenAPIV30SpecValidator(read_document(spec)).iter_errors():
        # Where one of several forms must fit, the form that was meant is the one that fitted furthest.
        while error.context:
            error = max(error.context, key=lambda one: len(one.absolute_path))
        # The message begins with the value at fault, which may be half the document.
        what = str(error.message).split("\n", 1)[0]
        raise DocumentError(str(spec), json_path(error.absolute_path), what if len(what) <= 200 else f"… {what[-160:]}")


def _beside(api: ASGIApp, control: ASGIApp) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        below = scope["type"] == "http" and (scope["path"] == PREFIX or scope["path"].startswith(f"{PREFIX}/"))
        await (control if below else api)(scope, receive, send)

    return application
