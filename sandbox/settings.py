"""Every setting of the server, in one place: flags come first, then the environment, then `sandbox.toml`, then these defaults.

msgspec checks them. pydantic-settings would too, but takes a quarter of the server's start to load.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msgspec import Meta, Struct, ValidationError, convert

from openapi.vocabulary import nearest
from sandbox.errors import StartError

SETTINGS_FILE = "sandbox.toml"
_LOOPBACK = ("127.0.0.0/8", "::1")
ENVIRONMENT = "SANDBOX_"
_RATE = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_PLACE = re.compile(r" - at `\$\.(\w+).*`$")
Positive = Annotated[int, Meta(gt=0)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one server. Each is a flag (`--rate-limit`) and an environment variable (`SANDBOX_RATE_LIMIT`)."""

    host: Annotated[str, Meta(description="Address to listen on; test keys work on loopback only.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    data_dir: Annotated[Path | None, Meta(description="Directory that keeps the data; without it, they live in memory.")] = None
    durability: Annotated[Literal["os", "power"], Meta(description="What a write survives: kill -9 (os), or a power cut too (power).")] = "os"
    scenario: Annotated[str, Meta(description="A new workspace begins with demo, empty, overdue, busy or nasty.")] = "demo"
    seed: Annotated[int, Meta(ge=0, description="The same scenario and seed give the same data.")] = 42
    spec: Annotated[Path | None, Meta(description="Another OpenAPI document to serve, to try a change.")] = None
    reload: Annotated[bool, Meta(description="Watch that document, and serve each sound edit at once, with all data kept.")] = False
    rate_limit: Annotated[tuple[Positive, Positive], Meta(description="Requests per seconds for each key.")] = (1000, 3600)
    reset_at: Annotated[time | None, Meta(description="Time of day when every workspace is reset; never switches it off.")] = time(3)
    reset_zone: Annotated[ZoneInfo, Meta(description="Time zone of --reset-at.")] = ZoneInfo("UTC")
    control: Annotated[Literal["on", "off"], Meta(description="The control plane /_sandbox: on, or off.")] = "on"
    allowed_hosts: Annotated[tuple[str, ...], Meta(description="Host names, with commas, under which the control plane answers.")] = ()
    allow_local_webhooks: Annotated[bool, Meta(description="Let webhooks call this machine.")] = False
    webhook_networks: Annotated[tuple[str, ...], Meta(description="Networks, with commas, that webhooks may call though they are not public.")] = ()
    trusted_proxies: Annotated[tuple[str, ...], Meta(description="Addresses or networks, with commas, whose X-Forwarded-For counts.")] = ()
    stack: Annotated[Literal["fast", "stock"], Meta(description="The middleware: fast, or Connexion's own (stock) to compare.")] = "fast"
    log_requests: Annotated[bool, Meta(description="Write a line for each request.")] = False
    format: Annotated[Literal["text", "json"], Meta(description="What is printed when it is ready: text, or one line of JSON for a program.")] = (
        "text"
    )

    @property
    def on_loopback(self) -> bool:
        """Whether nobody but this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def open_to_webhooks(self) -> tuple[str, ...]:
        """The networks that webhooks may call though they are not public."""
        return (*self.webhook_networks, *(_LOOPBACK if self.allow_local_webhooks else ()))


def load_settings(flags: Mapping[str, Any]) -> Settings:
    """The settings; a flag that is None was not given. Raises StartError, in one sentence, for a bad value."""
    chosen: dict[str, tuple[str, Any]] = {name: (f"{SETTINGS_FILE}: {name}", value) for name, value in _file().items()}
    for name in Settings.__struct_fields__:
        variable = f"{ENVIRONMENT}{name.upper()}"
        if variable in os.environ:
            chosen[name] = (variable, os.environ[variable])
        if flags.get(name) is not None:
            chosen[name] = (f"--{name.replace('_', '-')}", flags[name])
    values = {name: _understood(name, source, value) for name, (source, value) in chosen.items()}
    try:
        return convert(values, Settings, strict=False, dec_hook=_other_type)
    except ValidationError as error:
        found = _PLACE.search(str(error))
        source, value = chosen[found[1]] if found else (SETTINGS_FILE, None)
        what = _PLACE.sub("", str(error)).replace("`", "")
        hint = f"; known are {_choices(found[1])}" if found and "enum" in what else f", not {value!r}"
        raise StartError(f"{source}: {what}{hint}") from None


def _choices(name: str) -> str:
    """The values of a setting that has a few."""
    return ", ".join(get_args(get_type_hints(Settings)[name]))


def _file() -> dict[str, Any]:
    try:
        text = Path(SETTINGS_FILE).read_text(encoding="utf-8")
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
            raise StartError(f"{SETTINGS_FILE}: unknown setting {name!r}; {nearest(name, Settings.__struct_fields__)}")
    return content


def _rate(text: str) -> tuple[int, int]:
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not of the form requests/seconds, such as 1000/3600")
    return int(found[1]), int(found[2])


def _addresses(text: str) -> tuple[str, ...]:
    addresses = tuple(part.strip() for part in text.split(",") if part.strip())
    for address in addresses:
        try:
            ipaddress.ip_network(address)
        except ValueError:
            raise ValueError(f"{address!r} is neither an address nor a network such as 10.0.0.0/8") from None
    return addresses


def _host_names(text: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no host name such as sandbox.your-domain.com; it has no port and no scheme")
    return names


def _time_of_day(text: str) -> time | None:
    if text == "never":
        return None
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text!r} is neither a time of day such as 03:00 nor never")
    return time.fromisoformat(text)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = difflib.get_close_matches(text, available_timezones(), n=1, cutoff=0.6)
        raise ValueError(f"{text!r} is no time zone such as Europe/Berlin" + (f"; did you mean {known[0]!r}?" if known else "")) from None


# How a setting is written that JSON has no value for; it is written alike everywhere.
_WRITTEN: Mapping[str, Callable[[str], Any]] = {
    "rate_limit": _rate,
    "trusted_proxies": _addresses,
    "webhook_networks": _addresses,
    "allowed_hosts": _host_names,
    "reset_at": _time_of_day,
    "reset_zone": _zone,
}


def _understood(name: str, source: str, value: Any) -> Any:
    if name not in _WRITTEN or isinstance(value, tuple | time | ZoneInfo):  # TOML has times of its own
        return value
    try:
        return _WRITTEN[name](",".join(map(str, value)) if isinstance(value, list) else str(value))
    except ValueError as error:
        raise StartError(f"{source}: {error}") from None


def _other_type(kind: type, value: Any) -> Any:
    """Msgspec knows neither paths nor time zones; the latter were understood before."""
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    if kind is ZoneInfo and isinstance(value, ZoneInfo):
        return value
    raise TypeError


def describe(name: str) -> str:
    """A setting's own sentence, and its default where that says something."""
    facts = get_type_hints(Settings, include_extras=True)[name].__metadata__[0]
    default = getattr(Settings(), name)
    shown = "/".join(map(str, default)) if isinstance(default, tuple) else default
    if isinstance(shown, time):
        shown = f"{shown:%H:%M}"
    return f"{facts.description}" + (f"  [default: {shown}]" if shown not in (None, False, "") else "")
