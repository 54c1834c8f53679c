"""The list of all promises, for people and for programs."""

from __future__ import annotations

from typing import Any

from contract_tests.judging.registry import FAMILIES, Promise
from contract_tests.promises import promises
from openapi.wording import counted


def catalogue() -> list[dict[str, Any]]:
    """All promises as JSON, by family."""
    return [_entry(one) for one in _ordered()]


def catalogue_text() -> str:
    """The same in lines: each family with its promises, each with its sentence and where that stands."""
    lines: list[str] = []
    family = None
    for one in _ordered():
        if one.family != family:
            family = one.family
            lines += ["", family.upper()] if lines else [family.upper()]
        lines.append(f"  {one.id}")
        lines.append(f"      {one.sentence}")
        lines.append(f"      {', '.join((f'{one.source}: {one.where}', *_needs(one)))}")
    return "\n".join((*lines, "", counted(len(promises()), "promise")))


def _ordered() -> list[Promise]:
    return sorted(promises().values(), key=lambda one: FAMILIES.index(one.family))


def _entry(one: Promise) -> dict[str, Any]:
    return {
        "id": one.id,
        "sentence": one.sentence,
        "family": one.family,
        "source": one.source,
        "where": one.where,
        "kind": one.kind,
        "weight": one.weight,
        "needs": {
            "keys": list(one.needs.keys),
            "writes": one.needs.writes,
            "control": one.needs.control,
            "receiver": one.needs.receiver,
        },
    }


def _needs(one: Promise) -> list[str]:
    keys = [f"a {key} key" for key in one.needs.keys if key != "administrator"]
    more = (("writing", one.needs.writes), ("the control plane", one.needs.control), ("a receiver", one.needs.receiver))
    wanted = [*keys, *(name for name, needed in more if needed)]
    return [f"needs {' and '.join(wanted)}"] if wanted else []
