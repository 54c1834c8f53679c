"""The server's log, on stderr: for people on a terminal, one JSON object a line elsewhere.

structlog is loaded with the first line, since most starts write none and it costs a tenth of a second. Tracebacks are plain:
a prettier one would show the values of variables, keys and passwords among them.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any


def info(event: str, **facts: Any) -> None:
    """Something happened that an operator asked to see."""
    _logger().info(event, **facts)


def error(event: str, **facts: Any) -> None:
    """Something happened that must not; `exc_info` may hold the exception."""
    _logger().error(event, **facts)


@cache
def _logger() -> Any:
    import structlog

    if not structlog.is_configured():
        on_terminal = sys.stderr.isatty()
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                *(() if on_terminal else (structlog.processors.format_exc_info,)),
                structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
                if on_terminal
                else structlog.processors.JSONRenderer(),
            ],
            # Asked at each line, since tests, and pytest itself, put other streams in its place.
            logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        )
    return structlog.get_logger("sandbox")
