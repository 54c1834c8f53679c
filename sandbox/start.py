"""Where the command `sandbox` begins. `serve` with plain flags is read here, and all else by Typer, in `cli`.

Typer and the other commands would take a fifth of a server's start. What is not surely understood as Typer would
understand it is left to Typer, so that there is one set of messages.
"""

from __future__ import annotations

import errno
import gc
import sys
from collections.abc import Sequence
from typing import Any

from openapi.standard_streams import prepare_standard_streams
from sandbox.errors import StartError
from sandbox.settings import Settings, load_settings

_SWITCHES = frozenset({"reload", "allow_local_webhooks", "log_requests"})


def plain_flags(arguments: Sequence[str]) -> dict[str, Any] | None:
    """The settings that `serve` is given, as Typer would hand them over; None where only Typer knows what is meant."""
    if not arguments or arguments[0] != "serve":
        return None
    flags: dict[str, Any] = {}
    rest = iter(arguments[1:])
    for word in rest:
        flag, equals, value = word.partition("=")
        name = flag[2:].replace("-", "_")
        if flag != f"--{name.replace('_', '-')}" or name not in Settings.__struct_fields__ or name in flags:
            return None
        if name in _SWITCHES:
            if equals:
                return None
            flags[name] = True
            continue
        text = value if equals else next(rest, "")
        if not text or text.startswith("-"):
            return None
        flags[name] = text
    return flags


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command; where it fails, it ends as Typer would have it."""
    prepare_standard_streams(end_with_their_reader=True)
    flags = plain_flags(sys.argv[1:] if arguments is None else arguments)
    if flags is None:
        from sandbox.cli import main as command  # all commands, and Typer

        command(None if arguments is None else list(arguments))
        return
    gc.disable()  # what is loaded stays; `serve_forever` enables it again
    try:
        settings = load_settings(flags)
        from sandbox.serving import serve_forever  # which a refused setting need not wait for

        serve_forever(settings)
    except (StartError, ValueError, OSError, EOFError, KeyboardInterrupt) as problem:
        if not _is_told(problem):
            raise
        from sandbox.cli import end_with

        end_with(problem)


def _is_told(problem: BaseException) -> bool:
    """Whether Typer makes of it more, or less, than a traceback."""
    from openapi.document import DocumentError

    if isinstance(problem, OSError):
        return problem.errno == errno.EPIPE
    return isinstance(problem, StartError | DocumentError | EOFError | KeyboardInterrupt)
