"""The command `sandbox`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer

import sandbox
from openapi.document import DocumentError
from openapi.standard_streams import output_failure
from sandbox.commands.doctor.command import doctor
from sandbox.commands.keys import keys
from sandbox.commands.listen.command import EXAMPLES as FORWARDINGS
from sandbox.commands.listen.command import listen
from sandbox.commands.output import Commands
from sandbox.commands.receiver_check.command import EXAMPLES as EXAMINATIONS
from sandbox.commands.receiver_check.command import examine_receiver
from sandbox.commands.reset import reset
from sandbox.commands.workspaces import workspaces
from sandbox.errors import StartError
from sandbox.quotas import Quotas
from sandbox.settings import Settings, describe, load_settings

cli = typer.Typer(name="sandbox", cls=Commands, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sandbox {sandbox.version()}")
        raise typer.Exit


@cli.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")] = False,
) -> None:
    """Run the Business Suite API v2 on your own machine, with state."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _with_an_option_for_each_quota(command: Callable[..., None]) -> Callable[..., None]:
    """In the place of its `**` parameter: they are too many to be written twice."""
    *own, _ = inspect.signature(command, eval_str=True).parameters.values()
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(metavar="QUOTA", help=describe(name))],
        )
        for name in Quotas.__struct_fields__
    ]
    command.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in (*own, *options)}
    return command


@cli.command(epilog="Examples:  sandbox serve  |  sandbox serve --port 0 --scenario empty  |  sandbox serve --data-dir ./data --rate-limit 20/60")
@_with_an_option_for_each_quota
def serve(
    host: Annotated[str | None, typer.Option(help=describe("host"))] = None,
    port: Annotated[str | None, typer.Option(metavar="NUMBER", help=describe("port"))] = None,
    data_dir: Annotated[str | None, typer.Option(metavar="PATH", help=describe("data_dir"))] = None,
    scenario: Annotated[str | None, typer.Option(help=describe("scenario"))] = None,
    seed: Annotated[str | None, typer.Option(metavar="NUMBER", help=describe("seed"))] = None,
    durability: Annotated[str | None, typer.Option(help=describe("durability"))] = None,
    reset_at: Annotated[str | None, typer.Option(help=describe("reset_at"))] = None,
    reset_zone: Annotated[str | None, typer.Option(help=describe("reset_zone"))] = None,
    control: Annotated[str | None, typer.Option(help=describe("control"))] = None,
    test_keys: Annotated[str | None, typer.Option(help=describe("test_keys"))] = None,
    allowed_hosts: Annotated[str | None, typer.Option(help=describe("allowed_hosts"))] = None,
    allowed_origins: Annotated[str | None, typer.Option(help=describe("allowed_origins"))] = None,
    spec: Annotated[str | None, typer.Option(metavar="PATH", help=describe("spec"))] = None,
    reload: Annotated[bool | None, typer.Option("--reload", help=describe("reload"))] = None,
    rate_limit: Annotated[str | None, typer.Option(help=describe("rate_limit"))] = None,
    max_rate_limit: Annotated[str | None, typer.Option(help=describe("max_rate_limit"))] = None,
    allow_local_webhooks: Annotated[bool | None, typer.Option("--allow-local-webhooks", help=describe("allow_local_webhooks"))] = None,
    webhook_networks: Annotated[str | None, typer.Option(help=describe("webhook_networks"))] = None,
    webhook_rate: Annotated[str | None, typer.Option(metavar="NUMBER", help=describe("webhook_rate"))] = None,
    trusted_proxies: Annotated[str | None, typer.Option(help=describe("trusted_proxies"))] = None,
    quotas: Annotated[str | None, typer.Option(help=describe("quotas"))] = None,
    stack: Annotated[str | None, typer.Option(help=describe("stack"))] = None,
    log_requests: Annotated[bool | None, typer.Option("--log-requests", help=describe("log_requests"))] = None,
    format: Annotated[str | None, typer.Option(help=describe("format"))] = None,
    **each_quota: Any,
) -> None:
    """Serve the API until Ctrl+C or SIGTERM.

    Every option can also stand in the environment (SANDBOX_RATE_LIMIT=20/60) or in sandbox.toml (rate_limit = "20/60").
    """
    flags = dict(locals())
    _serve(load_settings({**flags, **flags.pop("each_quota")}))


cli.add_typer(keys)
cli.add_typer(workspaces)
cli.command(epilog="Examples:  sandbox reset --data-dir ./data  |  sandbox reset --workspace acme --scenario busy --seed 7")(reset)
cli.command(epilog="Examples:  sandbox doctor --data-dir ./data  |  sandbox doctor --repair")(doctor)
cli.command(epilog=FORWARDINGS)(listen)
cli.command(epilog=EXAMINATIONS)(examine_receiver)


def _serve(settings: Settings) -> None:
    from sandbox.serving import serve_forever  # loads the server, which --help need not wait for

    serve_forever(settings)


def main(arguments: list[str] | None = None, program: typer.Typer = cli) -> NoReturn:
    """Runs the command; a bad option, or what cannot start or be done, is one line on stderr and exit code 2."""
    try:
        # Standing alone, Typer would write the usage beside its own errors, and ours are one line.
        code = program(arguments, standalone_mode=False)
        if (why := output_failure()) is not None:
            _complain(f"it was done, but what it says could not be written: {why}.")
            code = code or 1
        raise SystemExit(code)
    except typer.Abort:
        _complain("nothing was done.")
    except (StartError, DocumentError, typer.TyperException) as problem:
        _complain(problem.format_message() if isinstance(problem, typer.TyperException) else str(problem))
    raise SystemExit(2)


def end_with(problem: BaseException) -> NoReturn:
    """Ends as a command that raised this."""
    ended = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

    @ended.command()
    def _raise() -> None:
        raise problem

    main([], ended)


def _complain(what: str) -> None:
    typer.secho(f"sandbox: {what}", fg=typer.colors.RED, err=True)
