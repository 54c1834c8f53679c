"""`sandbox examine-receiver`: tests whether a webhook receiver accepts valid events and rejects all others."""

from __future__ import annotations

import asyncio
import os
import secrets
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from openapi.vocabulary import nearest
from openapi.wording import quoted
from sandbox.commands.output import show_json
from sandbox.commands.signing_secret import VARIABLE, checked
from sandbox.errors import StartError
from sandbox.progress import progress_bar
from sandbox.settings import refuse_misspelt

if TYPE_CHECKING:  # it loads what the other commands need not
    from sandbox.commands.receiver_check.checks import Check
    from sandbox.commands.receiver_check.runner import Verdict

EXAMPLES = """\b
Examples, with SANDBOX_WEBHOOK_SECRET=whsec_… in the environment:
  sandbox examine-receiver http://localhost:3000/hook
  sandbox examine-receiver http://localhost:3000/hook --only rotation
  sandbox examine-receiver http://localhost:3000/hook --format junit"""

_SECONDS_TO_CONNECT = 10


class ReportFormat(StrEnum):
    """What the report looks like."""

    text = "text"
    json = "json"
    junit = "junit"


def examine_receiver(
    url: Annotated[str, typer.Argument(help="URL of your webhook receiver.", metavar="URL")],
    secret: Annotated[str, typer.Option(envvar=VARIABLE, help="The whsec_… secret that the receiver verifies with.")] = "",
    only: Annotated[list[str] | None, typer.Option(metavar="CHECK", help="Run only this check; may be repeated.")] = None,
    format: Annotated[ReportFormat, typer.Option(help="Output format: text, json or junit.")] = ReportFormat.text,
) -> None:
    """Test your webhook receiver with valid and invalid events.

    It must accept correctly signed events, including late and duplicate ones, and reject all others. The exit code is
    0 if all checks pass, 1 if a check fails, and 2 if the receiver cannot be reached.
    """
    refuse_misspelt(os.environ)
    if not secret:
        raise StartError(f"Give the secret that the receiver verifies with: --secret whsec_…, or {VARIABLE} in the environment.")
    from sandbox.commands.receiver_check.report import document, junit, show_text

    verdicts = asyncio.run(_examined(url, checked(secret), _chosen(only or [])))
    if format is ReportFormat.json:
        show_json(document(url, verdicts))
    elif format is ReportFormat.junit:
        typer.echo(junit(url, verdicts))
    else:
        show_text(verdicts)
    if any(one.result != "passed" for one in verdicts):
        raise typer.Exit(1)


def _chosen(only: list[str]) -> list[Check]:
    from sandbox.commands.receiver_check.checks import CHECKS

    for name in only:
        if name not in CHECKS:
            raise StartError(f"There is no check {quoted(name)}; {nearest(name, CHECKS)}.")
    return [check for name, check in CHECKS.items() if not only or name in only]


async def _examined(url: str, secret: str, checks: list[Check]) -> list[Verdict]:
    import httpx

    from openapi.reader import load_contract
    from sandbox.commands.receiver_check.context import CheckContext, examples
    from sandbox.commands.receiver_check.runner import examine
    from sandbox.state.clock import SystemClock

    _refuse_what_is_no_address(url)
    known = examples(load_contract())
    # As live: no redirect is followed and no proxy asked, and each event has a connection of its own.
    limits = httpx.Limits(max_keepalive_connections=0)
    timeout = httpx.Timeout(None, connect=_SECONDS_TO_CONNECT)  # for the rest, a visit has its own
    with progress_bar("Examining the receiver") as progress:
        async with httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=timeout, limits=limits) as client:
            context = partial(CheckContext, client, url, secret, known, SystemClock(), secrets.token_bytes)
            return await examine(checks, context, progress)


def _refuse_what_is_no_address(url: str) -> None:
    import httpx

    try:
        parsed = httpx.URL(url)
        good = parsed.scheme in ("http", "https") and bool(parsed.host)
    except httpx.InvalidURL:
        good = False
    if not good:
        raise StartError(f"{quoted(url, 255)} is not a URL that can receive events; use one such as http://localhost:3000/hook.")
