"""The output of commands: tables of at most 80 columns for people, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from openapi.wording import terminal_safe

_WIDEST = 80
_WHOLE = 1_000


class Commands(TyperGroup):
    """Commands whose help lists each with its whole first sentence, broken where the terminal ends; Typer would cut it."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(_WHOLE)) for name, one in commands if one is not None])


class Format(StrEnum):
    """What an answer looks like."""

    text = "text"
    json = "json"


AnswerFormat = Annotated[Format, typer.Option("--format", help="Output format: text or json.")]


def show_json(value: Any) -> None:
    """One document."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A row for each, under the names of the columns; what is too long is broken, not cut."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(terminal_safe(cell)) for cell in row))
    console = Console(highlight=False)
    console.width = min(console.width, _WIDEST)
    with console.capture() as capture:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def day(moment: str) -> str:
    """The date of an RFC 3339 moment."""
    return moment[:10]
