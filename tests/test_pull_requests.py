"""What docs/pull-requests.md shows works: the workflow is run with a GitHub made of one file, and the hooks name commands that exist."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from contract_tests.cli import cli, main
from contract_tests.documents.diff_command import FORMATS
from contract_tests.documents.reports.markdown import MARK
from tests.commands import ROOT, checkout_environment
from tests.diff_specs import CONTRACT, with_a_bound_tightened, with_a_parameter_required, with_a_status_more

DOCUMENTATION = (ROOT / "docs" / "pull-requests.md").read_text(encoding="utf-8")
BLOCKS: list[Any] = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", DOCUMENTATION, re.DOTALL)]
WORKFLOW, UPLOAD, PRE_COMMIT = BLOCKS
JOB = WORKFLOW["jobs"]["diff"]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

# Keeps comments in a file, and answers the three calls that the workflow makes.
_GH = """#!{python}
import json, os, pathlib, sys
words, file = sys.argv[1:], pathlib.Path(os.environ["COMMENTS"])
comments = json.loads(file.read_text())
fields = [word for word in words if word.startswith("body=@")]
body = pathlib.Path(fields[0].removeprefix("body=@")).read_text() if fields else ""
assert words[0] == "api" and os.environ["GH_TOKEN"] == "token"
if "PATCH" in words:
    address = next(word for word in words if "/issues/comments/" in word)
    next(one for one in comments if str(one["id"]) == address.rpartition("/")[2])["body"] = body
else:
    assert "repos/owner/name/issues/7/comments" in words
    if "POST" in words:
        comments.append({{"id": len(comments) + 1, "user": "github-actions[bot]", "body": body}})
    else:
        query = words[words.index("--jq") + 1]
        assert "github-actions[bot]" in query and "startswith" in query
        mark = query.split('startswith("')[1].split('")')[0]
        print("\\n".join(str(one["id"]) for one in comments if one["user"] == "github-actions[bot]" and one["body"].startswith(mark)))
file.write_text(json.dumps(comments))
"""


class Hub:
    """A checkout of a pull request's merge commit, and the comments at that pull request."""

    def __init__(self, directory: Path) -> None:
        self.checkout, self.bin, self.comments_file = directory / "checkout", directory / "bin", directory / "comments.json"
        self.summary = directory / "summary.md"
        (self.checkout / "openapi").mkdir(parents=True)
        self.bin.mkdir()
        self._program("gh", _GH.format(python=sys.executable))
        self._program("contract-tests", f"#!{sys.executable}\nfrom contract_tests.cli import main\nmain()\n")
        others = [
            {"id": 1, "user": "somebody", "body": f"{MARK} says the bot"},
            {"id": 2, "user": "github-actions[bot]", "body": "of another workflow"},
        ]
        self.comments_file.write_text(json.dumps(others), encoding="utf-8")
        self._git("init", "-b", "main")
        self.commit(CONTRACT)

    def _program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text, encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def _git(self, *words: str) -> None:
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words], cwd=self.checkout, check=True, capture_output=True)

    def commit(self, text: str) -> None:
        (self.checkout / "openapi" / "api-v2.yaml").write_text(text, encoding="utf-8")
        self._git("add", "openapi")
        self._git("commit", "--allow-empty", "-m", "a change")

    def push(self, text: str) -> list[int]:
        """A merge commit with that document; the exit codes of the workflow's own steps."""
        self._git("checkout", "-q", "-B", "topic", "main")
        self.commit(text)
        self._git("checkout", "-q", "-B", "merged", "main")
        self._git("merge", "--no-ff", "-m", "merge", "topic")
        variables = {"GITHUB_REPOSITORY": "owner/name", "GITHUB_STEP_SUMMARY": str(self.summary), "COMMENTS": str(self.comments_file)}
        environ = checkout_environment(PATH=f"{self.bin}{os.pathsep}{os.environ['PATH']}", **variables, **JOB["env"])
        return [self._step(one, environ) for one in JOB["steps"] if "name" in one]

    def _step(self, step: dict[str, Any], environ: dict[str, str]) -> int:
        given = {
            name: {"${{ github.token }}": "token", "${{ github.event.pull_request.number }}": "7"}[text] for name, text in step.get("env", {}).items()
        }
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=self.checkout, env={**environ, **given}, capture_output=True, text=True, timeout=120
        )
        assert done.stderr == "", step["name"]
        return done.returncode

    @property
    def comments(self) -> list[str]:
        """Ours."""
        return [one["body"] for one in json.loads(self.comments_file.read_text(encoding="utf-8"))[2:]]


def test_the_workflow_keeps_one_comment_up_to_date_and_fails_where_a_client_breaks(tmp_path: Path) -> None:
    hub = Hub(tmp_path)
    assert hub.push(CONTRACT) == [0, 0, 0]
    assert hub.comments == []
    assert hub.push(with_a_bound_tightened()) == [0, 0, 1]
    (comment,) = hub.comments
    assert comment.startswith(MARK)
    assert "request-maximum-lowered" in comment
    assert comment in hub.summary.read_text(encoding="utf-8")
    assert hub.push(with_a_status_more()) == [0, 0, 0]
    (comment,) = hub.comments
    assert "answer-enum-value-added" in comment
    assert "request-maximum-lowered" not in comment
    assert hub.push(CONTRACT) == [0, 0, 0]
    assert [one.splitlines()[1] for one in hub.comments] == ["### API: no changes"]


def test_the_workflow_may_do_no_more_than_it_needs() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert WORKFLOW[True] == "pull_request"  # YAML 1.1 reads `on` as a truth
    comment = next(step for step in JOB["steps"] if step.get("name") == "Comment")
    assert "head.repo.full_name == github.repository" in comment["if"]
    for step in JOB["steps"]:
        assert "${{" not in step.get("run", ""), "what comes from outside reaches a shell only through variables"


def test_the_checkout_has_the_commit_that_is_compared_with() -> None:
    checkout = JOB["steps"][0]
    assert checkout["with"]["fetch-depth"] == 2
    assert all("HEAD^1:$SPEC" in step["run"] for step in JOB["steps"] if 'contract-tests diff "' in step.get("run", ""))


def commands() -> dict[str, Any]:
    found: dict[str, Any] = typer.main.get_command(cli).commands  # type: ignore[attr-defined]
    return found


def test_the_upload_names_a_format_and_the_file_that_is_written() -> None:
    words = shlex.split(UPLOAD[0]["run"])
    assert words[words.index("--format") + 1] in FORMATS
    assert words[words.index("--output") + 1] == UPLOAD[1]["with"]["sarif_file"]


def test_the_hooks_name_commands_that_exist_and_documents_that_are_here() -> None:
    assert {hook["id"] for hook in HOOKS} == {"contract-tests-lint", "contract-tests-diff"}
    for hook in HOOKS:
        program, command = shlex.split(hook["entry"])
        assert (program, hook["language"]) == ("contract-tests", "python")
        assert command in commands()
        assert hook["pass_filenames"] is False
        for word in hook["args"]:
            name = word.rpartition(":")[2]
            assert (ROOT / name).is_file()
            assert re.search(hook["files"], name)


def test_the_hooks_of_the_documentation_are_those_that_are_offered() -> None:
    (repository,) = PRE_COMMIT["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == {hook["id"] for hook in HOOKS}


def test_the_hook_for_changes_fails_where_a_client_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = Hub(tmp_path)
    hook = next(one for one in HOOKS if one["id"] == "contract-tests-diff")
    monkeypatch.chdir(hub.checkout)
    spec = hub.checkout / "openapi" / "api-v2.yaml"
    for text, code in ((with_a_status_more(), 0), (with_a_parameter_required(), 1)):
        spec.write_text(text, encoding="utf-8")
        with pytest.raises(SystemExit) as end:
            main([*shlex.split(hook["entry"])[1:], *hook["args"]])
        assert end.value.code == code
    assert "parameter-became-required" in capsys.readouterr().out
