"""`sandbox reset`: resets a workspace to a scenario."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.commands.admin_client import SCENARIOS, DataDir, run_command, seed_of
from sandbox.commands.output import AnswerFormat, Format, show_json
from sandbox.progress import progress_bar


def reset(
    data_dir: DataDir = None,
    workspace: Annotated[str, typer.Option(help="The workspace to reset.")] = "default",
    scenario: Annotated[str | None, typer.Option(help=f"Scenario to reset to: {SCENARIOS}; by default, that of the last reset.")] = None,
    seed: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The same scenario and seed give the same data; by default, that of the last reset.")
    ] = None,
    format: AnswerFormat = Format.text,
) -> None:
    """Reset a workspace to a scenario.

    Its documents are replaced by those of the scenario, and its clock is set to real time. Keys and snapshots are kept.
    The previous data is saved as a snapshot for seven days.
    """
    with progress_bar("Building the scenario") as progress:
        done = run_command(data_dir, "reset", {"workspace": workspace, "scenario": scenario, "seed": seed_of(seed)}, progress)
    if format is Format.json:
        show_json(done)
        return
    typer.echo(f"Workspace {workspace} was reset to scenario {done['scenario']}, seed {done['seed']}.")
    typer.echo(f"The previous data is in the snapshot {done['undo']};")
    typer.echo("POST /_sandbox/reset/undo restores it.")
