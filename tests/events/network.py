"""A network in which nobody is reached but this machine: it remembers each name that is asked for and each address that is dialled."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

_DIAL = socket.socket.connect


class Network:
    """Stands below everything that uses sockets from Python: asyncio, httpcore, and clients that have no guard."""

    def __init__(self) -> None:
        self.answers: dict[str, Iterable[str]] = {}
        self.asked: list[str] = []
        self.dialled: list[str] = []

    def resolve(self, host: str | bytes, port: int | str | None, *_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        """As `socket.getaddrinfo` answers; a number in an odd notation is read as the system reads it."""
        name = host.decode() if isinstance(host, bytes) else host
        self.asked.append(name)
        try:
            found: Iterable[str] = (socket.inet_ntoa(socket.inet_aton(name)),)
        except OSError:
            found = self.answers.get(name, (name,) if ":" in name else ())
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in address], socket.SOCK_STREAM, 6, "", (address, int(port or 0))) for address in found]

    def dial(self, open_socket: socket.socket, place: tuple[str, int]) -> None:
        """Only loopback is let through, so that no test ever calls anybody."""
        self.dialled.append(place[0])
        if place[0] not in ("127.0.0.1", "::1"):
            raise ConnectionRefusedError(111, "Connection refused")
        _DIAL(open_socket, place)


@contextmanager
def watched_network() -> Iterator[Network]:
    """Until it is left, the process has this network and no other."""
    network = Network()

    def connect(opened: socket.socket, place: tuple[str, int]) -> None:
        network.dial(opened, place)

    with patch.object(socket, "getaddrinfo", network.resolve), patch.object(socket.socket, "connect", connect):
        yield network
