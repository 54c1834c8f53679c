"""The command `contract-tests lint`: finds errors and weaknesses in OpenAPI documents, and fixes those it can.

What does the work is imported when it is needed, so that the other commands start without it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from contract_tests.documents.diff_command import one_of
from contract_tests.errors import Refused
from contract_tests.extras import needs
from contract_tests.paths import document_of

_EXAMPLES = """Examples:  contract-tests lint openapi.yaml  |  contract-tests lint --fix openapi.yaml  |
contract-tests lint --fail-on warning --skip description-property --format sarif openapi.yaml  |  contract-tests lint main:openapi.yaml"""
_FORMATS = ("text", "json", "sarif")
_BARS = ("error", "warning", "info", "none")


def lint_command(
    specs: Annotated[list[str] | None, typer.Argument(metavar="SPEC...", help="OpenAPI 3.0 or 3.1 documents: files, or REVISION:PATH.")] = None,
    fail_on: Annotated[str, typer.Option(help="Exit with 1 if a finding is this bad or worse: error, warning, info or none.")] = "error",
    format: Annotated[str, typer.Option(help="text, json or sarif.")] = "text",
    rule: Annotated[list[str] | None, typer.Option(help="Check only this rule; may be repeated.")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Do not check this rule; may be repeated.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Correct the file where that is possible, and report what was changed.")] = False,
    list_rules: Annotated[bool, typer.Option("--list", help="List the rules and exit.")] = False,
) -> None:
    """Find errors and weaknesses in OpenAPI documents.

    Exit code 0: no finding is as bad as --fail-on. 1: a finding is. 2: a document or an option is invalid.
    """
    one_of("--format", format, _FORMATS)
    one_of("--fail-on", fail_on, _BARS)
    if fix:
        needs("contract-tests lint --fix", "ruamel.yaml")
    from contract_tests.documents.lint import LintOptions, fixed_lines, is_as_bad, lint_documents, listed, reported

    if list_rules:
        typer.echo(listed(format), nl=False)
        return
    if not specs:
        raise Refused("no document given; run `contract-tests lint openapi.yaml`, or `contract-tests lint --list` for the rules")
    results = lint_documents([document_of(one) for one in specs], LintOptions(rule or [], skip or [], fix))
    for result in results:
        _tell(fixed_lines(result.done), err=format != "text")
    found = [one for result in results for one in result.left]
    failed = is_as_bad(found, fail_on)
    end = f"Something is as bad as --fail-on {fail_on}: exit code 1." if failed else "Exit code 0."
    typer.echo(reported(found, format, end), nl=False)
    raise typer.Exit(int(failed))


def register(cli: typer.Typer) -> None:
    """Adds the command."""
    cli.command("lint", epilog=_EXAMPLES)(lint_command)


def _tell(lines: list[str], *, err: bool) -> None:
    for line in lines:
        typer.echo(line, err=err)
    if lines and not err:
        typer.echo()
