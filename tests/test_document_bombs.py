"""Every command that reads a document refuses one that is a bomb in less than a second more than it takes to refuse an empty one."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import CONTRACT_TESTS, SANDBOX, run
from tests.servers import SPEC

COMMANDS = {
    "serve": (SANDBOX, ("serve", "--port", "0", "--spec")),
    "serve --reload": (SANDBOX, ("serve", "--port", "0", "--reload", "--spec")),
    "lint": (CONTRACT_TESTS, ("lint",)),
    "diff": (CONTRACT_TESTS, ("diff", str(SPEC))),
    "run": (CONTRACT_TESTS, ("run", "--url", "http://127.0.0.1:9/api/v2", "--api-key", "none", "--spec")),
}
HEAD = 'openapi: 3.0.3\ninfo: {title: t, version: "1"}\n'
DOCUMENT = f"""{HEAD}paths:
  /things:
    get:
      operationId: listThings
      x-resource: things
      x-action: list
      responses: {{"200": {{description: all, content: {{application/json: {{schema: {{$ref: "#/components/schemas/List"}}}}}}}}}}
components:
  schemas:
    List: {{type: object, properties: {{success: {{type: boolean}}, data: {{type: array, items: {{$ref: "#/components/schemas/Thing"}}}}}}}}
    Thing: {{type: object, properties: {{id: {{type: integer}}}}}}
"""


def laughs(levels: int, fan: int, leaf: str = "lol") -> str:
    rungs = "".join(f"    L{n}: {{default: &l{n} [{', '.join([f'*l{n - 1}'] * fan)}]}}\n" for n in range(1, levels))
    return f"{DOCUMENT}    L0: {{default: &l0 [{', '.join([leaf] * fan)}]}}\n{rungs}"


ALIASES = {
    "a billion laughs": laughs(9, 10),
    "laughs below a million values": laughs(5, 10),
    "schemas that hold each other twice": f"{DOCUMENT}    S0: &s0 {{type: string}}\n"
    + "".join(f"    S{n}: &s{n} {{type: object, properties: {{x: *s{n - 1}, y: *s{n - 1}}}}}\n" for n in range(1, 15)),
    "mappings that are merged": f"{HEAD}x-m0: &m0 {{a: 1}}\n"
    + "".join(f"x-m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}], k{n}: *m{n - 1}}}\n" for n in range(1, 24))
    + "paths: {}\n",
    "a long text a thousand times": f"{DOCUMENT}    T: {{default: &t {'x' * 1_000_000}}}\n    U: {{enum: [{', '.join(['*t'] * 1000)}]}}\n",
    "an alias of itself": f"{DOCUMENT}    S: &s {{default: [*s]}}\n",
    "nesting": f"{DOCUMENT}    S: {{default: {'[' * 100_000}{']' * 100_000}}}\n",
}
REFERENCES = {
    "references that hold each other twice": f"{DOCUMENT}    S0: {{type: string}}\n"
    + "".join(
        f"    S{n}: {{type: object, properties: {{x: {{$ref: '#/components/schemas/S{n - 1}'}}, y: {{$ref: '#/components/schemas/S{n - 1}'}}}}}}\n"
        for n in range(1, 31)
    ),
    "references in a chain": f"{DOCUMENT}    S0: {{type: string}}\n"
    + "".join(f"    S{n}: {{type: object, properties: {{x: {{$ref: '#/components/schemas/S{n - 1}'}}}}}}\n" for n in range(1, 1_000)),
}
BOMBS = [(command, name, text) for command in COMMANDS for name, text in ALIASES.items()] + [
    (command, name, text) for command in ("serve", "serve --reload", "run") for name, text in REFERENCES.items()
]


@pytest.fixture(scope="module")
def seconds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], tuple[float, str]]:
    """The processor time that a command takes for a document, beyond what it takes to refuse an empty one; and what it says."""
    place = tmp_path_factory.mktemp("bombs")
    least: dict[str, float] = {}

    def spent(command: str, text: str) -> tuple[float, str]:
        (place / "spec.yaml").write_text(text)
        program, words = COMMANDS[command]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = run(place, *words, "spec.yaml", command=program, seconds=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout + done.stderr

    def measured(command: str, text: str) -> tuple[float, str]:
        if command not in least:
            spent(command, "")
            least[command] = spent(command, "")[0]
        took, told = spent(command, text)
        return took - least[command], told

    return measured


@pytest.mark.parametrize(("command", "name", "text"), BOMBS, ids=[f"{command}: {name}" for command, name, _ in BOMBS])
def test_a_bomb_is_refused_in_under_a_second(seconds: Callable[[str, str], tuple[float, str]], command: str, name: str, text: str) -> None:
    took, told = seconds(command, text)
    assert "spec.yaml:" in told
    assert took < 1, told


@pytest.mark.parametrize("command", ["serve", "lint", "diff"])
def test_a_file_without_end_is_refused(tmp_path: Path, command: str) -> None:
    program, words = COMMANDS[command]
    done = run(tmp_path, *words, "/dev/zero", command=program, seconds=60)
    assert done.returncode == 2
    assert "20,971,520" in done.stdout + done.stderr
