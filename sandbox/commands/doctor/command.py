"""`sandbox doctor`: shows the contents of a data directory, what is damaged, and what can be repaired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openapi.wording import counted, terminal_safe, was_or_were
from sandbox.commands.admin_client import DataDir, directory_of, same_directory
from sandbox.commands.output import AnswerFormat, Format, show_json, show_table
from sandbox.settings import load_settings

if TYPE_CHECKING:  # it loads the store, which the other commands need not
    from sandbox.commands.doctor.examination import Finding
    from sandbox.state.repair import Repair


def doctor(
    data_dir: DataDir = None,
    mend: Annotated[bool, typer.Option("--repair", help="Repair damage; a copy of each damaged journal is kept.")] = False,
    format: AnswerFormat = Format.text,
) -> None:
    """Check the data directory for damage, and repair it.

    A check also works while a server is running; a repair does not. A repair truncates a journal before its first
    damage, which restores a consistent earlier state. The exit code is 0 if all data is intact at the end, and 1 if
    something is damaged.
    """
    from sandbox.commands.doctor.examination import examine
    from sandbox.state.data_directory import DataDirectory

    path = directory_of(load_settings({"data_dir": data_dir}))
    findings = examine(path, mend=mend)
    if (owner := DataDirectory.owner(path)) is not None and not mend:
        typer.echo(f"A server is running on {terminal_safe(path)} (pid {owner}); this is the state of its data a moment ago.", err=True)
    if format is Format.json:
        show_json({"sound": all(one.now.is_sound for one in findings), "findings": [one.document() for one in findings]})
    else:
        _tell(path, findings, f"sandbox doctor --repair{same_directory(data_dir)}")
    if not all(one.now.is_sound for one in findings):
        raise typer.Exit(1)


def _tell(path: Path, findings: list[Finding], repairs: str) -> None:
    if not findings:
        typer.echo(f"Nothing is stored in {terminal_safe(path)} yet.")
        return
    rows = ((one.name, f"{one.documents:,}", f"{one.now.frames:,}", f"{one.size:,}", one.state) for one in findings)
    show_table(("what", "documents", "frames", "bytes", "state"), rows)
    for line in (line for one in findings for line in _details(path, one)):
        typer.echo(line)
    if any(one.mended is None and not one.found.is_sound for one in findings):
        typer.echo(f"\nTo repair the damage:  {repairs}")


def _details(path: Path, finding: Finding) -> Iterator[str]:
    found, mended = finding.found, finding.mended
    if not found.is_sound:
        yield f"\n{finding.name}:"
    for damage in found.damage:
        yield f"  {_shown(path, damage.path)} is damaged at byte {damage.offset}:"
        yield f"    {damage.sentence}{terminal_safe(finding.consequence(damage))}."
    if found.readable_behind and mended is None:
        verb = "is" if found.readable_behind == 1 else "are"
        yield f"  After the damage there {verb} {counted(found.readable_behind, 'intact write')}, which a repair would lose."
    if found.cut_bytes:
        yield f"{finding.name}: the last write was not finished; the next start removes its {counted(found.cut_bytes, 'byte')}."
    if mended is not None:
        yield from _done(path, finding, mended)


def _done(path: Path, finding: Finding, mended: Repair) -> Iterator[str]:
    if mended.copy is not None:
        lost = f"{counted(mended.lost_bytes, 'byte')} {was_or_were(mended.lost_bytes)} cut off"
        yield f"  Repaired: {lost}, with {counted(mended.lost_frames, 'intact write')}."
        yield f"  The previous journal is {_shown(path, mended.copy)}."
    for image in mended.restored:
        yield f"  Restored: {_shown(path, image)}."
    for damage in mended.beyond:
        yield f"  Beyond repair: {_shown(path, damage.path)};"
        yield f"    restore it from a backup, or {terminal_safe(finding.way_out(damage))}."


def _shown(path: Path, file: Path) -> str:
    return terminal_safe(file.relative_to(path))
