"""The composition root: read this page, know the machine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.contract import Contract, load_contract
from openapi.document import DocumentError
from sandbox.control.plane import PREFIX, ControlPlane
from sandbox.domain import ALL_RULES
from sandbox.edge.api import connexion_app
from sandbox.edge.body import BodyLimits
from sandbox.edge.dispatch import Dispatch
from sandbox.edge.front import Front
from sandbox.edge.rate_limit import Limit, RateLimiter
from sandbox.edge.request_log import RequestLog
from sandbox.edge.routing import Router
from sandbox.edge.security import Actor, Keyring, digest_of
from sandbox.engine import Binding, Engine, bind, index_plan
from sandbox.errors import StartError
from sandbox.seeding.files import Credential, credentials
from sandbox.seeding.world import Seeder
from sandbox.settings import Settings
from sandbox.state.clock import Clock, SystemClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.values import Image
from sandbox.state.workspaces import Workspaces


@dataclass(frozen=True)
class Server:
    """A whole sandbox: the ASGI application, its workspaces (close them at the end), and what the banner says of it."""

    app: ASGIApp
    contract: Contract
    workspaces: Workspaces
    test_keys: tuple[Credential, ...]
    begun_before: bool
    warnings: tuple[str, ...]


def build(settings: Settings, clock: Clock | None = None) -> Server:
    """Everything put together. Raises StartError, or DocumentError for the contract, with one sentence."""
    clock = clock or SystemClock()
    contract, binding = _contract(settings.spec)
    test_keys = credentials() if settings.on_loopback else ()
    begun_before = settings.data_dir is not None and DataDirectory.holds(settings.data_dir, "default")
    workspaces = _workspaces(settings, contract, binding, clock, test_keys)
    engine = Engine(contract, binding, secrets.token_bytes)
    limits = BodyLimits()
    dispatch = Dispatch(contract, engine, workspaces.get)
    api = Front(
        connexion_app(contract, dispatch, limits, stock=settings.stack == "stock"),
        router=Router(contract),
        keyring=_keyring(test_keys),
        key_places=contract.key_places,
        limiter=RateLimiter(Limit(*settings.rate_limit)),
        clock=clock,
        clock_of=lambda workspace: workspaces.get(workspace).clock,
        log=RequestLog(enabled=settings.log_requests),
        limits=limits,
    )
    return Server(_beside(api, ControlPlane(limits)), contract, workspaces, test_keys, begun_before, tuple(_warnings(binding, workspaces)))


def _warnings(binding: Binding, workspaces: Workspaces) -> Iterator[str]:
    yield from (f"{one}; switched off" for one in binding.switched_off)
    if cut_off := workspaces.get("default").recovered_bytes:
        yield f"the last write had not been finished when the server ended; its {cut_off} bytes were cut off"


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


def _workspaces(settings: Settings, contract: Contract, binding: Binding, clock: Clock, test_keys: tuple[Credential, ...]) -> Workspaces:
    plan = index_plan(contract)
    seeder = Seeder(contract, binding, plan)
    worlds: dict[str, Image] = {}

    def world(name: str) -> Image:
        # A seeded world is a value: built once, and shared by all workspaces that begin with it.
        if settings.scenario not in worlds:
            worlds[settings.scenario] = seeder.build(settings.scenario, settings.seed)
        return worlds[settings.scenario]

    directory = DataDirectory(settings.data_dir) if settings.data_dir is not None else None
    workspaces = Workspaces(clock, plan, world, directory)
    try:
        # Opened now, so that a damaged journal or an unknown scenario stops the start, not a request.
        for name in sorted({"default", *(one.workspace for one in test_keys)}):
            workspaces.get(name)
    except StartError:
        workspaces.close()
        raise
    return workspaces


def _keyring(test_keys: tuple[Credential, ...]) -> Keyring:
    actors: Mapping[str, Actor] = {
        digest_of(one.key): Actor(digest_of(one.key), one.label, one.role, one.workspace) for one in test_keys if not one.revoked
    }
    return Keyring(actors)


def _beside(api: ASGIApp, control: ASGIApp) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        below = scope["type"] == "http" and (scope["path"] == PREFIX or scope["path"].startswith(f"{PREFIX}/"))
        await (control if below else api)(scope, receive, send)

    return application
