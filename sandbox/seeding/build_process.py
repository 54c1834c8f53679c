"""Builds a world in a separate process, and passes on its progress."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sandbox.errors import StartError
from sandbox.progress import Progress


class BuildProcess:
    """One such process, which writes the world to `target`, in a directory that is its own. `spec` is as with `--spec`."""

    def __init__(self, spec: Path | None, scenario: str, seed: int, target: Path) -> None:
        self._scenario = scenario
        asked = ["--scenario", scenario, "--seed", str(seed), "--to", str(target), *(["--spec", str(spec)] if spec else [])]
        # It must import what we import, from where we did, and nothing that happens to lie in the working directory (-P).
        path = os.pathsep.join(os.path.abspath(place) for place in sys.path)
        self._process = subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
            [sys.executable, "-P", "-m", "sandbox.seeding.build_program", *asked],
            stdin=subprocess.PIPE,  # nothing is written to it: its end tells the process that we are gone
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": path},
            encoding="utf-8",
            errors="replace",
        )

    def wait(self, progress: Progress) -> None:
        """Blocks until the world is written. Raises StartError where it never will be; whatever happens, the process has ended."""
        last = ""
        with self._process:
            try:
                for line in self._process.stdout or ():
                    numbers = line.split()
                    if len(numbers) == 2 and all(map(str.isdecimal, numbers)):
                        progress(int(numbers[0]), int(numbers[1]))
                    else:
                        last = line.strip() or last
                code = self._process.wait()
            finally:
                self.stop()
        if code:
            raise StartError(f"The world {self._scenario} could not be built: {_reason(code, last)}")

    def stop(self) -> None:
        """Ends it at once, in any thread; nothing happens where it has ended."""
        self._process.kill()


def _reason(code: int, last: str) -> str:
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return last or f"its process ended with the exit code {code}"
