"""Unknown paths, ids of objects that do not exist, invalid ids, and misplaced slashes."""

from __future__ import annotations

from contract_tests.judging.bounds import LARGEST_OF_ALL
from contract_tests.judging.lists import actions
from contract_tests.judging.probe import CreatedObject, Probe
from contract_tests.judging.registry import each_operation, promise
from contract_tests.judging.requests import valid_call
from contract_tests.promises.http import filled, own_status, with_id
from openapi.contract import Operation

_FAMILY = "http"
_DECISION = "status-codes"
_NOWHERE = "/contract-tests"
_NO_IDS = ("abc", "0", "-1", str(2**53), "9" * 30)
_WITH_ZEROS = "addressed with zeros before its id"


@promise("unknown-paths-are-404", family=_FAMILY, inferred=_DECISION, weight=5)
def an_unknown_path_is_404(probe: Probe) -> None:
    """A path that the contract does not have is answered 404, also one below or beside one that it has, and without a look at the key."""
    some = next((path for path, methods in probe.contract.paths.items() if "GET" in methods), _NOWHERE)
    for path in (_NOWHERE, f"{filled(some)}/1{_NOWHERE}", f"{filled(some)}/"):
        probe.expect(probe.send("GET", path), *own_status(probe, 404), why="since there is no such path")
    if probe.reading(_DECISION) == "http":
        exchange = probe.send("GET", _NOWHERE, key=None)
        if exchange.status != 429:
            probe.expect(exchange, 404, why="since there is no such path, whoever asks")


@promise("unknown-ids-are-404", family=_FAMILY, documented="Response Codes", cases=each_operation(with_id), weight=6)
def an_unknown_id_is_404(probe: Probe, operation: Operation) -> None:
    """An operation on one object answers 404 to an id that no object has."""
    probe.expect(probe.call(operation, **valid_call(probe, operation, LARGEST_OF_ALL)), 404, why="since there is no such object")


@promise("ids-that-are-none-are-404", family=_FAMILY, inferred=_DECISION, cases=each_operation(with_id), weight=4)
def what_is_no_id_names_nothing(probe: Probe, operation: Operation) -> None:
    """A path whose id is no id (`abc`, `0`, `007`, 2^53 and above) names nothing and is answered 404."""
    zeros = () if probe.target.safe else (f"00{_own_object(probe, operation).id}",)
    for text in (*_NO_IDS, *zeros):
        probe.expect(probe.call(operation, **valid_call(probe, operation, text)), *own_status(probe, 404), why=f"since {text} is no id")


def _own_object(probe: Probe, operation: Operation) -> CreatedObject:
    """An object that nothing else looks at, since a lenient target changes and deletes it."""
    made = probe.context.unchanged.setdefault(f"{_WITH_ZEROS} in {operation.resource}", [])
    if not made:
        made.append(probe.make(operation.resource, optional=False))
    return made[0]


@promise("slashes-belong-to-the-path", family=_FAMILY, inferred=_DECISION, cases=actions("read"), weight=3)
def another_slash_makes_another_path(probe: Probe, operation: Operation) -> None:
    """A slash at the end, plain or encoded, and an encoded one between two parts of a path name nothing, and are answered 404."""
    id = probe.shared(operation.resource).id
    item = filled(operation.path, id)
    above, last = item.rsplit("/", 1)
    for path in (f"{above}%2F{last}", f"{above}%2f{last}", f"{item}%2F", f"{item}/", f"{above}%2F"):
        probe.expect(probe.send("GET", path), *own_status(probe, 404), why=f"since {path} is another path than {item}")
