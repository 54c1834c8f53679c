"""`python -m tests.edge.paths --requests 200000 --seed 1`: looks that no request is answered for the key of another one."""

from __future__ import annotations

import argparse
import sys

from sandbox.edge.gateway import Gateway
from tests.edge.paths.check import Check, Outcome, counting_quick_ones


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.edge.paths", description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    check = Check()
    Gateway.respond = counting_quick_ones(check.outcome)  # type: ignore[method-assign]
    outcome = check.run(asked.requests, asked.seed, progress=lambda sent, took: _tell(sent, asked.requests, took))
    check.close()
    sys.stdout.write(f"{report(outcome)}\n")
    return 1 if outcome.found else 0


def report(outcome: Outcome) -> str:
    """One line, and one for each finding."""
    answers = outcome.statuses.total()
    said = ", ".join(f"{count} of {status}" for status, count in sorted(outcome.statuses.items()))
    verdict = f"{len(outcome.found)} findings" if outcome.found else "each belonged to the key in its request"
    return "\n".join([f"{answers} answers ({said}) in {outcome.seconds:.1f} s, {outcome.quick} of them fast: {verdict}.", *outcome.found])


def _tell(sent: int, of: int, seconds: float) -> None:
    sys.stderr.write(f"\r{sent} of {of} requests, {sent / max(seconds, 1e-9):.0f} a second" + ("\n" if sent == of else ""))
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
