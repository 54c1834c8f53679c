"""The figures as tables and bars on a terminal, as Markdown, and as JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.summary_statistics import Figure

_BAR = 40


@dataclass(frozen=True)
class Sheet:
    """A table: the first column is text, the others are read from the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1


@dataclass(frozen=True)
class Report:
    """What a command found: how it was measured, sheets, bars for the figures, and the same as data."""

    title: str
    how: str
    sheets: tuple[Sheet, ...]
    figures: tuple[Figure, ...] = ()
    remarks: tuple[str, ...] = ()
    data: dict[str, object] = field(default_factory=dict)


def figure_sheets(figures: Sequence[Figure], to: str) -> tuple[Sheet, ...]:
    """One sheet an operation."""
    columns = ("server", "CPU µs (min–max)", f"{to} by CPU (min–max)", "requests/s", f"of {to} (min–max)", "p50 ms", "p99 ms")
    operations = dict.fromkeys(one.operation for one in figures)
    return tuple(Sheet(operation, columns, tuple(_row(one) for one in figures if one.operation == operation)) for operation in operations)


def _row(one: Figure) -> tuple[str, ...]:
    cpu, speed = (str(ratio) if ratio else "–" for ratio in (one.cpu_ratio, one.ratio))
    return (one.server, str(one.cpu_us), cpu, f"{one.per_second:,.0f}", speed, f"{one.p50_ms:.2f}", f"{one.p99_ms:.2f}")


def show(report: Report, markdown: bool, file: Path | None, console: Console | None = None) -> None:
    """Prints a report, and writes its data to a file if one is given."""
    if markdown:
        print(as_markdown(report))
    else:
        _print(report, console or Console())
    if file is not None:
        whole = {"title": report.title, "how": report.how, "remarks": report.remarks, **report.data}
        if report.figures:
            whole["figures"] = [asdict(one) for one in report.figures]
        file.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def as_markdown(report: Report) -> str:
    """Headings, tables and remarks, to be pasted."""
    parts = [f"## {report.title}", report.how]
    for sheet in report.sheets:
        rule = ["---" if place < sheet.left else "---:" for place in range(len(sheet.columns))]
        lines = [sheet.columns, rule, *sheet.rows]
        parts += [f"### {sheet.title}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    if report.figures:
        parts.append("```\n" + "\n".join(bars(report.figures)) + "\n```")
    parts += [f"- {remark}" for remark in report.remarks]
    return "\n\n".join(parts)


def _print(report: Report, console: Console) -> None:
    console.print(f"[bold]{report.title}[/bold]\n{report.how}\n", highlight=False)
    for sheet in report.sheets:
        table = Table(title=sheet.title, title_justify="left")
        for place, column in enumerate(sheet.columns):
            table.add_column(column, justify="left" if place < sheet.left else "right")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(table)
    for line in bars(report.figures):
        console.print(line, markup=False, highlight=False)
    for remark in report.remarks:
        console.print(f"- {remark}", markup=False, highlight=False)


def bars(figures: Sequence[Figure]) -> list[str]:
    """CPU time a request as bars: the longest in each operation fills the line, and the shortest is the best."""
    lines: list[str] = []
    wide = max((len(one.server) for one in figures), default=0)
    for operation in dict.fromkeys(one.operation for one in figures):
        shown = [one for one in figures if one.operation == operation]
        most = max(one.cpu_us.median for one in shown) or 1.0
        lines.append(f"{operation}, CPU µs a request")
        lines += [f"  {one.server:<{wide}} {_bar(one.cpu_us.median / most)} {one.cpu_us.median:,.1f}" for one in shown]
    return lines


def _bar(share: float) -> str:
    eighths = max(1, round(share * _BAR * 8))
    return ("█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")).ljust(_BAR)


def machine() -> str:
    """The processor and the Python, for the head of a report."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = [line.partition(":")[2].strip() for line in info.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        model = named[0] if named else model
    return f"{model}, Python {platform.python_version()}"
