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


speaks("auth-place", "header", edit=_key_in_the_header_alone)
speaks("duplicate-email", "customers-too", edit=_customers_share_no_email)
speaks("paging", "customers", edit=_only_customers_are_paged)

mixes("paging", "customers", edit=_tickets_are_not_paged)
