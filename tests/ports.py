"""Ports of loopback that nobody has, or that somebody has already."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


def free_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as one:
        return _bound(one)


@contextmanager
def bound_port() -> Iterator[int]:
    """A port at which nothing listens, and that nobody else can take meanwhile."""
    with socket.socket() as one:
        yield _bound(one)


@contextmanager
def taken_port() -> Iterator[int]:
    """A port at which somebody else listens, who answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def is_open(port: int) -> bool:
    """Whether somebody listens at it."""
    with socket.socket() as one:
        one.settimeout(2)
        return one.connect_ex(("127.0.0.1", port)) == 0


def _bound(one: socket.socket) -> int:
    one.bind(("127.0.0.1", 0))
    port: int = one.getsockname()[1]
    return port
