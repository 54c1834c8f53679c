"""The services of the control plane, and the argument of each of its operations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive

from openapi.contract import Contract, KeyPlaces
from sandbox.control.ephemeral_workspaces import EphemeralWorkspaces
from sandbox.control.long_polling import LongPolling
from sandbox.control.redelivery_limit import RedeliveryLimit
from sandbox.control.request_rate import RequestRate
from sandbox.control.resets import Resets
from sandbox.control.uploads import Uploads
from sandbox.edge.durability import Durability
from sandbox.edge.exchange import Answer, Exchange
from sandbox.edge.local_access import LocalAccessPolicy
from sandbox.edge.rate_limit import RateLimiter
from sandbox.edge.request_limits import BodyLimits
from sandbox.edge.security import Keyring
from sandbox.edge.traffic import Traffic
from sandbox.engine import Binding, Engine, Permissions, Result
from sandbox.fair_scheduler import FairScheduler
from sandbox.quotas import Quotas
from sandbox.state.api_keys import Key
from sandbox.state.clock import Clock
from sandbox.state.registry import Registry
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces

RECEIVE = "sandbox.receive"
"""Where in the scope the plane puts `receive`, for an operation that reads its body itself."""
UPLOAD = "uploadSnapshot"
"""The operation that does, and that takes more than the others."""
SECONDS_TO_UPLOAD = 120


@dataclass(frozen=True)
class Services:
    """The machine that the control plane commands.

    `contract` and `binding` are those of the API, `clock` is the server's, `default_limit` so many requests in so many
    seconds, `allowed_hosts` are the names under which the control plane answers beside loopback's. `local_access` decides who
    may use test keys; None where there are none. `scheduler` does what takes long. `followers` are to be stopped before the
    server waits for the answers that are under way. `is_hosted` says that others than the owner of the machine reach the server.
    """

    contract: Contract
    binding: Binding
    engine: Engine
    workspaces: Workspaces
    registry: Registry
    resets: Resets
    ephemeral: EphemeralWorkspaces
    limiter: RateLimiter
    keyring: Keyring
    key_places: KeyPlaces
    durability: Durability
    clock: Clock
    scheduler: FairScheduler
    default_limit: tuple[int, int]
    quotas: Quotas
    allowed_hosts: frozenset[str]
    local_access: LocalAccessPolicy | None
    is_hosted: bool
    followers: LongPolling
    uploads: Uploads
    control_rate: RequestRate
    traffic: Traffic
    redelivery_limit: RedeliveryLimit = field(default_factory=RedeliveryLimit)

    @property
    def upload_limits(self) -> BodyLimits:
        """Of the body of an upload."""
        return BodyLimits(self.quotas.max_upload_size, SECONDS_TO_UPLOAD, self.traffic.bodies)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one operation, by a key that may make it: the workspace is the key's own, and held open."""

    exchange: Exchange
    workspace: Workspace
    services: Services
    receive: Receive

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters of path and query, checked, with their defaults."""
        return self.exchange.params

    @property
    def body(self) -> dict[str, Any]:
        """The body, checked."""
        body: dict[str, Any] = self.exchange.body
        return body

    @property
    def key(self) -> Key:
        """The key by which the call was made."""
        key: Key = self.exchange.actor
        return key

    @property
    def permissions(self) -> Permissions:
        """What a role may see and change, by the contract in force."""
        return self.services.engine.permissions


Handler = Callable[[Call], Awaitable[Result | Answer]]
"""Does what an operation says. It raises a Refusal, and then nothing has changed. Where it waits, it goes on only while its key is valid."""
