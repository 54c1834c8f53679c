"""Builds one world into an image file: the program that `build_process` runs, so that a large world holds up nobody.

It says how far it is in lines of two numbers, and what went wrong in its last line. It lives no longer than whoever
started it: the end of its standard input is the end of that process.
"""

from __future__ import annotations

import os
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

from openapi.document import DocumentError
from openapi.reader import load_contract
from sandbox.domain import ALL_RULES
from sandbox.engine import bind, index_plan
from sandbox.errors import StartError
from sandbox.seeding.seeder import Seeder
from sandbox.state.image_file import write_image

_STDIN = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds what the arguments say; 0 where the file is there, else 2."""
    parser = ArgumentParser(prog="sandbox.seeding.build_program")
    parser.add_argument("--spec", type=Path, default=None)
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--to", type=Path, required=True)
    asked = parser.parse_args(arguments)
    try:
        contract = load_contract(asked.spec)
        seeder = Seeder(contract, bind(contract, ALL_RULES, lenient=asked.spec is not None), index_plan(contract))
        write_image(asked.to, seeder.build(asked.scenario, asked.seed, _say))
    except (StartError, DocumentError, OSError) as error:
        print(error, flush=True)
        return 2
    return 0


def _say(done: int, altogether: int) -> None:
    print(done, altogether, flush=True)


def end_with(descriptor: int, room: Path) -> None:
    """Waits until nobody can write to the descriptor any more, then ends this process and leaves nothing in its room."""
    while os.read(descriptor, 1):
        pass
    shutil.rmtree(room, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    _room = Path(sys.argv[sys.argv.index("--to") + 1]).parent
    Thread(target=end_with, args=(_STDIN, _room), daemon=True).start()
    sys.exit(main())
