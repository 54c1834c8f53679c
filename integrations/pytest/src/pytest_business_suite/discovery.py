"""Where a sandbox comes from: one that runs already, a command that somebody names, or the first on this machine that can start."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_business_suite.errors import NoSandbox

VARIABLE = "BUSINESS_SUITE_SANDBOX"
DISTRIBUTION = "business-suite-sandbox"
NOTHING_FOUND = (
    f"There is no Business Suite sandbox to test against: install one with `uv tool install {DISTRIBUTION}`, "
    f"or name its command, or the URL of one that runs, in {VARIABLE}."
)
_OUR_VERSION = re.compile(r"sandbox [0-9]+\.[0-9]+\S*")
_SECONDS_TO_SAY_ITS_VERSION = 10
_SECONDS_TO_START = 60
_SECONDS_TO_DOWNLOAD = 300


@dataclass(frozen=True)
class Command:
    """What starts a server, once `serve` and its options stand behind it, and how long that may take."""

    words: tuple[str, ...]
    seconds: int = _SECONDS_TO_START

    def __str__(self) -> str:
        return shlex.join(self.words)


def is_url(named: str) -> bool:
    """Whether somebody named a server that runs, rather than a command."""
    return named.lower().startswith(("http://", "https://"))


def command_named(named: str, source: str, directory: Path) -> Command:
    """The command that `source` names: the path of a program, or a program with arguments. Raises NoSandbox.

    Files are found from `directory`, since the server will run in another one.
    """
    whole = directory / Path(named).expanduser()
    if whole.is_file():
        return Command((_program(str(whole), source),))
    try:
        program, *arguments = shlex.split(named, posix=os.name == "posix")
    except ValueError:
        raise NoSandbox(f"{source} is no command: a quote in {named!r} is not closed.") from None
    if os.path.dirname(program):
        program = str(directory / Path(program).expanduser())
    return Command((_program(program, source), *(_absolute(word, directory) for word in arguments)))


def _program(name: str, source: str) -> str:
    found = shutil.which(name)
    if found is None:
        what = "which cannot be run" if os.path.exists(name) else "and there is no such program"
        raise NoSandbox(f"{source} names {name}, {what}; name the command of a sandbox, or the URL of one that runs.")
    # Not resolved: the python of a virtual environment is a link, and knows its environment by where that stands.
    return os.path.abspath(found)


def _absolute(word: str, directory: Path) -> str:
    return os.path.abspath(directory / word) if os.path.dirname(word) and (directory / word).exists() else word


def commands_here(environ: Mapping[str, str]) -> Iterator[Command]:
    """Each command of this machine that may start one, the best first: one that is installed, then those that install it for a while."""
    path = environ.get("PATH", os.defpath)
    # A run that was started by its path has not its environment's programs on PATH.
    seen: set[str] = set()
    for folder in (os.path.dirname(sys.executable), *path.split(os.pathsep)):
        found = shutil.which("sandbox", path=folder) if folder else None
        if found is not None and found not in seen and _is_ours(found, environ):
            yield Command((found,))
        seen.add(found or "")
    for program, *arguments in (("uvx", "--from", DISTRIBUTION, "sandbox"), ("pipx", "run", "--spec", DISTRIBUTION, "sandbox")):
        found = shutil.which(program, path=path)
        if found is not None:
            yield Command((found, *arguments), _SECONDS_TO_DOWNLOAD)


def _is_ours(program: str, environ: Mapping[str, str]) -> bool:
    """Other programs are named sandbox too."""
    # A file, since a pipe would be waited for as long as anything holds it that the program has started.
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                [program, "--version"],
                env=server_environment(environ), stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except OSError:
            return False
        with process:
            try:
                code = process.wait(_SECONDS_TO_SAY_ITS_VERSION)
            except BaseException as problem:
                kill(process)
                if not isinstance(problem, subprocess.TimeoutExpired):
                    raise
                return False
        said.seek(0)
        return code == 0 and _OUR_VERSION.fullmatch(said.read(1000).decode(errors="replace").strip()) is not None


def kill(process: subprocess.Popen[bytes]) -> None:
    """With all that it started, where it was given a session of its own."""
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


# What the project under test needs, and the server would stumble over: folders of its own before ours, warnings that are errors.
_NOT_FOR_THE_SERVER = re.compile(
    r"PYTHON(PATH|HOME|STARTUP|WARNINGS|DEVMODE|SAFEPATH|INSPECT|ASYNCIODEBUG|TRACEMALLOC)|COV_CORE_.*|COVERAGE_PROCESS_START|PYTEST_.*|SANDBOX_.*"
)


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server: this one's, but for what would change the server."""
    return {name: value for name, value in environ.items() if not _NOT_FOR_THE_SERVER.fullmatch(name)}
