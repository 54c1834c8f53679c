"""The composition root: it creates all parts of a server and connects them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from starlette.types import Receive, Scope, Send

from openapi.contract import Contract
from sandbox import log
from sandbox.background import BackgroundTasks, Reloading
from sandbox.control.admin_commands import AdminCommands
from sandbox.control.admin_socket import AdminSocket
from sandbox.control.application import PREFIX, ControlPlane
from sandbox.control.context import Services
from sandbox.control.long_polling import LongPolling
from sandbox.control.request_rate import RequestRate
from sandbox.control.uploads import Uploads
from sandbox.domain import ALL_RULES
from sandbox.domain.rules import Rules
from sandbox.domain.webhooks import address_rules, number_rules
from sandbox.edge.access_log import AccessLog
from sandbox.edge.connexion_app import connexion_app
from sandbox.edge.dispatch import Dispatch
from sandbox.edge.durability import Durability
from sandbox.edge.exchange import path_of, with_common_headers
from sandbox.edge.gateway import Gateway
from sandbox.edge.local_access import LocalAccessPolicy
from sandbox.edge.rate_limit import Limit, RateLimiter
from sandbox.edge.request_limits import BodyLimits
from sandbox.edge.request_target import is_below
from sandbox.edge.routing import Router
from sandbox.edge.security import Keyring
from sandbox.edge.stages import Validation, stages_of
from sandbox.edge.traffic import Traffic
from sandbox.engine import Engine
from sandbox.events import outbox
from sandbox.events.delivery_worker import DeliveryWorker
from sandbox.events.dns import RecentAnswers, Resolver
from sandbox.events.http_client import Sender
from sandbox.events.outbox import Outbox
from sandbox.events.ssrf_guard import SsrfGuard
from sandbox.events.waiting_calls import WaitingCall
from sandbox.events.webhook_rate_limiter import WebhookRateLimiter
from sandbox.fair_scheduler import FairScheduler
from sandbox.loaded_contract import LoadedContract, Spec, compile_contract, file_of
from sandbox.progress import Progress
from sandbox.quotas import UNLIMITED, Quotas
from sandbox.runtime import Findings, Runtime, closed_on_failure, runtime_of, world_cache_directory
from sandbox.seeding.fixture_files import Credential, credentials
from sandbox.settings import Settings
from sandbox.state.clock import Clock, SystemClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.registry import DEFAULT
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces

Notify = Callable[[str], None]
_BEGINNINGS = (PREFIX[1], "%")


@dataclass(frozen=True)
class Server:
    """A whole sandbox: the ASGI application, what runs beside it, and what the banner says of it. Close it at the end."""

    app: Application
    contract: Contract
    workspaces: Workspaces
    scheduler: FairScheduler
    admin_commands: AdminCommands
    background_tasks: BackgroundTasks
    test_keys: tuple[Credential, ...]
    had_data: bool
    warnings: tuple[str, ...]

    def close(self) -> None:
        """Close the data; a second call does nothing."""
        self.scheduler.close()
        self.workspaces.close()


def build(settings: Settings, clock: Clock | None = None, progress: Progress | None = None, notify: Notify = log.info) -> Server:
    """Everything put together; `progress` is told of a world that takes long to build, `notify` of each edit of a contract that is watched.

    Raises StartError, or DocumentError for the contract, with one sentence.
    """
    clock = clock or SystemClock()
    guard = SsrfGuard(settings.open_to_webhooks, RecentAnswers(Resolver()))
    quotas = settings.quotas_in_force
    rules = (*ALL_RULES, address_rules(guard.fault), *((number_rules(quotas.max_webhooks),) if quotas.max_webhooks < UNLIMITED else ()))
    loaded = compile_contract(Spec.read(settings.spec, edited=settings.reload), rules, world_cache_directory(settings))
    test_keys = credentials() if settings.takes_test_keys else ()
    had_data = settings.data_dir is not None and DataDirectory.holds(settings.data_dir, DEFAULT)
    ceiling = None if settings.rate_ceiling is None else Limit(*settings.rate_ceiling)
    limiter = RateLimiter(Limit(*settings.rate_limit), ceiling, quotas.max_addresses)
    findings = Findings()
    durability = Durability()
    with closed_on_failure(runtime_of(settings, loaded, clock, findings.take, test_keys, limiter.open_anew, progress)) as runtime:
        delivery_worker = _delivery_worker(runtime.workspaces, Sender(guard), clock, durability, _webhook_rate_limiter(settings), quotas)
        # Opened now, so that a damaged journal or an unknown scenario stops the start, not a request.
        for name in dict.fromkeys((DEFAULT, *(one.workspace for one in test_keys))):
            runtime.workspaces.get(name)
    allowed_hosts = frozenset({settings.host.lower(), *settings.allowed_hosts})
    services = Services(
        contract=loaded.contract,
        binding=loaded.binding,
        engine=_engine(loaded, quotas),
        workspaces=runtime.workspaces,
        registry=runtime.registry,
        resets=runtime.resets,
        ephemeral=runtime.ephemeral,
        limiter=limiter,
        keyring=Keyring(runtime.registry),
        key_places=loaded.contract.key_places,
        durability=durability,
        clock=clock,
        scheduler=runtime.resets.scheduler,
        default_limit=settings.rate_limit,
        quotas=quotas,
        allowed_hosts=allowed_hosts,
        local_access=LocalAccessPolicy(allowed_hosts, settings.allowed_origins) if settings.takes_test_keys else None,
        is_hosted=settings.is_hosted,
        followers=LongPolling(quotas.max_long_polls, quotas.max_key_long_polls),
        uploads=Uploads(quotas.max_uploads, quotas.max_workspace_uploads),
        control_rate=RequestRate(quotas.max_control_rate),
        traffic=Traffic(quotas, settings.trusted_proxies),
    )
    application = Application(settings, services)
    admin_commands = AdminCommands(runtime.registry, runtime.workspaces, runtime.resets)
    admin_socket = None if settings.data_dir is None else AdminSocket(settings.data_dir, admin_commands)
    reloading = _reloading(settings, rules, runtime, services, application, notify) if settings.reload else None
    return Server(
        app=application,
        contract=loaded.contract,
        workspaces=runtime.workspaces,
        scheduler=services.scheduler,
        admin_commands=admin_commands,
        background_tasks=BackgroundTasks(delivery_worker, runtime, services.followers, admin_socket, reloading),
        test_keys=test_keys,
        had_data=had_data,
        warnings=(*(f"{one}; switched off" for one in loaded.binding.switched_off), *findings.gathered()),
    )


def _engine(loaded: LoadedContract, quotas: Quotas) -> Engine:
    return Engine(loaded.contract, loaded.binding, secrets.token_bytes, Outbox(secrets.token_bytes, quotas))


def _webhook_rate_limiter(settings: Settings) -> WebhookRateLimiter[WaitingCall]:
    """A rate that somebody chose holds for this machine too."""
    return WebhookRateLimiter(settings.webhook_rate, strict=settings.is_chosen("webhook_rate"))


def _delivery_worker(
    workspaces: Workspaces, sender: Sender, clock: Clock, durability: Durability, limiter: WebhookRateLimiter[WaitingCall], quotas: Quotas
) -> DeliveryWorker:
    """The delivery worker of all workspaces that are opened from now on."""
    delivery_worker = DeliveryWorker(workspaces, sender, clock, durability.wait_until_durable, limiter=limiter)
    before = workspaces.on_open

    def on_open(workspace: Workspace) -> None:
        before(workspace)
        delivery_worker.on_open(workspace)
        outbox.keep_short(workspace, quotas.max_events)

    workspaces.on_open, workspaces.on_close = on_open, delivery_worker.on_close
    return delivery_worker


class Application:
    """The API behind its gateway and, unless it is switched off, the control plane beside it. A request stays with the gateway that it came to."""

    def __init__(self, settings: Settings, services: Services) -> None:
        self.traffic = services.traffic
        self._settings, self._limits = settings, replace(BodyLimits(), budget=services.traffic.bodies)
        self._log = AccessLog(enabled=settings.log_requests)
        self._gateway = self._gateway_of(services)
        self._control = ControlPlane(self._limits, services=services, log=self._log) if settings.control == "on" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway = self.gateway_to(path_of(scope)) if scope["type"] == "http" else self._gateway
        await (gateway or self._control or self._gateway)(scope, receive, with_common_headers(send))

    def gateway_to(self, path: str) -> Gateway | None:
        """The gateway of the API to a path as it was sent; None below `/_sandbox`, where the control plane answers."""
        perhaps = path[1:2] in _BEGINNINGS and self._control is not None  # most paths need no closer look
        return None if perhaps and is_below(PREFIX, path) else self._gateway

    def prepare(self, services: Services) -> Callable[[], None]:
        """In any thread: what serving another contract needs. What is returned begins to, on the event loop."""
        gateway = self._gateway_of(services)
        control_follows = self._control.prepare(services) if self._control else None

        def take_over() -> None:
            self._gateway = gateway
            if control_follows:
                control_follows()

        return take_over

    def _gateway_of(self, services: Services) -> Gateway:
        contract = services.contract
        dispatch = Dispatch(contract, services.engine, services.keyring, services.workspaces.get, services.durability, services.scheduler)
        validation = Validation(contract, self._limits, services.scheduler)
        stages = stages_of(validation, dispatch)
        stock = self._settings.stack == "stock"
        # Whoever waits for the disk, or wants to see Connexion's own stack, takes the ordinary path alone.
        # So does whoever wants to see in the log for whom a proxy speaks, which the ordinary path alone looks up.
        logs_forwarded = self._settings.log_requests and bool(self._settings.trusted_proxies)
        has_fast_path = not stock and not logs_forwarded and self._settings.durability == "os"
        return Gateway(
            connexion_app(contract, validation, stages.handle, stock=stock),
            functions=stages.functions(contract.operations.values()) if has_fast_path else {},
            conditional=stages.conditional(contract.operations.values()) if has_fast_path else {},
            router=Router(contract),
            keyring=services.keyring,
            key_places=services.key_places,
            local_access=services.local_access,
            limiter=services.limiter,
            clock=services.clock,
            workspaces=services.workspaces,
            durability=services.durability,
            next_reset=lambda: services.resets.next_reset_header,
            log=self._log,
            limits=self._limits,
            traffic=services.traffic,
        )


def _reloading(
    settings: Settings, rules: tuple[Rules, ...], runtime: Runtime, services: Services, application: Application, notify: Notify
) -> Reloading:
    """What puts each sound edit of the contract in force, while requests go on."""
    from sandbox.reloading.reloader import Reloader, Successor  # which compares documents, and is for authors alone

    def prepare(spec: Spec) -> Successor:
        loaded = compile_contract(spec, rules, world_cache_directory(settings), before=runtime.loaded)
        contract = loaded.contract
        is_served = application.prepare(
            replace(services, contract=contract, binding=loaded.binding, engine=_engine(loaded, services.quotas), key_places=contract.key_places)
        )

        def take_over() -> None:
            runtime.follow(loaded)
            is_served()

        return Successor(loaded, take_over)

    return Reloader(file_of(settings.spec), runtime, prepare, notify)


@contextmanager
def offline(settings: Settings) -> Iterator[AdminCommands]:
    """What `sandbox keys` and the like work with where no server runs: the data, under its lock, without HTTP."""
    runtime = runtime_of(settings, compile_contract(Spec.read(settings.spec), ALL_RULES, world_cache_directory(settings)), SystemClock(), log.error)
    try:
        yield AdminCommands(runtime.registry, runtime.workspaces, runtime.resets)
    finally:
        runtime.workspaces.close()
