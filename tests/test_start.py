"""How `sandbox serve` begins: flags are read as Typer reads them, and nothing is loaded that the first answer does not need."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from sandbox import cli, start
from sandbox.errors import StartError
from sandbox.settings import Settings, load_settings
from tests.clients import ask
from tests.commands import checkout_environment, lines_until

UNDERSTOOD = [
    [],
    ["--port", "0"],
    ["--port=0"],
    ["--port", "08"],
    ["--port", "+1"],
    ["--port", " 1"],
    ["--data-dir=~/data", "--spec", "~/spec.yaml"],
    ["--host", "::1", "--scenario", "empty", "--seed", "7"],
    ["--data-dir", "a b/ü", "--spec=x=y.yaml"],
    ["--rate-limit", "20/60", "--durability", "power", "--stack", "stock"],
    ["--reset-at", "never", "--reset-zone", "Europe/Berlin"],
    ["--control", "off", "--allowed-hosts", "a.example, b.example"],
    ["--webhook-networks", "10.0.0.0/8", "--trusted-proxies=10.0.0.1"],
    ["--reload", "--log-requests", "--allow-local-webhooks"],
    ["--format", "json"],
]
LEFT_TO_TYPER = [
    ["--help"],
    ["--port"],
    ["--port="],
    ["--port", ""],
    ["--port", "-1"],
    ["--port", "--reload"],
    ["--port", "1", "--port", "2"],
    ["--reload", "--reload"],
    ["--reload=true"],
    ["--no-reload"],
    ["--data_dir", "x"],
    ["--DATA-DIR", "x"],
    ["--data", "x"],
    ["--scen=empty"],
    ["--data-dir", "-"],
    ["--scenario", "-x"],
    ["--", "--port", "1"],
    ["--port", "1", "--"],
    ["-p", "1"],
    ["-"],
    ["more"],
    ["--port", "1", "more"],
    ["--version"],
    ["--prot", "1"],
    ["---port", "1"],
    ["--=1"],
    ["--"],
]


def as_typer_reads_them(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    served: list[Settings] = []
    monkeypatch.setattr(cli, "_serve", served.append)
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code is None
    return served[0]


@pytest.mark.parametrize("flags", UNDERSTOOD, ids=" ".join)
def test_plain_flags_are_read_as_typer_reads_them(flags: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    read = start.plain_flags(["serve", *flags])
    assert read is not None
    assert load_settings(read) == as_typer_reads_them(["serve", *flags], monkeypatch)


@pytest.mark.parametrize("flags", LEFT_TO_TYPER, ids=" ".join)
def test_whatever_is_not_plain_is_left_to_typer(flags: list[str]) -> None:
    assert start.plain_flags(["serve", *flags]) is None


@pytest.mark.parametrize("arguments", [[], ["--help"], ["keys", "list"], ["reset"], ["Serve"], ["--port", "1", "serve"]], ids=" ".join)
def test_other_commands_are_left_to_typer(arguments: list[str]) -> None:
    assert start.plain_flags(arguments) is None


def test_every_setting_can_be_a_plain_flag() -> None:
    kinds = get_type_hints(Settings)
    for name in Settings.__struct_fields__:
        flag = f"--{name.replace('_', '-')}"
        switch = kinds[name] is bool
        assert start.plain_flags(["serve", flag] if switch else ["serve", flag, "1"]), name


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (StartError("this cannot be."), 2),
        (KeyboardInterrupt(), 130),
        (EOFError(), 2),
        (BrokenPipeError(32, "Broken pipe"), 1),
        (OSError(28, "No space left"), None),
        (ValueError("a fault of ours"), None),
    ],
    ids=repr,
)
def test_it_ends_as_typer_would_end_it(
    problem: BaseException, code: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Any) -> None:
        raise problem

    monkeypatch.setattr("sandbox.serving.serve_forever", fail)
    monkeypatch.setattr("gc.disable", lambda: None)
    for name in ("stdout", "stderr"):  # which Typer replaces where a pipe is broken
        monkeypatch.setattr(sys, name, getattr(sys, name))
    ended = []
    for main in (start.main, cli.main):
        with pytest.raises(SystemExit if code is not None else type(problem)) as end:
            main(["serve"])
        ended.append((getattr(end.value, "code", None), capsys.readouterr()))
    assert ended[0] == ended[1]
    assert ended[0][0] == code


# The top-level packages that may be loaded before the first answer.
NEEDED = {
    "openapi", "sandbox",
    "connexion", "starlette", "anyio", "inflection", "python_multipart", "werkzeug", "yaml", "typing_extensions",
    "uvicorn", "uvloop", "cython_runtime", "httptools",
    "jiter", "jsonschema_rs", "msgspec", "orjson",
    "platformdirs", "tinydb",
}  # fmt: skip
# Our own that wait until somebody needs them, with what they bring.
LATER = {
    "sandbox.cli", "sandbox.control.dispatch", "sandbox.events.network", "sandbox.reloading", "sandbox.seeding.body_factory",
    "sandbox.seeding.scenario_run",
    "importlib.metadata", "multiprocessing", "tomllib", "unittest",
}  # fmt: skip
_SERVE_AND_TELL = """
import json, sys
from sandbox.control.schedule import Ticker
Ticker.start = lambda self: None  # what it loads, it loads a second later
from sandbox.start import main
main(["serve", "--port", "0", *sys.argv[1:]])
print(json.dumps(list(sys.modules)))
"""


def loaded_by_the_first_answer(cwd: Path, *flags: str) -> set[str]:
    surroundings = checkout_environment(XDG_CACHE_HOME=str(cwd / "cache"))
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE_AND_TELL, *flags], cwd=cwd, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            api = next(line.split()[-1] for line in lines_until("Ctrl+C", process) if "  API " in line)
            assert ask(f"{api}/customers").status == 200
            process.send_signal(signal.SIGTERM)
            rest, complaints = process.communicate(timeout=20)
        finally:
            if process.poll() is None:
                process.kill()
    assert complaints == ""
    return set(json.loads(rest))


@pytest.mark.parametrize("kept", [True, False], ids=["on disk", "in memory"])
def test_nothing_is_loaded_that_the_first_answer_does_not_need(tmp_path: Path, kept: bool) -> None:
    flags = ("--data-dir", "data") if kept else ()
    loaded_by_the_first_answer(tmp_path, *flags)  # the first start builds what the next ones find
    bare = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True, timeout=30)
    loaded = loaded_by_the_first_answer(tmp_path, *flags) - set(bare.stdout.split())
    packages = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    new = {name for name in packages - NEEDED if not name.startswith("_")} | (loaded & LATER)
    assert not new, (
        f"the server's start loads {', '.join(sorted(new))}: import it where it is first used, or name it in sandbox/edge/__init__.py where "
        "Connexion or uvicorn imports it for nothing; add it to NEEDED only if no request can be answered without it"
    )
