"""How each kind of setting is parsed, from an option, the environment or the file. A ValueError says what would be right."""

from __future__ import annotations

import difflib
import ipaddress
import json
import os
import re
from collections.abc import Sequence
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from openapi.wording import quoted
from sandbox.quotas import GIB, KIB, MIB, UNLIMITED, Unit

GREATEST_SEED = 2**53 - 1
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)
_RATE = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_PORTS = {"http": 80, "https": 443}
_SIZE = re.compile(r"([0-9]{1,18}) ?(B|bytes|KiB|MiB|GiB)?", re.ASCII)
_FACTORS = {"KiB": KIB, "MiB": MIB, "GiB": GIB}
_GREATEST_QUOTA = 2**53 - 1
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def whole_number(value: Any, least: int, most: int) -> int:
    """Every spelling of it that a file or a person uses."""
    number = value
    if (isinstance(value, str) and _WHOLE.fullmatch(value.strip())) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise ValueError(f"must be a whole number from {least} to {most}, not {_shown(value)}")
    return number


def quota(value: Any, unit: Unit) -> int:
    """A number of things, of bytes (`64MiB`), or of seconds; `none` where there is to be no limit."""
    if value == "none" and unit != "seconds":
        return UNLIMITED
    if unit == "bytes" and (found := _SIZE.fullmatch(_words(value).strip())):
        return whole_number(int(found[1]) * _FACTORS.get(found[2], 1), 1, _GREATEST_QUOTA)
    if unit == "bytes":
        raise ValueError(f"{quoted(_words(value))} is neither a size such as 64MiB nor none")
    if unit == "seconds":
        return whole_number(value, 0, _GREATEST_QUOTA)
    try:
        return whole_number(value, 1, _GREATEST_QUOTA)
    except ValueError:
        raise ValueError(f"must be none or a whole number from 1 to {_GREATEST_QUOTA}, not {_shown(value)}") from None


def truth(value: Any) -> bool:
    found = value if isinstance(value, bool) else _TRUTH.get(str(value).lower())
    if found is None:
        raise ValueError(f"must be true or false, not {_shown(value)}")
    return found


def choice(value: Any, known: Sequence[str]) -> str:
    if value not in known:
        raise ValueError(f"must be {' or '.join(known)}, not {_shown(value)}")
    return str(value)


def text(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"must be a word, not {_shown(value)}")
    return value


def path(value: Any) -> Path:
    """`~` is the home of whoever runs this, and `~name` that of another; a shell does not always say so before us."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError(f"must be a path, not {_shown(value)}")
    expanded = _at_home(str(value))
    if expanded.startswith("~"):
        raise ValueError(f"{quoted(str(value))} begins with a home that this machine does not know; a file of that name is written './{value}'")
    return Path(expanded)


def rate(value: Any) -> tuple[int, int]:
    """A pair of numbers is what Python's callers have."""
    if isinstance(value, tuple):
        value = "/".join(map(str, value))
    found = _RATE.fullmatch(_words(value))
    if found is None:
        raise ValueError(f"{quoted(_words(value))} is not of the form requests/seconds, such as 1000/3600")
    return int(found[1]), int(found[2])


def addresses(value: Any) -> tuple[str, ...]:
    found = _parts(value)
    for address in found:
        try:
            network = ipaddress.ip_network(address, strict=False)
        except ValueError:
            raise ValueError(f"{quoted(address)} is neither an address nor a network such as 10.0.0.0/8") from None
        if "/" in address and ipaddress.ip_interface(address).ip != network.network_address:
            raise ValueError(f"{quoted(address)} is an address within a network; the network is written '{network}'")
    return found


def host_names(value: Any) -> tuple[str, ...]:
    names = tuple(name.lower() for name in _parts(value))
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(f"{quoted(name)} is no host name such as sandbox.your-domain.com; it has no port and no scheme")
    return names


def origins(value: Any) -> tuple[str, ...]:
    """As browsers send them in `Origin`: in lower case, without the default port of the scheme."""
    return tuple(_origin(part) for part in _parts(value))


def _origin(part: str) -> str:
    found = _ORIGIN.fullmatch(part.lower())
    if found is None:
        raise ValueError(f"{quoted(part)} is no origin such as https://app.your-domain.com or http://192.168.0.7:3000; it has no path")
    scheme, host, _, port = found.groups()
    return f"{scheme}://{host}" if port is None or int(port) == _PORTS.get(scheme) else f"{scheme}://{host}:{int(port)}"


def time_of_day(value: Any) -> time | None:
    if isinstance(value, time):  # TOML has times of its own
        return value
    if value == "never":
        return None
    if not _TIME.fullmatch(_words(value)):
        raise ValueError(f"{quoted(_words(value))} is neither a time of day such as 03:00 nor never")
    return time.fromisoformat(_words(value))


def zone(value: Any) -> ZoneInfo:
    name = _words(value)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = difflib.get_close_matches(name, available_timezones(), n=1, cutoff=0.6)
        raise ValueError(f"{quoted(name)} is no time zone such as Europe/Berlin" + (f"; did you mean {quoted(known[0])}?" if known else "")) from None


def _at_home(written: str) -> str:
    if written.split("/", 1)[0] == "~" and os.environ.get("HOME") == "":  # empty is not set
        import pwd  # which nobody else needs

        try:
            return pwd.getpwuid(os.getuid()).pw_dir + written[1:]
        except KeyError:
            return written
    return os.path.expanduser(written)


def _words(value: Any) -> str:
    """As in the environment, where everything is text."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _parts(value: Any) -> tuple[str, ...]:
    return tuple(part.strip() for part in _words(value).split(",") if part.strip())


def _shown(value: Any) -> str:
    """A text in quotes, and all else as the file writes it."""
    return repr(str(value)) if isinstance(value, str | Path) else json.dumps(value, default=str)
