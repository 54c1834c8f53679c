"""The command `contract-tests diff`: what changed between two OpenAPI documents, and which clients it breaks.

What does the work is imported when it is needed, so that the other commands start without it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contract_tests.errors import Refused
from contract_tests.extras import needs
from contract_tests.paths import document_of, path_of

_EXAMPLES = """Examples:  contract-tests diff main:openapi.yaml openapi.yaml  |
contract-tests diff old.yaml new.yaml --fail-on warning  |  contract-tests diff old.yaml new.yaml --format html --output changes.html"""
FORMATS = ("text", "json", "markdown", "sarif", "html")
BARS = ("breaking", "warning", "none")
_BARE = ("json", "sarif")
"""Formats that have no place for what is wrong with the accepted changes."""


def diff_command(
    base: Annotated[str, typer.Argument(help="The old document: a file, or REVISION:PATH of the current git repository.")],
    head: Annotated[str, typer.Argument(help="The new document.")],
    fail_on: Annotated[str, typer.Option(help="Exit with 1 if a change is this bad or worse: breaking, warning or none.")] = "breaking",
    format: Annotated[str, typer.Option(help="text, json, markdown, sarif or html.")] = "text",
    ignore: Annotated[str | None, typer.Option(metavar="FILE", help="A file of accepted changes, each with a reason and an expiry date.")] = None,
    output: Annotated[str | None, typer.Option(metavar="FILE", help="Write the report to this file; print only its last line.")] = None,
    allow_remote: Annotated[bool, typer.Option("--allow-remote", help="Follow references to other hosts.")] = False,
) -> None:
    """Show what changed between two OpenAPI documents, and which clients it breaks.

    Exit code 0: no change is as bad as --fail-on. 1: a change is. 2: a document or an option is invalid.
    """
    one_of("--format", format, FORMATS)
    one_of("--fail-on", fail_on, BARS)
    if format == "html":
        needs("contract-tests diff --format html", "jinja2")
    from contract_tests.documents.diff import compared, reported
    from contract_tests.documents.reports.text import Sheet

    place = None if output is None else path_of("--output", output)
    accepted = None if ignore is None else str(path_of("--ignore", ignore))
    comparison = compared(document_of(base), document_of(head), fail_on, accepted, datetime.now(UTC).date(), remote=allow_remote)
    if format in _BARE or place is not None:
        for note in comparison.notes:
            typer.echo(f"contract-tests: {note}", err=True)
    report = reported(comparison, format, Sheet.of_terminal() if place is None else Sheet())
    if place is None:
        typer.echo(report, nl=False)
    else:
        _write(place, report)
        typer.echo(comparison.summary)
    raise typer.Exit(comparison.exit_code)


def register(cli: typer.Typer) -> None:
    """Adds the command."""
    cli.command("diff", epilog=_EXAMPLES)(diff_command)


def one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    """Refused for a value that an option does not know."""
    if value not in known:
        raise Refused(f"{option} {value}: must be {', '.join(known[:-1])} or {known[-1]}")


def _write(output: Path, report: bytes) -> None:
    try:
        output.write_bytes(report)
    except OSError as problem:
        raise Refused(f"--output {output}: it cannot be written ({problem.strerror})") from None
