"""The command `contract-tests`."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from contract_tests.command_help import Commands
from contract_tests.documents import diff_command, lint_command
from contract_tests.errors import Refused
from contract_tests.extras import needs
from contract_tests.package_versions import version_of
from contract_tests.run.options import read_options
from contract_tests.run.settings import help_of, plugin_arguments
from openapi.standard_streams import output_failure, prepare_standard_streams

cli = typer.Typer(name="contract-tests", cls=Commands, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
_EXAMPLES = """Examples:  contract-tests run --url http://127.0.0.1:8000/api/v2 --api-key sbx_test_administrator  |
contract-tests run --url URL --only paging --only money  |  contract-tests run --rerun PROMISE --from contract-report/report.json --url URL"""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"contract-tests {version_of('business-suite-sandbox')}")
        raise typer.Exit


@cli.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")] = False,
) -> None:
    """Check which promises of the Business Suite API v2 an implementation keeps."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@cli.command(epilog=_EXAMPLES)
def run(
    url: Annotated[str | None, typer.Option(help=help_of("url"))] = None,
    api_key: Annotated[str | None, typer.Option(help=help_of("api_key"))] = None,
    staff_key: Annotated[str | None, typer.Option(help=help_of("staff_key"))] = None,
    read_only_key: Annotated[str | None, typer.Option(help=help_of("read_only_key"))] = None,
    spec: Annotated[str | None, typer.Option(metavar="PATH", help=help_of("spec"))] = None,
    seed: Annotated[str | None, typer.Option(help=help_of("seed"))] = None,
    max_examples: Annotated[str | None, typer.Option(help=help_of("max_examples"))] = None,
    budget: Annotated[str | None, typer.Option(help=help_of("budget"))] = None,
    only: Annotated[list[str] | None, typer.Option(help=help_of("only"))] = None,
    skip: Annotated[list[str] | None, typer.Option(help=help_of("skip"))] = None,
    strict: Annotated[bool, typer.Option("--strict", help=help_of("strict"))] = False,
    safe: Annotated[bool, typer.Option("--safe", help=help_of("safe"))] = False,
    exhaust_limit: Annotated[bool, typer.Option("--exhaust-limit", help=help_of("exhaust_limit"))] = False,
    control: Annotated[str | None, typer.Option(help=help_of("control"))] = None,
    receiver_url: Annotated[str | None, typer.Option(help=help_of("receiver_url"))] = None,
    receiver_listen: Annotated[str | None, typer.Option(help=help_of("receiver_listen"))] = None,
    timeout: Annotated[str | None, typer.Option(help=help_of("timeout"))] = None,
    report_dir: Annotated[str | None, typer.Option(metavar="PATH", help=help_of("report_dir"))] = None,
    har: Annotated[bool, typer.Option("--har", help=help_of("har"))] = False,
    baseline: Annotated[str | None, typer.Option(metavar="PATH", help=help_of("baseline"))] = None,
    rerun: Annotated[str | None, typer.Option(help=help_of("rerun"))] = None,
    earlier: Annotated[str | None, typer.Option("--from", metavar="PATH", help=help_of("from"))] = None,
    format: Annotated[str | None, typer.Option(help=help_of("format"))] = None,
) -> None:
    """Check the promises against a server.

    Exit code 0: all are kept. 1: a promise is broken. 2: the run did not start or finish. 3: the suite itself failed.
    """
    values = dict(locals())
    needs("contract-tests run", "pytest", "schemathesis", "jinja2")
    values["from"] = values.pop("earlier")
    read_options(values).selected()  # so that what is wrong is said before anything else happens
    raise typer.Exit(_pytest(values))


@cli.command()
def promises(format: Annotated[str, typer.Option(help="text or json")] = "text") -> None:
    """List all promises, each with its sentence, its source and what it needs."""
    from contract_tests.reports.catalogue import catalogue, catalogue_text

    if format not in ("text", "json"):
        raise Refused(f"--format {format}: must be text or json")
    typer.echo(json.dumps(catalogue(), ensure_ascii=False, indent=2) if format == "json" else catalogue_text())


diff_command.register(cli)
lint_command.register(cli)


def _pytest(values: dict[str, Any]) -> int:
    """Runs the suite under pytest, which shows nothing itself and reads no configuration of the directory it is called in."""
    import pytest

    ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    package = Path(__file__).parent
    quiet = ["-c", os.devnull, "--rootdir", str(package), "--noconftest", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:capture"]
    arguments = [*quiet, "-p", "contract_tests.plugin", "--pyargs", "contract_tests", *plugin_arguments(values)]
    stopped = signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        return int(pytest.main(arguments))
    finally:
        signal.signal(signal.SIGTERM, stopped)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    """A run that is told to end puts everything back, as after Ctrl+C."""
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> Any:
    """Runs the command; what cannot be done is one line on stderr and exit code 2."""
    prepare_standard_streams(end_with_their_reader=False)  # a run puts everything back, and writes its reports, whoever looks on
    try:
        # Standing alone, Typer would write the usage beside its own errors, and ours are one line.
        code = cli(arguments, standalone_mode=False)
        if (why := output_failure()) is not None:
            _complain(f"what it says could not be written: {why}.")
        raise SystemExit(code)
    except typer.Abort:
        _complain("interrupted.")
    except (Refused, typer.TyperException) as problem:
        _complain(problem.format_message() if isinstance(problem, typer.TyperException) else str(problem))
    raise SystemExit(2)


def _complain(what: str) -> None:
    typer.secho(f"contract-tests: {what}", fg=typer.colors.RED, err=True)
