"""`python -m tests.listening`: cuts `sandbox listen` off again and again while events happen, and looks at what the receiver has."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.listening.cuts import faults, listen_through_cuts


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.listening", description=__doc__)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        run = listen_through_cuts(chosen.events, chosen.cuts, chosen.seed, Path(directory))
    found = list(faults(run))
    for fault in found:
        print(fault)
    what = f"{len(run.log)} events, {run.cuts} cuts, {len(run.delivered)} deliveries in {run.seconds:.1f} s"
    print(f"{what}: {'NOT ' if found else ''}as the log has them.")
    return 1 if found or run.cuts < chosen.cuts else 0


if __name__ == "__main__":
    sys.exit(main())
