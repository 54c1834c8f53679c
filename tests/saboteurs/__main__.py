"""`python -m tests.saboteurs`: sends the suite against every saboteur and prints the kill matrix."""

from __future__ import annotations

import argparse
import json
import sys

from tests.saboteurs.kill import Kill
from tests.saboteurs.matrix import as_json, chosen, kill_all, show


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.saboteurs", description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="a saboteur, part of its name, a family, by-hand or derived; again for more")
    parser.add_argument("--within", type=int, metavar="N", help="so many requests at most for each, in the order of a user's run")
    parser.add_argument("--control", choices=("on", "off"), default="on", help="whether the suite may use the control plane")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    asked = parser.parse_args(words)
    ids = chosen(asked.only)
    if not ids:
        parser.error(f"no saboteur is called {' or '.join(asked.only)}")
    told = 0

    def tell(one: Kill) -> None:
        nonlocal told
        told += 1
        sys.stderr.write(f"\r{told} of {len(ids)}" + ("" if one.caught else f"  {one.id} got away\n"))
        sys.stderr.flush()

    kills = kill_all(ids, control=asked.control == "on", budget=asked.within, tell=tell)
    sys.stderr.write("\n")
    if asked.format == "json":
        json.dump(as_json(kills), sys.stdout, indent=2)
    else:
        show(kills)
    return 0 if all(one.caught for one in kills) else 1


if __name__ == "__main__":
    sys.exit(main())
