"""`sandbox workspaces`: creates, lists and deletes workspaces."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sandbox.commands.admin_client import SCENARIOS, DataDir, run_command, same_directory, seed_of, warn_where_nobody_serves
from sandbox.commands.output import AnswerFormat, Commands, Format, day, show_json, show_table
from sandbox.errors import StartError

EXAMPLES = "Examples:  sandbox workspaces create acme  |  sandbox workspaces list"
workspaces = typer.Typer(
    name="workspaces", cls=Commands, help="Create, list and delete workspaces.", no_args_is_help=True, rich_markup_mode=None, epilog=EXAMPLES
)
Name = Annotated[str, typer.Argument(help="Up to 64 letters, digits, hyphens and underscores.")]


@workspaces.command(
    epilog="Examples:  sandbox workspaces create acme --data-dir ./data  |  sandbox workspaces create acme --scenario overdue --seed 7"
)
def create(
    name: Name,
    data_dir: DataDir = None,
    scenario: Annotated[str | None, typer.Option(help=f"Initial data: {SCENARIOS}; by default, that of the server's settings.")] = None,
    seed: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The same scenario and seed give the same data; by default, that of the settings.")
    ] = None,
    format: AnswerFormat = Format.text,
) -> None:
    """Create a workspace; its data is generated when it is first used."""
    created = run_command(data_dir, "workspaces_create", {"name": name, "scenario": scenario, "seed": seed_of(seed)}, begins=True)
    warn_where_nobody_serves(data_dir)
    if format is Format.json:
        show_json(created)
        return
    typer.echo(f"Workspace {name} was created. To create a key for it:")
    typer.echo(f"  sandbox keys create --workspace {name} --role administrator{same_directory(data_dir)}")


@workspaces.command("list", epilog="Example:  sandbox workspaces list --data-dir ./data --format json")
def list_(data_dir: DataDir = None, format: AnswerFormat = Format.text) -> None:
    """List all workspaces, with the number of valid keys of each."""
    found = run_command(data_dir, "workspaces_list", {})
    if format is Format.json:
        show_json(found)
        return
    rows = [(one["name"], one["keys"], _or_settings(one["scenario"]), _or_settings(one["seed"]), day(one["created_at"])) for one in found]
    show_table(("workspace", "keys", "begins with", "seed", "created"), rows)


@workspaces.command(epilog="Example:  sandbox workspaces delete acme --yes")
def delete(
    name: Name,
    data_dir: DataDir = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    format: AnswerFormat = Format.text,
) -> None:
    """Delete a workspace permanently.

    Its documents, snapshots and keys are deleted with it.
    """
    if not yes:
        if not sys.stdin.isatty():
            raise StartError(f"Deleting {name} cannot be undone, and there is nobody to ask; use --yes.")
        typer.confirm(f"Delete the workspace {name} with its documents, snapshots and keys permanently?", abort=True, err=True)
    gone = run_command(data_dir, "workspaces_delete", {"name": name})
    if format is Format.json:
        show_json(gone)
    else:
        typer.echo(f"Workspace {name} was deleted.")


def _or_settings(value: object) -> object:
    return "as the settings say" if value is None else value
