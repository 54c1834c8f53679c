"""With one workspace doing its worst, another one's client hardly notices: in a short form, on a server of its own."""

import pytest

from benchmarks.hostile import ACTS
from benchmarks.neighbours import MOST_MS, Noticed, measured

_DOCUMENTS = 30_000
_MOST_AT_ONCE_MS = 250.0
"""For the slowest request during an act, on a machine that has other things to do as well; what held the loop took seconds."""


_ATTEMPTS = 3


@pytest.fixture(scope="module")
def noticed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Noticed]:
    """By act, the best of at most three measurements: what the code holds up it holds up each time, what other programs do they do not.

    `--whole` measures a workspace as large as one may be.
    """
    documents = 100_000 if request.config.getoption("--whole") else _DOCUMENTS
    best: dict[str, Noticed] = {}
    for _ in range(_ATTEMPTS):
        for one in measured(tmp_path_factory.mktemp("neighbours"), documents):
            best[one.act] = min(one, best.get(one.act, one), key=lambda seen: (not seen.is_fair, seen.greatest_ms - seen.late_ms))
        if best["all of it"].is_fair and all(not holds_up(best[act]) for act in ACTS):
            break
    return best


def holds_up(seen: Noticed) -> bool:
    return seen.greatest_ms > _MOST_AT_ONCE_MS + seen.late_ms


def test_the_p99_of_another_workspace_stays_under_50_ms(noticed: dict[str, Noticed]) -> None:
    altogether = noticed["all of it"]
    assert altogether.requests > 100
    assert altogether.p99_ms <= MOST_MS + altogether.late_ms


@pytest.mark.parametrize("act", ACTS)
def test_no_act_holds_up_another_workspace(noticed: dict[str, Noticed], act: str) -> None:
    assert not holds_up(noticed[act]), noticed[act]
