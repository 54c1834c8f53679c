"""`sandbox keys`: who may use which workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from openapi.wording import terminal_safe
from sandbox.commands.admin_client import DataDir, run_command, warn_where_nobody_serves
from sandbox.commands.output import AnswerFormat, Commands, Format, day, show_json, show_table

EXAMPLES = "Examples:  sandbox keys create --role staff  |  sandbox keys list  |  sandbox keys revoke 3"
keys = typer.Typer(name="keys", cls=Commands, help="Create, list and revoke API keys.", no_args_is_help=True, rich_markup_mode=None, epilog=EXAMPLES)
Workspace = Annotated[str, typer.Option("--workspace", help="The workspace of the key.")]


@keys.command(epilog="Examples:  sandbox keys create --data-dir ./data  |  sandbox keys create --workspace acme --role staff --label 'Jane, CI'")
def create(
    data_dir: DataDir = None,
    workspace: Workspace = "default",
    role: Annotated[str, typer.Option(help="Role of the key: administrator, staff or read-only.")] = "administrator",
    label: Annotated[str | None, typer.Option(help="Owner or purpose of the key; by default, the role.")] = None,
    format: AnswerFormat = Format.text,
) -> None:
    """Create a key and show it once."""
    created = run_command(data_dir, "keys_create", {"workspace": workspace, "label": label or role, "role": role}, begins=True)
    warn_where_nobody_serves(data_dir)
    if format is Format.json:
        show_json(created)
        return
    typer.echo(f"Key {created['id']} of workspace {created['workspace']}, {created['role']}, {terminal_safe(created['label'])}:\n")
    typer.echo(f"{created['key']}\n")
    typer.echo("The key is shown this once and not stored: copy it now.")


@keys.command("list", epilog="Examples:  sandbox keys list --data-dir ./data  |  sandbox keys list --workspace acme --format json")
def list_(
    data_dir: DataDir = None,
    workspace: Annotated[str | None, typer.Option(help="List only the keys of this workspace.")] = None,
    format: AnswerFormat = Format.text,
) -> None:
    """List keys, including revoked ones. The keys themselves are not stored, so they are not shown."""
    found = run_command(data_dir, "keys_list", {} if workspace is None else {"workspace": workspace})
    if format is Format.json:
        show_json(found)
        return
    rows = [(one["workspace"], one["id"], one["role"], one["label"], day(one["created_at"]), _state(one)) for one in found]
    show_table(("workspace", "id", "role", "label", "created", "state"), rows)


@keys.command(epilog="Example:  sandbox keys revoke 3 --workspace acme")
def revoke(
    id: Annotated[int, typer.Argument(help="Id of the key, as `sandbox keys list` shows it.")],
    data_dir: DataDir = None,
    workspace: Workspace = "default",
    format: AnswerFormat = Format.text,
) -> None:
    """Revoke a key, so that it is no longer accepted."""
    revoked = run_command(data_dir, "keys_revoke", {"workspace": workspace, "id": id})
    if format is Format.json:
        show_json(revoked)
    else:
        typer.echo(f"Key {revoked['id']} of workspace {workspace}, {terminal_safe(revoked['label'])}, was revoked.")


def _state(key: dict[str, object]) -> str:
    if key["revoked_at"] is not None:
        return f"revoked {day(str(key['revoked_at']))}"
    return "public test key" if key["test"] else "valid"
