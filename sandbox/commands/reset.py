"""`sandbox reset`: a workspace back to a known world."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.commands.admin_client import SCENARIOS, DataDir, run_command, seed_of
from sandbox.commands.output import AnswerFormat, Format, show_json
from sandbox.progress import progress_bar


def reset(
    data_dir: DataDir = None,
    workspace: Annotated[str, typer.Option(help="The workspace to reset.")] = "default",
    scenario: Annotated[str | None, typer.Option(help=f"What it becomes: {SCENARIOS}; unless given, what it was last reset to.")] = None,
    seed: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The same scenario and seed give the same data; unless given, the last one.")
    ] = None,
    format: AnswerFormat = Format.text,
) -> None:
    """Bring a workspace back to what a scenario makes it.

    Its documents become the scenario's, and its clock goes back to real time. Its keys stay, and so do its snapshots;
    another one is taken before, and kept seven days.
    """
    with progress_bar("Building the scenario") as progress:
        done = run_command(data_dir, "reset", {"workspace": workspace, "scenario": scenario, "seed": seed_of(seed)}, progress)
    if format is Format.json:
        show_json(done)
        return
    typer.echo(f"Workspace {workspace} is as scenario {done['scenario']}, seed {done['seed']}, makes it.")
    typer.echo(f"What was there before is the snapshot {done['undo']};")
    typer.echo("POST /_sandbox/reset/undo brings it back.")
