"""The options of a run: one table, shared by the command and the pytest plugin, and their validation."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract_tests.errors import Refused
from contract_tests.judging.registry import Promise
from contract_tests.paths import path_of
from contract_tests.promises import promises
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


@dataclass(frozen=True)
class Options:
    """A run's options, checked. The keys do not show in its `repr`."""

    url: str
    keys: Mapping[str, str] = field(repr=False)
    """By role: administrator, staff, read-only; only those that were given."""
    spec: Path | None = None
    seed: int = 1
    max_examples: int = 2
    budget: int | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    strict: bool = False
    safe: bool = False
    exhaust_limit: bool = False
    control: bool = True
    receiver_url: str | None = None
    receiver_listen: tuple[str, int] | None = None
    """Host and port to listen at; there where `receiver_url` is."""
    timeout: float = 10.0
    report_dir: Path = Path("contract-report")
    har: bool = False
    baseline: Mapping[str, Any] | None = field(default=None, repr=False)
    rerun: str | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    """What an earlier report says of the target's readings, for a rerun."""
    json: bool = False

    def selected(self) -> list[Promise]:
        """The promises to check, in their order. Raises Refused where a name is none."""
        known = promises()
        names = {*known, *(one.family for one in known.values())}
        for option, given in (("only", self.only), ("skip", self.skip)):
            for name in given:
                if name not in names:
                    raise Refused(f"--{option} {name}: no promise and no family has this name{_nearest(name, names)}")
        chosen = [
            one
            for one in known.values()
            if (not self.only or {one.id, one.family} & set(self.only)) and not {one.id, one.family} & set(self.skip)
        ]  # fmt: skip
        if not chosen:
            raise Refused("--only and --skip leave no promise to check")
        return chosen


def help_of(key: str) -> str:
    """The help of an option by its identifier."""
    return next(one.help for one in SETTINGS if one.key == key)


def words_of(values: Mapping[str, Any]) -> list[str]:
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


def read_options(values: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Options:
    """Options by identifier, None where one was not given, checked. Raises Refused."""
    environ = os.environ if environ is None else environ
    refuse_misspelt(environ)
    given = {one.key: _value(one, values.get(one.key), environ) for one in SETTINGS}
    keys = {role: given[key] for role, key in (("administrator", "api_key"), ("staff", "staff_key"), ("read-only", "read_only_key")) if given[key]}
    if not given["url"]:
        raise Refused("which server? Name its base URL: --url https://sandbox.example/api/v2")
    url = _url(given["url"], "url", "https://sandbox.example/api/v2")
    if "administrator" not in keys:
        raise Refused("no key was given: use --api-key, or BUSINESS_SUITE_API_KEY in the environment")
    for role, key in keys.items():
        if not key.isascii() or not key.isprintable() or " " in key:
            raise Refused(f"the {role} key holds a space or a sign that no header can carry")
    taken = {name: given[name] for name in ("spec", "budget", "only", "skip", "strict", "safe", "exhaust_limit", "har")}
    plain = {name: given[name] for name in ("seed", "max_examples", "timeout", "report_dir") if given[name] is not None}
    ours = {**taken, **plain, **_receiver(given), **_earlier(given)}
    return Options(url, keys, control=given["control"] != "off", json=given["format"] == "json", **ours)


def _value(setting: Setting, value: Any, environ: Mapping[str, str]) -> Any:
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


def _url(url: str, option: str, example: str) -> str:
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole, parts = False, None
    if not whole or parts is None:
        raise Refused(f"--{option} {url}: this is no address of a server; one looks like {example}")
    if parts.query or parts.fragment or parts.username:
        raise Refused(f"--{option}: give the base URL alone, without a query, a fragment or a user's name")
    return url.rstrip("/")


def _receiver(given: Mapping[str, Any]) -> dict[str, Any]:
    """Where the target is told to deliver, and where the suite listens for that."""
    listen = given["receiver_listen"]
    if given["receiver_url"] is None:
        if listen is not None:
            raise Refused("--receiver-listen goes with --receiver-url, which tells the target where to deliver")
        return {}
    url = _url(given["receiver_url"], "receiver-url", "http://192.0.2.10:9000")
    parts = urlsplit(url)
    if listen is None:
        return {"receiver_url": url, "receiver_listen": ("127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80))}
    try:
        place = urlsplit(f"//{listen}")
        host, port = place.hostname, place.port
    except ValueError:
        host = port = None
    if not host or not port or "@" in listen or place.netloc != listen:
        raise Refused(f"--receiver-listen {listen}: must be HOST:PORT, such as 127.0.0.1:9000")
    return {"receiver_url": url, "receiver_listen": (host, port)}


def _earlier(given: Mapping[str, Any]) -> dict[str, Any]:
    """What earlier reports have to say in this run."""
    earlier: dict[str, Any] = {"baseline": None if given["baseline"] is None else read_report(given["baseline"], "baseline")}
    if (given["rerun"] is None) != (given["from"] is None):
        raise Refused("--rerun PROMISE and --from report.json go together")
    if given["rerun"] is None:
        return earlier
    report = read_report(given["from"], "from")
    known = {one["id"]: one for one in report["promises"]}
    if given["rerun"] not in known:
        raise Refused(f"--rerun {given['rerun']}: the report has no such promise{_nearest(given['rerun'], known)}")
    options = report.get("options", {})
    # What an observer saw was sent for other promises: these are checked again with it.
    causes = {one["request"].get("promise") for one in known[given["rerun"]].get("evidence", ()) if one.get("request")} - {None}
    earlier |= {"rerun": given["rerun"], "only": tuple(sorted({given["rerun"], *causes})), "skip": (), "readings": report.get("readings", {})}
    earlier |= {name: options[name] for name in ("seed", "max_examples", "strict") if name in options and not given[name]}
    return earlier


def read_report(path: Path, option: str) -> dict[str, Any]:
    """An earlier report.json. Raises Refused where it is none."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise Refused(f"--{option} {path}: it cannot be read ({problem.strerror})") from None
    except ValueError:
        raise Refused(f"--{option} {path}: this is no report.json of this suite") from None
    if not isinstance(report, dict) or not isinstance(report.get("promises"), list):
        raise Refused(f"--{option} {path}: this is no report.json of this suite")
    return report


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {quoted(near[0])}?" if near else "; contract-tests promises lists them"
