"""Output for continuous integration, in addition to the log: annotations of broken promises, and a Markdown page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract_tests.reports.document import failing
from openapi.wording import counted

_MOST = 10
"""GitHub shows so many annotations of a step."""


def github_annotations(document: dict[str, Any]) -> Iterator[str]:
    """A command of GitHub's log for each broken promise."""
    for one in failing(document)[:_MOST]:
        proof = one["evidence"][0]
        text = f"{one['sentence']} Expected {proof['expected']}; saw {proof['seen']}"
        yield f"::error title={_property('Promise broken: ' + one['id'])}::{_data(text)}"


def markdown(document: dict[str, Any]) -> str:
    """The summary of a job."""
    counts, broken = document["counts"], failing(document)
    head = "Contract broken" if broken else "Contract kept" if document["verdict"] == "kept" else "Nothing newly broken"
    figures = f"{counted(counts['kept'], 'promise')} kept, {counts['broken']} broken, {counts['not-checked']} not checked"
    cost = f"{counted(document['requests']['sent'], 'request')} in {document['seconds']} s"
    lines = [f"## {head}: `{document['target']['url']}`", "", f"{figures}; {cost}."]
    if document["dialect"]:
        lines += ["", "Dialect: " + ", ".join(f"`{name}`: `{code}`" for name, code in document["dialect"].items())]
    if broken:
        lines += ["", "| promise | expected | seen |", "| --- | --- | --- |"]
        lines += [f"| {_cell(one['sentence'])} `{one['id']}` | {_cell(_proof(one)['expected'])} | {_cell(_proof(one)['seen'])} |" for one in broken]
    unchecked = [one for one in document["promises"] if one["verdict"] == "not-checked"]
    if unchecked:
        lines += ["", "<details><summary>Not checked</summary>", ""]
        lines += [f"- `{one['id']}`: {_cell(one['reason'] or '')}" for one in unchecked]
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _proof(entry: dict[str, Any]) -> dict[str, Any]:
    proof: dict[str, Any] = entry["evidence"][0]
    return proof


def _cell(text: str) -> str:
    """Text that neither ends a cell nor is taken for markup."""
    short = " ".join(text.split())
    short = short if len(short) <= 200 else f"{short[:200]}…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
