"""The command `contract-tests lint`: what is unsound or unkind in OpenAPI documents, and what of it can be mended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from contract_tests.findings.lint_reports import lint_json, lint_sarif, lint_text
from contract_tests.findings.sheet import Sheet, tame
from contract_tests.options import Refused
from openapi.diff.errors import DiffError
from openapi.diff.origins import Folder
from openapi.diff.source import Source
from openapi.lint import Finding, Level, UnknownRule, all_rules, lint
from openapi.lint.fixing import Mended, mend

_EXAMPLES = """Examples:  contract-tests lint openapi.yaml  |  contract-tests lint --fix openapi.yaml  |
contract-tests lint --fail-on warning --skip description-property --format sarif openapi.yaml  |  contract-tests lint main:openapi/api-v2.yaml"""
_FORMATS = ("text", "json", "sarif")
_BARS = ("error", "warning", "info", "none")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody asks for: rules by id, and whether to mend."""

    only: list[str]
    skip: list[str]
    fix: bool


def lint_command(
    specs: Annotated[list[str] | None, typer.Argument(metavar="SPEC...", help="OpenAPI 3.0 or 3.1 documents: files, or REVISION:PATH.")] = None,
    fail_on: Annotated[str, typer.Option(help="Exit with 1 where something as bad as this is found: error, warning, info or none.")] = "error",
    format: Annotated[str, typer.Option(help="text, json or sarif.")] = "text",
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; may be repeated.")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Not this rule; may be repeated.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended without asking, in the file, and say what was done.")] = False,
    list_rules: Annotated[bool, typer.Option("--list", help="List the rules, and look at nothing.")] = False,
) -> None:
    """Look for what is unsound in an OpenAPI document, or unkind to its clients.

    Exit code 0: nothing as bad as --fail-on says. 1: something. 2: a document cannot be read.
    """
    _one_of("--format", format, _FORMATS)
    _one_of("--fail-on", fail_on, _BARS)
    if list_rules:
        typer.echo(_listed(format), nl=False)
        return
    if not specs:
        raise Refused("which document? Say `contract-tests lint openapi.yaml`, or `contract-tests lint --list` for the rules")
    asked = _Asked(rule or [], skip or [], fix)
    try:
        sources = [Source.read(spec) for spec in dict.fromkeys(specs)]  # all of them, before any is mended
        results = [_looked_at(source, asked) for source in sources]
    except (DiffError, UnknownRule) as error:
        raise Refused(tame(str(error))) from error
    for result in results:
        _tell_mended(result.done, err=format != "text")
    found = [one for result in results for one in result.left]
    failed = fail_on != "none" and any(one.level.rank <= Level(fail_on).rank for one in found)
    typer.echo(_shown(found, format, fail_on, failed), nl=False)
    raise typer.Exit(int(failed))


def _one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Refused(f"{option} {value}: say {', '.join(known[:-1])} or {known[-1]}")


def _looked_at(source: Source, asked: _Asked) -> Mended:
    if not asked.fix:
        return Mended("", [], lint(source, only=asked.only, skip=asked.skip))
    if not isinstance(source.library.origin, Folder):
        raise DiffError(source.label, "is of a revision, which cannot be mended: check it out, and name the file")
    path = Path(source.label)
    try:
        content = path.read_bytes()
        mended = mend(source, content.decode("utf-8-sig"), only=asked.only, skip=asked.skip)
        if mended.done:
            path.write_bytes(content[: 3 if content.startswith(b"\xef\xbb\xbf") else 0] + mended.text.encode())
    except OSError as error:
        raise DiffError(source.label, f"cannot be mended: {error.strerror or error}") from error
    return mended


def _tell_mended(done: list[Finding], *, err: bool) -> None:
    for one in done:
        typer.echo(tame(f"mended {one.file}:{one.line} {one.id}: {one.text}"), err=err)
    if done and not err:
        typer.echo()


def _shown(found: list[Finding], format: str, fail_on: str, failed: bool) -> str:
    if format == "json":
        return lint_json(found)
    if format == "sarif":
        return lint_sarif(found, {one.id: (one.sentence, one.level.value) for one in all_rules().values()})
    counting = f"Something is as bad as --fail-on {fail_on}: exit code 1." if failed else "Exit code 0."
    return lint_text(found, Sheet.of_terminal(), counting)


def _listed(format: str) -> str:
    rules = list(all_rules().values())
    if format == "json":
        entries = [{"id": one.id, "level": one.level.value, "fixable": one.fixable, "sentence": one.sentence} for one in rules]
        return json.dumps({"rules": entries}, ensure_ascii=False, indent=2) + "\n"
    if format != "text":
        raise Refused("--list has the formats text and json")
    sheet = Sheet.of_terminal()
    for one in rules:
        sheet.pair(one.id, f"{one.level.value}{', --fix' if one.fixable else ''}", style="bold")
        sheet.write(one.sentence, 4)
    return sheet.text()


def register(cli: typer.Typer) -> None:
    """Adds the command."""
    cli.command("lint", epilog=_EXAMPLES)(lint_command)
