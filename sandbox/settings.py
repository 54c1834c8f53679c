"""Every setting of the server, in one place: flags come first, then the environment, then `sandbox.toml`, then these defaults.

pydantic-settings would read them too, but takes a quarter of the server's start to load.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo

from msgspec import Meta

from openapi.vocabulary import nearest
from openapi.wording import quoted
from sandbox import setting_values
from sandbox.errors import StartError
from sandbox.loopback import is_loopback, resolves_to_loopback
from sandbox.quotas import Quotas, Unit, in_force, quotas, shown
from sandbox.setting_values import GREATEST_SEED

SETTINGS_FILE = "sandbox.toml"
ENVIRONMENT = "SANDBOX_"
OF_COMMANDS = ("api_key", "webhook_secret")
"""What else the environment may say: which sandbox listen and sandbox examine-receiver ask for."""
_LOOPBACK = ("127.0.0.0/8", "::1")
_HOSTED_CEILING = (36_000, 3_600)
"""Ten requests a second."""
_OF_A_SERVICE = re.compile(r"(NAME|ENV_.*|SERVICE_.*|PORT_[0-9]+_(TCP|UDP|SCTP).*)")
_LINK = re.compile(r"(tcp|udp|sctp)://")
_MISSPELT = 0.65
"""How near the name of a variable must come to a setting's; what is further from all is somebody else's."""


class Settings(Quotas, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one server. Each is a flag (`--rate-limit`) and an environment variable (`SANDBOX_RATE_LIMIT`)."""

    host: Annotated[str, Meta(description="Address to listen on; test keys work on loopback only.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port to listen on; 0 selects a free port.")] = 8000
    data_dir: Annotated[Path | None, Meta(description="Directory to store the data in; without it, data is kept in memory.")] = None
    durability: Annotated[Literal["os", "power"], Meta(description="What a write survives: kill -9 (os), or a power failure too (power).")] = "os"
    scenario: Annotated[str, Meta(description="Initial data of a new workspace: demo, empty, overdue, busy or nasty.")] = "demo"
    seed: Annotated[int, Meta(description="The same scenario and seed give the same data.")] = 42
    spec: Annotated[Path | None, Meta(description="OpenAPI document to serve instead of the project's own.")] = None
    reload: Annotated[bool, Meta(description="Watch the document and apply each valid edit at once, without losing data.")] = False
    rate_limit: Annotated[tuple[int, int], Meta(description="Rate limit of each key, as requests/seconds.")] = (1000, 3600)
    max_rate_limit: Annotated[
        tuple[int, int] | None,
        Meta(description="Highest rate limit that a workspace may set for itself; off loopback 36000/3600 unless given."),
    ] = None
    reset_at: Annotated[time | None, Meta(description="Time of day at which every workspace is reset, or never.")] = time(3)
    reset_zone: Annotated[ZoneInfo, Meta(description="Time zone of --reset-at.")] = ZoneInfo("UTC")
    control: Annotated[Literal["on", "off"], Meta(description="The control plane /_sandbox: on or off.")] = "on"
    test_keys: Annotated[
        Literal["auto", "on", "off"], Meta(description="Public test keys: auto (on loopback without --trusted-proxies), on, or off.")
    ] = "auto"
    allowed_hosts: Annotated[
        tuple[str, ...], Meta(description="Comma-separated host names for the control plane, and for requests to the API with test keys.")
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...], Meta(description="Comma-separated origins whose web pages may use test keys, in addition to those on this machine.")
    ] = ()
    allow_local_webhooks: Annotated[bool, Meta(description="Allow webhooks to call this machine.")] = False
    webhook_networks: Annotated[tuple[str, ...], Meta(description="Comma-separated private networks that webhooks may call.")] = ()
    webhook_rate: Annotated[int, Meta(description="Calls per second to each host and port, from all webhooks.")] = 10
    trusted_proxies: Annotated[tuple[str, ...], Meta(description="Comma-separated addresses or networks whose X-Forwarded-For is trusted.")] = ()
    quotas: Annotated[
        Literal["auto", "on", "off"], Meta(description="Quotas as for hosting: on, off, or on if others can reach the server (auto).")
    ] = "auto"
    stack: Annotated[Literal["fast", "stock"], Meta(description="Middleware: fast, or stock for Connexion's own, to compare.")] = "fast"
    log_requests: Annotated[bool, Meta(description="Write a line to stderr for each request, with address and key label.")] = False
    format: Annotated[Literal["text", "json"], Meta(description="Startup message: text, or json, one line for programs.")] = "text"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can connect to the server. Others can still have a program on this machine connect for them."""
        return is_loopback(self.host) or resolves_to_loopback(self.host)

    @property
    def takes_test_keys(self) -> bool:
        """Whether test keys are valid at all; `edge/local_access` decides for each request."""
        return self.test_keys != "off" and not self.is_hosted

    @property
    def quotas_in_force(self) -> Quotas:
        """Every quota with its number: as for hosting where others can reach the server."""
        return in_force(self, hosted=self.is_hosted if self.quotas == "auto" else self.quotas == "on")

    @property
    def is_hosted(self) -> bool:
        """Whether others than the owner of this machine may reach the server: off loopback, or through a proxy."""
        return not self.on_loopback or bool(self.trusted_proxies)

    @property
    def rate_ceiling(self) -> tuple[int, int] | None:
        """What a workspace may set for itself at most, unless the server gives everybody more than is usual; None: anything."""
        if self.max_rate_limit is not None or not self.is_hosted:
            return self.max_rate_limit
        return max(self.rate_limit, _HOSTED_CEILING, key=lambda limit: limit[0] / limit[1])

    @property
    def open_to_webhooks(self) -> tuple[str, ...]:
        """The networks that webhooks may call though they are not public."""
        return (*self.webhook_networks, *(_LOOPBACK if self.allow_local_webhooks else ()))

    def is_chosen(self, name: str) -> bool:
        """Whether the user wrote a setting, or it is another than the default."""
        return bool(getattr(self, name) != getattr(Settings(), name))

    def written(self, name: str) -> str:
        """Where the user wrote a setting: its flag, its variable, or its line of the file."""
        return _flag(name)

    @contextmanager
    def named(self, name: str) -> Iterator[None]:
        """A StartError within the block begins with where that setting was written."""
        try:
            yield
        except StartError as problem:
            raise StartError(f"{self.written(name)}: {problem}") from problem


class _Loaded(Settings, frozen=True, kw_only=True):
    """Settings that know where each was written."""

    sources: dict[str, str]

    def is_chosen(self, name: str) -> bool:
        return name in self.sources

    def written(self, name: str) -> str:
        return self.sources.get(name, _flag(name))


def load_settings(flags: Mapping[str, Any]) -> Settings:
    """The settings; a flag that is None was not given. Raises StartError, in one sentence, for a bad value."""
    chosen = {name: (f"{SETTINGS_FILE}: {name}", value) for name, value in _file().items()}
    chosen |= _environment(os.environ)
    chosen |= {name: (_flag(name), flags[name]) for name in Settings.__struct_fields__ if flags.get(name) is not None}
    values = {name: understood(name, source, value) for name, (source, value) in chosen.items()}
    settings = _Loaded(**values, sources={name: source for name, (source, _) in chosen.items()})
    _refuse_public_test_keys(settings)
    return settings


def _refuse_public_test_keys(settings: Settings) -> None:
    """Raises StartError for `on` if other machines can reach the server.

    It would not be enough to accept them from loopback peers there: a port forwarder on this machine, of a container or a
    tunnel, is a loopback peer too, and need not leave a trace in the request.
    """
    if settings.test_keys != "on" or settings.takes_test_keys:
        return
    why = f"{settings.written('trusted_proxies')} is set" if settings.on_loopback else f"{settings.host} is not a loopback address"
    raise StartError(
        f"{settings.written('test_keys')}: test keys are public and cannot be enabled here: {why}; "
        "use auto, and create keys of your own with `sandbox keys create`"
    )


def understood(name: str, source: str, value: Any) -> Any:
    """A setting's value from what was written. Raises StartError, which names the source."""
    try:
        return _reader(name)(value)
    except ValueError as error:
        raise StartError(f"{source}: {error}") from None


def refuse_misspelt(environ: Mapping[str, str]) -> None:
    """Raises StartError for a variable that is nearly one of ours: what it says would be left out unseen.

    Others set variables that begin as ours do: an orchestrator sets some for each service, one that is called `sandbox` too.
    """
    known = {*Settings.__struct_fields__, *OF_COMMANDS}
    for variable, value in environ.items():
        name = variable[len(ENVIRONMENT) :]
        if not variable.upper().startswith(ENVIRONMENT) or not value or _OF_A_SERVICE.fullmatch(name):
            continue
        near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=_MISSPELT)
        if near and variable != _variable(near[0]):
            raise StartError(f"{variable}: unknown setting; did you mean {quoted(_variable(near[0]))}?")


def _environment(environ: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """What it says of the settings: an empty variable says nothing, nor does the port of a service that is called `sandbox`."""
    refuse_misspelt(environ)
    found = {name: (_variable(name), environ.get(_variable(name), "")) for name in Settings.__struct_fields__}
    return {name: (source, value) for name, (source, value) in found.items() if value and not (name == "port" and _LINK.match(value))}


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _variable(name: str) -> str:
    return f"{ENVIRONMENT}{name.upper()}"


def _file() -> dict[str, Any]:
    try:
        text = Path(SETTINGS_FILE).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise StartError(f"{SETTINGS_FILE}: is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise StartError(f"{SETTINGS_FILE}: cannot be read: {error.strerror}") from None
    import tomllib  # most starts have no such file

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StartError(f"{SETTINGS_FILE}: is not TOML: {error}") from None
    for name in content:
        if name not in Settings.__struct_fields__:
            raise StartError(f"{SETTINGS_FILE}: unknown setting {quoted(name)}; {nearest(name, Settings.__struct_fields__)}")
    return content


# How a setting is written that is more than its type.
_WRITTEN: Mapping[str, Callable[[Any], Any]] = {
    "port": partial(setting_values.whole_number, least=0, most=65535),
    "seed": partial(setting_values.whole_number, least=0, most=GREATEST_SEED),
    "data_dir": setting_values.path,
    "spec": setting_values.path,
    "rate_limit": setting_values.rate,
    "max_rate_limit": setting_values.rate,
    "trusted_proxies": setting_values.addresses,
    "webhook_networks": setting_values.addresses,
    "webhook_rate": partial(setting_values.whole_number, least=1, most=1000),
    "allowed_hosts": setting_values.host_names,
    "allowed_origins": setting_values.origins,
    "reset_at": setting_values.time_of_day,
    "reset_zone": setting_values.zone,
}
_UNITS: Mapping[str, Unit] = {name: quota.unit for name, _, quota in quotas()}


def _reader(name: str) -> Callable[[Any], Any]:
    if name in _WRITTEN:
        return _WRITTEN[name]
    if name in _UNITS:
        return partial(setting_values.quota, unit=_UNITS[name])
    kind = get_type_hints(Settings)[name]
    if kind is bool:
        return setting_values.truth
    return partial(setting_values.choice, known=known) if (known := get_args(kind)) else setting_values.text


def describe(name: str) -> str:
    """A setting's own sentence, and its default where that says something."""
    if name in _UNITS:
        return _describe_quota(name)
    facts = get_type_hints(Settings, include_extras=True)[name].__metadata__[0]
    default = getattr(Settings(), name)
    shown = "/".join(map(str, default)) if isinstance(default, tuple) else default
    if isinstance(shown, time):
        shown = f"{shown:%H:%M}"
    return f"{facts.description}" + (f"  [default: {shown}]" if shown not in (None, False, "") else "")


def _describe_quota(name: str) -> str:
    sentence, quota = next((sentence, quota) for known, sentence, quota in quotas() if known == name)
    return f"{sentence}  [hosted: {shown(quota.hosted, quota.unit)}; on this machine: {shown(quota.local, quota.unit)}]"
