"""Pages made anew of other rows: what a server does that filters or orders wrongly and pages rightly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import as_value, is_one, query_of, with_json, with_query
from tests.saboteurs.saboteur import Forward, Interceptor

Rows = list[Any]


def whole(request: Request, key: str | None, forward: Forward, **query: Any) -> Rows:
    """All rows of the list that a request asks for."""
    rows: Rows = []
    for page in count(1):
        answer = forward(replace(with_query(request, **query, page=page, limit=100), method="GET"), key)
        value = as_value(answer)
        if answer.status != 200 or not value["data"]:
            return rows
        rows += value["data"]
        if page >= value["meta"]["total_pages"]:
            return rows
    return rows


def relisted(choose: Callable[[Request, Rows], Rows], *operations: str, **query: Any) -> Interceptor:
    """Pages rows chosen anew from a wider list: what a server does that filters wrongly and pages rightly."""

    def lists(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status != 200 or not is_one(request, operations):
            return answer
        rows = choose(request, whole(request, key, forward, **query))
        page, limit = int(query_of(request, "page") or 1), int(query_of(request, "limit") or 20)
        value["data"] = rows[(page - 1) * limit : page * limit]
        value["meta"] = {"current_page": page, "total_pages": -(-len(rows) // limit), "total_records": len(rows)}
        return with_json(answer, value)

    return lists
