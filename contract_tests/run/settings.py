"""The table of options, shared by the command and the pytest plugin, and how their values are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from contract_tests.errors import Refused
from contract_tests.paths import path_of
from openapi.wording import quoted

_PREFIX = "BUSINESS_SUITE_"
KINDS = ("text", "integer", "seconds", "flag", "list", "path", "choice")


@dataclass(frozen=True, slots=True)
class Setting:
    """One option: `--name` of the command, `--contract-name` of the plugin; `variable` is where else it may stand."""

    name: str
    kind: str
    help: str
    variable: str | None = None
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 2**53 - 1

    @property
    def key(self) -> str:
        """Its name as an identifier."""
        return self.name.replace("-", "_")


SETTINGS = (
    Setting("url", "text", "base URL of the API, such as https://sandbox.example/api/v2"),
    Setting("api-key", "text", "an administrator's key; also in BUSINESS_SUITE_API_KEY", "BUSINESS_SUITE_API_KEY"),
    Setting("staff-key", "text", "a key of the role staff; also in BUSINESS_SUITE_STAFF_KEY", "BUSINESS_SUITE_STAFF_KEY"),
    Setting("read-only-key", "text", "a key of the role read-only; also in BUSINESS_SUITE_READ_ONLY_KEY", "BUSINESS_SUITE_READ_ONLY_KEY"),
    Setting("spec", "path", "another OpenAPI document to test against"),
    Setting("seed", "integer", "the same seed sends the same requests (default 1)"),
    Setting("max-examples", "integer", "test cases of each kind that Schemathesis generates (default 2)", least=1),
    Setting("budget", "integer", "maximum number of requests; by default what the rate limit leaves, less a tenth", least=1),
    Setting("only", "list", "check only this promise or family; may be repeated"),
    Setting("skip", "list", "do not check this promise or family; may be repeated"),
    Setting("strict", "flag", "count another reading of what the reference leaves open as a broken promise"),
    Setting("safe", "flag", "send only reads, for production"),
    Setting("exhaust-limit", "flag", "use up a real rate limit, to check the 429 response"),
    Setting("control", "choice", "use the control plane /_sandbox if the target has one: on or off (default on)", choices=("on", "off")),
    Setting("receiver-url", "text", "the URL at which the target reaches this machine, for promises about webhooks"),
    Setting("receiver-listen", "text", "HOST:PORT to listen on for it (default 127.0.0.1 and the port of --receiver-url)"),
    Setting("timeout", "seconds", "timeout of a response in seconds (default 10)"),
    Setting("report-dir", "path", "directory of the reports (default contract-report)"),
    Setting("har", "flag", "also write all requests and responses to run.har"),
    Setting("baseline", "path", "an earlier report.json: fail only on newly broken promises"),
    Setting("rerun", "text", "check one promise of an earlier report again (with --from)"),
    Setting("from", "path", "the report.json for --rerun"),
    Setting("format", "choice", "output format: text or json (default text)", choices=("text", "json")),
)  # fmt: skip


def help_of(key: str) -> str:
    """The help of an option by its identifier."""
    return next(one.help for one in SETTINGS if one.key == key)


def plugin_arguments(values: Mapping[str, Any]) -> list[str]:
    """Options by identifier as the words of the plugin's command line."""
    words: list[str] = []
    for one in SETTINGS:
        value = values.get(one.key)
        if one.kind == "flag":
            words += [f"--contract-{one.name}"] if value else []
        elif one.kind == "list":
            words += [f"--contract-{one.name}={item}" for item in value or ()]
        elif value is not None:
            words.append(f"--contract-{one.name}={value}")
    return words


def value_of(setting: Setting, value: Any, environ: Mapping[str, str]) -> Any:
    if value is None and setting.variable is not None:
        value = environ.get(setting.variable) or None  # an empty one is not set
    match setting.kind:
        case "flag":
            return bool(value)
        case "list":
            return tuple(part.strip() for word in value or () for part in str(word).split(",") if part.strip())
        case "integer" if value is not None:
            return _integer(setting, value)
        case "seconds" if value is not None:
            return _seconds(setting, value)
        case "path" if value is not None:
            return path_of(f"--{setting.name}", str(value))
        case "choice" if value is not None and value not in setting.choices:
            raise Refused(f"--{setting.name} {value}: must be {' or '.join(setting.choices)}")
    return value


def _integer(setting: Setting, value: Any) -> int:
    whole = re.fullmatch(r"[+-]?[0-9]{1,30}", str(value).strip(), re.ASCII)
    if whole is None or not setting.least <= int(value) <= setting.most:
        raise Refused(f"--{setting.name}: must be a whole number from {setting.least} to {setting.most}, not {quoted(str(value))}")
    return int(value)


def refuse_misspelt(environ: Mapping[str, str]) -> None:
    """Raises Refused for a variable that is nearly one of ours: what it says would be left out unseen."""
    known = [one.variable for one in SETTINGS if one.variable is not None]
    for variable, value in environ.items():
        if variable.upper().startswith(_PREFIX) and value and variable not in known:
            names = [name.removeprefix(_PREFIX) for name in known]
            near = get_close_matches(variable[len(_PREFIX) :].upper(), names, n=1, cutoff=0.65)
            if near:
                raise Refused(f"{variable}: unknown setting; did you mean {quoted(_PREFIX + near[0])}?")


def _seconds(setting: Setting, value: Any) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise Refused(f"--{setting.name} {value}: this is no number of seconds") from None
    if not 0 < seconds <= 600:
        raise Refused(f"--{setting.name} {value}: must be more than 0 and at most 600 seconds")
    return seconds
