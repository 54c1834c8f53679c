"""How much of everything one server gives: each quota is a setting, with one number for hosting and one for a machine of one's own.

`docs/limits.md` is this table; `python -m sandbox.quotas` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal, get_type_hints

from msgspec import Meta, Struct

UNSET = -1
"""A quota that nobody wrote: `--quotas` says which number holds."""
UNLIMITED = 2**62
"""So that every quota is a number, and a comparison is all that it costs."""
KIB, MIB, GIB = 1024, 1024**2, 1024**3
Unit = Literal["", "bytes", "seconds"]
Scope = Literal["server", "workspace", "key", "address", "connection"]
_OLDEST_GO = 0
_CUT = -1


@dataclass(frozen=True, slots=True)
class Quota:
    """What is said of one: `hosted` holds where others can reach the server, `local` where only this machine can."""

    hosted: int
    local: int
    scope: Scope
    status: int
    unit: Unit = ""


def _quota(sentence: str, quota: Quota) -> Meta:
    return Meta(description=sentence, extra={"quota": quota})


class Quotas(Struct, frozen=True, kw_only=True):
    """Every quota: one that is UNSET follows `--quotas`, and UNLIMITED is written `none`."""

    max_workspaces: Annotated[int, _quota("Workspaces, ephemeral ones too.", Quota(1_000, UNLIMITED, "server", 507))] = UNSET
    max_keys: Annotated[int, _quota("Valid keys of a workspace.", Quota(50, 1_000, "workspace", 400))] = UNSET
    max_revoked_keys: Annotated[int, _quota("Revoked keys that a workspace still lists.", Quota(100, 100, "workspace", _OLDEST_GO))] = UNSET
    max_documents: Annotated[int, _quota("Documents of a workspace.", Quota(100_000, UNLIMITED, "workspace", 507))] = UNSET
    max_documents_size: Annotated[int, _quota("Size of a workspace's documents, as JSON.", Quota(64 * MIB, UNLIMITED, "workspace", 507, "bytes"))] = (
        UNSET
    )
    max_data_size: Annotated[
        int, _quota("Memory that the data of all open workspaces takes, as estimated.", Quota(2 * GIB, UNLIMITED, "server", 507, "bytes"))
    ] = UNSET
    max_snapshots_size: Annotated[
        int, _quota("Size of a workspace's snapshots, as JSON.", Quota(256 * MIB, UNLIMITED, "workspace", 507, "bytes"))
    ] = UNSET
    max_upload_size: Annotated[int, _quota("Size of an uploaded snapshot.", Quota(16 * MIB, 64 * MIB, "workspace", 413, "bytes"))] = UNSET
    max_workspace_uploads: Annotated[int, _quota("Snapshot uploads of a workspace at the same time.", Quota(1, 16, "workspace", 429))] = UNSET
    max_uploads: Annotated[int, _quota("Snapshot uploads at the same time.", Quota(4, 16, "server", 429))] = UNSET
    max_webhooks: Annotated[int, _quota("Webhooks of a workspace.", Quota(20, UNLIMITED, "workspace", 400))] = UNSET
    max_pending_deliveries: Annotated[int, _quota("Pending deliveries of a workspace.", Quota(1_000, UNLIMITED, "workspace", 429))] = UNSET
    max_events: Annotated[int, _quota("Events that a workspace's log keeps.", Quota(10_000, 10_000, "workspace", _OLDEST_GO))] = UNSET
    max_event_log_size: Annotated[
        int, _quota("Size of a workspace's event log with its deliveries, as JSON.", Quota(32 * MIB, UNLIMITED, "workspace", 429, "bytes"))
    ] = UNSET
    max_key_long_polls: Annotated[int, _quota("Long polls of a key at the same time.", Quota(20, UNLIMITED, "key", 429))] = UNSET
    max_long_polls: Annotated[int, _quota("Long polls at the same time.", Quota(1_000, UNLIMITED, "server", 429))] = UNSET
    max_address_connections: Annotated[int, _quota("Open connections of an address.", Quota(100, UNLIMITED, "address", 429))] = UNSET
    max_connections: Annotated[int, _quota("Open connections.", Quota(5_000, UNLIMITED, "server", 429))] = UNSET
    max_control_rate: Annotated[int, _quota("Requests of a key to the control plane per second.", Quota(10, UNLIMITED, "key", 429))] = UNSET
    large_reset_interval: Annotated[
        int, _quota("Time between two large resets of a workspace (2,000 documents or more).", Quota(60, 0, "workspace", 429, "seconds"))
    ] = UNSET
    max_addresses: Annotated[
        int, _quota("Addresses whose requests without a valid key are counted; a /64 of IPv6 is one.", Quota(20_000, 20_000, "server", _OLDEST_GO))
    ] = UNSET
    max_bodies_size: Annotated[int, _quota("Request bodies that are being read.", Quota(128 * MIB, 256 * MIB, "server", 429, "bytes"))] = UNSET
    max_address_bodies_size: Annotated[
        int, _quota("Request bodies that are being read from one address.", Quota(64 * MIB, 256 * MIB, "address", 429, "bytes"))
    ] = UNSET
    max_key_bodies_size: Annotated[
        int, _quota("Request bodies that are being read for one key.", Quota(32 * MIB, 256 * MIB, "key", 429, "bytes"))
    ] = UNSET
    max_unsent_size: Annotated[
        int, _quota("Responses that their clients have not read yet.", Quota(256 * MIB, 512 * MIB, "server", 429, "bytes"))
    ] = UNSET
    max_address_unsent_size: Annotated[
        int, _quota("Responses that one address has not read yet.", Quota(64 * MIB, 512 * MIB, "address", 429, "bytes"))
    ] = UNSET
    max_key_unsent_size: Annotated[int, _quota("Responses for one key that are not read yet.", Quota(64 * MIB, 512 * MIB, "key", 429, "bytes"))] = (
        UNSET
    )
    write_timeout: Annotated[
        int,
        _quota("Time without progress after which a connection is closed whose client does not read.", Quota(30, 30, "connection", _CUT, "seconds")),
    ] = UNSET


@cache
def quotas() -> tuple[tuple[str, str, Quota], ...]:
    """The name of each, its sentence, and what is said of it."""
    facts = ((name, hint.__metadata__[0]) for name, hint in get_type_hints(Quotas, include_extras=True).items())
    return tuple((name, meta.description, meta.extra["quota"]) for name, meta in facts)


def in_force(written: Quotas, *, hosted: bool) -> Quotas:
    """Every quota with the number that holds."""
    numbers = {name: quota.hosted if hosted else quota.local for name, _, quota in quotas()}
    numbers |= {name: value for name in numbers if (value := getattr(written, name)) != UNSET}
    return Quotas(**numbers)


LOCAL = in_force(Quotas(), hosted=False)
"""Those of a machine of one's own, where nobody wrote another."""


def shown(number: int, unit: Unit = "") -> str:
    """A number as a person reads and writes it: `100,000`, `64 MiB`, `30 s`, `none`."""
    if number >= UNLIMITED:
        return "none"
    if unit == "seconds":
        return f"{number} s"
    if unit == "bytes":
        return size(number)
    return f"{number:,}"


def size(number: int) -> str:
    """Bytes in the largest unit that leaves no fraction: `64 MiB`."""
    for factor, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if number >= factor and number % factor == 0:
            return f"{number // factor:,} {name}"
    return f"{number:,} bytes"


def what_happens(quota: Quota) -> str:
    """To whoever would have more."""
    return {_OLDEST_GO: "the oldest are deleted", _CUT: "the connection is closed"}.get(quota.status, str(quota.status))


def table() -> str:
    """All of them, as Markdown."""
    rows = ["| option | limits | per | hosted | on this machine | if exceeded |", "| --- | --- | --- | ---: | ---: | --- |"]
    for name, sentence, quota in quotas():
        cells = (
            f"`--{name.replace('_', '-')}`", sentence.removesuffix("."), quota.scope,
            shown(quota.hosted, quota.unit), shown(quota.local, quota.unit), what_happens(quota),
        )  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
