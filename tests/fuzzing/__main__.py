"""`python -m tests.fuzzing --requests 100000 --seed 1`: throws mutated requests at the server, in process, and says what came of it."""

from __future__ import annotations

import argparse
import sys

from tests.fuzzing.run import Outcome, fuzzer


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=1, help="number of the first request")
    parser.add_argument("--most", type=int, default=1, help="stop after so many findings")
    parser.add_argument("--stack", choices=("fast", "stock"), default="fast")
    asked = parser.parse_args()
    with fuzzer(stack=asked.stack) as one:
        outcome = one.run(
            asked.requests, asked.seed, first=asked.first, most=asked.most, progress=lambda sent, took: _tell(sent, asked.requests, took)
        )
    sys.stdout.write(f"{report(outcome)}\n")
    return 1 if outcome.found else 0


def report(outcome: Outcome) -> str:
    """The figures of a run, then each finding."""
    sent = outcome.statuses.total()
    lines = [f"{sent} requests in {outcome.seconds:.1f} s, {sent / max(outcome.seconds, 1e-9):.0f} a second"]
    lines += [f"  {status or 'left'}: {count}" for status, count in sorted(outcome.statuses.items())]
    lines += [str(finding) for finding in outcome.found] or ["Every claim held."]
    return "\n".join(lines)


def _tell(sent: int, of: int, seconds: float) -> None:
    sys.stderr.write(f"\r{sent} of {of} requests, {sent / seconds:.0f} a second" + ("\n" if sent == of else ""))
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
