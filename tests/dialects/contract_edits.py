"""Readings that another contract makes, which the server obeys while the suite reads the true one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.dialects.dialect import mixes, speaks
from tests.saboteurs.saboteur import Spec


def _schemas(spec: Spec) -> dict[str, Any]:
    schemas: dict[str, Any] = spec["components"]["schemas"]
    return schemas


def _lists(spec: Spec) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in spec["paths"].values():
        if item.get("get", {}).get("x-action") == "list":
            yield item["x-resource"], item["get"]


def _key_in_the_header_alone(spec: Spec) -> None:
    spec["security"] = [{"bearerAuth": []}]
    del spec["components"]["securitySchemes"]["queryKey"]


def _customers_share_no_email(spec: Spec) -> None:
    _schemas(spec)["CustomerInput"]["properties"]["email"]["x-unique"] = "ignore-case"


def _without_pages(spec: Spec, *kept: str) -> None:
    """A list that is not paged has neither the parameters nor `meta`."""
    for collection, operation in _lists(spec):
        if collection in kept:
            continue
        operation["parameters"] = [one for one in operation["parameters"] if _name(spec, one) not in ("page", "limit")]
        content = operation["responses"]["200"]["content"]["application/json"]
        envelope = _schemas(spec)[content["schema"]["$ref"].rsplit("/", 1)[-1]]
        del envelope["properties"]["meta"]
        envelope["required"].remove("meta")
        del envelope["properties"]["data"]["maxItems"]


def _name(spec: Spec, parameter: dict[str, Any]) -> str:
    if "$ref" in parameter:
        parameter = spec["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]]
    return str(parameter["name"])


def _only_customers_are_paged(spec: Spec) -> None:
    _without_pages(spec, "customers")


def _tickets_are_not_paged(spec: Spec) -> None:
    _without_pages(spec, *(collection for collection, _ in _lists(spec) if collection != "tickets"))


_STATED = {"money", "password", "batch"}
"""Decisions that say where bounds lie: theirs are no wider in any reading."""


def with_wider_bounds(node: Any, *only: str) -> None:
    """Texts four times as long, numbers of a byte more, and lists of any length; `only` some of these, where they are named."""
    if isinstance(node, list):
        for part in node:
            with_wider_bounds(part, *only)
    if not isinstance(node, dict) or not _STATED.isdisjoint(_decisions(node)) or node.get("name") in ("limit", "month"):
        return
    for word, wider in (("maxLength", lambda bound: 4 * bound), ("maximum", lambda bound: 256 * bound)):
        if isinstance(node.get(word), int) and (not only or word in only):
            node[word] = wider(node[word])
    for word in ("maxItems", "uniqueItems"):
        if not isinstance(node.get(word), dict) and (not only or word in only):
            node.pop(word, None)
    for part in node.values():
        with_wider_bounds(part, *only)


def _decisions(node: dict[str, Any]) -> list[str]:
    named = node.get("x-decision", [])
    return [named] if isinstance(named, str) else list(named)


def _all_bounds_wider(spec: Spec) -> None:
    with_wider_bounds(spec)


def _tickets_of_any_length(spec: Spec) -> None:
    with_wider_bounds([_schemas(spec)[name] for name in ("Ticket", "TicketInput")], "maxLength")


speaks("auth-place", "header", edit=_key_in_the_header_alone)
speaks("bounds", "wider", edit=_all_bounds_wider)
speaks("duplicate-email", "customers-too", edit=_customers_share_no_email)
speaks("paging", "customers", edit=_only_customers_are_paged)

mixes("bounds", "wider", edit=_tickets_of_any_length)
mixes("paging", "customers", edit=_tickets_are_not_paged)
