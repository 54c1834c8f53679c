"""The mock servers that a user could take instead: which versions, how each is started with the same customers, how it is asked.

What they cannot do is not asked of them; each is started as its documentation shows it.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.benchmarked_servers import BenchmarkedServer
from benchmarks.npm import Node
from benchmarks.operations import Dialect, World
from benchmarks.processes import ROOT

SPEC = ROOT / "openapi" / "api-v2.yaml"

_SCALAR = Path(__file__).with_name("scalar.mjs")

# In the order of benchmarked_servers.ADDITIONS.
_ONLY_STATE = ("yes", "no", "no", "no")
_CHECKS_ONLY = ("no", "requests", "presence of a key", "no")


@dataclass(frozen=True)
class Peer:
    """A package of npm, and what makes a server to measure of it once it is installed in a directory."""

    name: str
    package: str
    version: str
    prepare: Callable[[Peer, Node, Path, World], BenchmarkedServer]


def _json_server(page: str, search: str, *, ids_are_strings: bool, script: str) -> Callable[[Peer, Node, Path, World], BenchmarkedServer]:
    def prepared(peer: Peer, node: Node, installed: Path, world: World) -> BenchmarkedServer:
        def prepare(directory: Path, port: int) -> Sequence[str]:
            stored = [{"id": str(number) if ids_are_strings else number, **one} for number, one in enumerate(world.customers, 1)]
            file = directory / "db.json"
            file.write_text(json.dumps({"customers": stored}), encoding="utf-8")
            program = installed / "node_modules" / "json-server" / "lib" / script
            return [str(node.node), str(program), "--host", "127.0.0.1", "--port", str(port), str(file)]

        return BenchmarkedServer(peer.name, prepare, "/customers/1", Dialect("/customers", page, search), additions=_ONLY_STATE)

    return prepared


def _prism(peer: Peer, node: Node, installed: Path, _: World) -> BenchmarkedServer:
    program = installed / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    return BenchmarkedServer(
        peer.name,
        prepare=lambda _, port: [str(node.node), str(program), "mock", "--host", "127.0.0.1", "--port", str(port), str(SPEC)],
        probe="/customers/1",
        dialect=Dialect("/customers"),
        additions=_CHECKS_ONLY,
    )


def _mockoon(peer: Peer, node: Node, installed: Path, world: World) -> BenchmarkedServer:
    program = installed / "node_modules" / "@mockoon" / "cli" / "bin" / "run.js"

    def prepare(directory: Path, port: int) -> Sequence[str]:
        file = directory / "environment.json"
        file.write_text(json.dumps(_mockoon_environment(world)), encoding="utf-8")
        return [
            str(node.node), str(program), "start", "--data", str(file), "--hostname", "127.0.0.1", "--port", str(port),
            "--disable-log-to-file", "--repair",
        ]  # fmt: skip

    return BenchmarkedServer(peer.name, prepare, "/customers/1", Dialect("/customers"), additions=_ONLY_STATE)


def _mockoon_environment(world: World) -> dict[str, object]:
    """One bucket of data with the customers, and one route that creates, reads, replaces and deletes in it."""

    def named(name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    stored = [{"id": number, **one} for number, one in enumerate(world.customers, 1)]
    answer = {
        "uuid": named("answer"),
        "body": "{}",
        "statusCode": 200,
        "bodyType": "DATABUCKET",
        "databucketID": "cust",
        "default": True,
        "crudKey": "id",
        "headers": [{"key": "Content-Type", "value": "application/json"}],
    }
    route = {"uuid": named("route"), "type": "crud", "method": "", "endpoint": "customers", "responses": [answer]}
    return {
        "uuid": named("environment"),
        "lastMigration": 33,
        "name": "Customers",
        "routes": [route],
        "rootChildren": [{"type": "route", "uuid": named("route")}],
        "data": [{"uuid": named("data"), "id": "cust", "name": "customers", "documentation": "", "value": json.dumps(stored)}],
    }


def _scalar(peer: Peer, node: Node, installed: Path, _: World) -> BenchmarkedServer:
    # Node looks for a program's modules from the program's own place upwards.
    program = installed / _SCALAR.name
    shutil.copyfile(_SCALAR, program)
    return BenchmarkedServer(
        peer.name,
        prepare=lambda _, port: [str(node.node), str(program), str(SPEC), str(port)],
        probe="/customers/1",
        dialect=Dialect("/customers"),
        additions=_CHECKS_ONLY,
    )


PEERS = (
    Peer(
        "json-server 1.0 beta", "json-server", "1.0.0-beta.15",
        _json_server("?_page={page}&_per_page=20", "?account:contains={term}&_page=1&_per_page=20", ids_are_strings=True, script="bin.js"),
    ),
    Peer(
        "json-server 0.17", "json-server", "0.17.4",
        _json_server("?_page={page}&_limit=20", "?q={term}&_page=1&_limit=20", ids_are_strings=False, script="cli/bin.js"),
    ),
    Peer("Prism", "@stoplight/prism-cli", "5.16.0", _prism),
    Peer("Mockoon", "@mockoon/cli", "9.9.0", _mockoon),
    Peer("Scalar mock-server", "@scalar/mock-server", "0.14.4", _scalar),
)  # fmt: skip
