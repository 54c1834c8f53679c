"""The pairs beside the project, whose levels are those of another tool's own tests. Where they are not there, there is nothing to collect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openapi.diff.compare import compare
from openapi.diff.source import Source

_FOLDER = Path(__file__).parents[4] / "shared" / "spec-diff-cases"
_FILE = _FOLDER / "cases.json"
_ORDER = ["none", "warning", "breaking"]


if _FILE.is_file():
    _CASES = json.loads(_FILE.read_text(encoding="utf-8"))
    _SPECS = sorted((_FOLDER / "specs").rglob("*.yaml"))

    @pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
    def test_a_pair_has_the_level_that_is_expected(case: dict[str, str]) -> None:
        changes = compare(Source.read(str(_FOLDER / case["base"])), Source.read(str(_FOLDER / case["revision"])))
        worst = changes[0].level.value if changes else "none"
        level, expected = _ORDER.index("none" if worst == "info" else worst), _ORDER.index(case["expected_level"])
        assert level == expected or (expected == 1 and level == 2), [change.text for change in changes]

    @pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
    def test_a_pair_differs_on_both_directions_or_on_none(case: dict[str, str]) -> None:
        one, other = Source.read(str(_FOLDER / case["base"])), Source.read(str(_FOLDER / case["revision"]))
        assert bool(compare(one, other)) == bool(compare(other, one))

    @pytest.mark.parametrize("path", _SPECS, ids=lambda path: path.stem)
    def test_a_file_does_not_differ_from_itself(path: Path) -> None:
        assert compare(Source.read(str(path)), Source.read(str(path))) == []
