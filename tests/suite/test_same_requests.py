"""One seed, one sequence of requests: two runs on two fresh servers send the same, those of Schemathesis included."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.asgi import ADMINISTRATOR
from tests.commands import CONTRACT_TESTS, checkout_environment
from tests.servers import running

SEED = "11"
EXAMPLES = "1"
Sent = tuple[str, str, str, str | None]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The archives of two whole runs, made at the same time."""
    directories = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    with running(directories[0]) as one, running(directories[1]) as other:
        started = [start(directory, server.api) for directory, server in zip(directories, (one, other), strict=True)]
        for process, directory in zip(started, directories, strict=True):
            assert process.wait(timeout=280) == 0, (directory / "printed").read_text(encoding="utf-8")
    return [json.loads((one / "contract-report" / "run.har").read_text(encoding="utf-8")) for one in directories]


def start(directory: Path, url: str) -> subprocess.Popen[bytes]:
    words = ("run", "--url", url, "--api-key", ADMINISTRATOR, "--seed", SEED, "--max-examples", EXAMPLES, "--har")
    with (directory / "printed").open("wb") as printed:
        return subprocess.Popen([*CONTRACT_TESTS, *words], cwd=directory, env=checkout_environment(), stdout=printed, stderr=subprocess.STDOUT)


def sent(archive: dict[str, Any], source: str) -> list[Sent]:
    """Method, path, query and body of the requests of one source, in their order."""
    found: list[Sent] = []
    for one in archive["log"]["entries"]:
        if one["comment"].startswith(source):
            request, parts = one["request"], urlsplit(one["request"]["url"])
            found.append((request["method"], parts.path, parts.query, request.get("postData", {}).get("text")))
    return found


@pytest.mark.parametrize(("source", "least"), [("probe", 500), ("schemathesis", 700)])
def test_the_same_seed_sends_the_same_requests(runs: list[dict[str, Any]], source: str, least: int) -> None:
    first, second = (sent(one, source) for one in runs)
    assert len(first) >= least
    for number, (mine, its) in enumerate(zip(first, second, strict=False)):
        assert mine == its, number
    assert len(first) == len(second)
