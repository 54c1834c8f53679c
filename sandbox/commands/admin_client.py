"""Runs an admin command: through the server that uses the data directory, or in this process, which then locks the directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from sandbox.errors import Refusal, StartError
from sandbox.settings import Settings, load_settings, understood

DataDir = Annotated[str | None, typer.Option("--data-dir", metavar="PATH", help="Data directory of the server.")]
SCENARIOS = "demo, empty, overdue, busy or nasty"


def run_command(
    data_dir: str | None, command: str, arguments: dict[str, Any], progress: Callable[[int, int], None] | None = None, *, begins: bool = False
) -> Any:
    """The answer of `AdminCommands`'s command. A directory that is not there is made where the command `begins` something.

    Raises StartError, with one sentence for the user.
    """
    from sandbox.control.admin_socket import NobodyListens, call

    settings = load_settings({"data_dir": data_dir})
    directory = directory_of(settings, must_exist=not begins)
    try:
        return call(directory, command, arguments, progress)
    except NobodyListens:
        return _do(settings, command, arguments, progress)


def warn_where_nobody_serves(data_dir: str | None) -> None:
    """On stderr, so that it is in nobody's way: what was made is known to the servers of this directory, and to no other."""
    from sandbox.control.admin_socket import listens

    directory = directory_of(load_settings({"data_dir": data_dir}))
    if not listens(directory):
        typer.echo(
            f"No server is running on {directory}. A server started with --data-dir {quote(str(directory))} sees this; one without does not.",
            err=True,
        )


def directory_of(settings: Settings, *, must_exist: bool = True) -> Path:
    """The data directory; StartError where none is named, or where it must exist and does not."""
    directory = settings.data_dir
    if directory is None:
        raise StartError("Name the data directory with --data-dir or SANDBOX_DATA_DIR: without one, a server keeps its data in memory, out of reach.")
    if must_exist and not directory.is_dir():
        raise StartError(f"There is no data directory {directory}; name the one that the server was started with.")
    return directory


def same_directory(data_dir: str | None) -> str:
    """What a command that is suggested must say too, so that it finds the directory that this one was given."""
    return "" if data_dir is None else f" --data-dir {quote(data_dir)}"


def seed_of(written: str | None) -> int | None:
    """What `--seed` says, within the bounds of the server's own. Raises StartError."""
    return None if written is None else int(understood("seed", "--seed", written))


def _do(settings: Settings, command: str, arguments: dict[str, Any], progress: Callable[[int, int], None] | None) -> Any:
    import asyncio

    from sandbox.app import offline  # the whole server, which takes a while to load
    from sandbox.control.admin_socket import sentence

    with offline(settings) as admin_commands:
        try:
            return asyncio.run(admin_commands.perform(command, arguments, progress))
        except Refusal as refusal:
            raise StartError(sentence(refusal)) from None
        except OSError as error:
            raise StartError(f"The data directory {settings.data_dir} cannot be written: {error.strerror}; nothing was changed.") from error
