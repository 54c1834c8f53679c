"""The options of a run, validated together."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract_tests.errors import Refused
from contract_tests.judging.registry import Promise
from contract_tests.promises import promises
from contract_tests.run.settings import SETTINGS, refuse_misspelt, value_of
from openapi.wording import quoted


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


def read_options(values: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Options:
    """Options by identifier, None where one was not given, checked. Raises Refused."""
    environ = os.environ if environ is None else environ
    refuse_misspelt(environ)
    given = {one.key: value_of(one, values.get(one.key), environ) for one in SETTINGS}
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
