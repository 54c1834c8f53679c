"""Whether a target follows one reading of a decision on every operation: the result is the reading's code, or `mixed`."""

from __future__ import annotations

from collections.abc import Sequence

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import Probe
from openapi.decisions import load_decisions

Heard = tuple[str | None, Exchange]
"""The code of the reading that an exchange speaks, None where it speaks none that is listed."""


def overall_reading(probe: Probe, decision: str, heard: Sequence[Heard]) -> str:
    """The one code that all speak, else `mixed`, with a fault where one speaks differently. Unable where nothing was heard."""
    if not heard:
        raise Unable(f"there was nothing to tell the reading of {decision} by")
    known = load_decisions()[decision]
    wanted = ", or ".join(one.sentence for one in (known.reading, *known.others))
    for code, exchange in heard:
        probe.check(code is not None, exchange, wanted)
    codes = [code for code, _ in heard if code is not None]
    if len(set(codes)) == 1 and len(codes) == len(heard):
        return codes[0]
    if len(set(codes)) > 1:
        common = max(dict.fromkeys(codes), key=codes.count)
        odd = next(exchange for code, exchange in heard if code not in (common, None))
        other = next(code for code, _ in heard if code not in (common, None))
        usual = next(exchange for code, exchange in heard if code == common)
        probe.fault(odd, f"the reading {common} throughout, as other operations speak it", f"the reading {other} here", before=(usual,))
    return "mixed"
