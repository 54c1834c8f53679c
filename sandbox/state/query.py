"""Finds the documents of a table that match conditions: by index if there is one, by TinyDB's queries otherwise."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, ge, gt, le, lt
from typing import Any, Literal, cast

from tinydb import where
from tinydb.queries import QueryInstance

from sandbox.state.documents import Document
from sandbox.state.indexed_rows import search_texts
from sandbox.state.indexes import Index, IndexPlan
from sandbox.state.store import LiveTable

Comparison = Literal["eq", "ne", "lt", "le", "gt", "ge"]


@dataclass(frozen=True)
class Condition:
    """A field compared with a value. A document without the field fulfils no condition on it, not even `ne`.

    Strings compare by their characters, which for ISO dates is by time; values of different kinds have no order.
    """

    field: str
    comparison: Comparison
    value: Any


def select(table: LiveTable, conditions: Iterable[Condition] = (), search: str | None = None, newest: bool = False) -> Sequence[int]:
    """The ids of all documents that fulfil everything, ascending, or descending for `newest`.

    It may be the table's own list, so read it before the next write. An empty `search` asks for nothing.
    """
    ids, rest = _by_equality(table, conditions) if conditions else (None, [])
    if rest:
        ids, rest = _by_order(table, ids, rest)
    if search:
        ids = table.containing(search, ids)
    elif ids is None:
        ids = table.ids()
    if rest:
        query, live = _query(rest), table.live
        ids = [doc_id for doc_id in ids if query(live[doc_id])]
    return ids[::-1] if newest else ids


def predicate(plan: IndexPlan, conditions: Iterable[Condition], search: str | None) -> Callable[[Document], bool]:
    """The same question, asked of one document that need not stand in a table."""
    conditions = list(conditions)
    query = _query(conditions) if conditions else None
    sought = (search or "").casefold()

    def fulfils(document: Document) -> bool:
        if query is not None and not query(document):
            return False
        return not sought or any(sought in text for text in search_texts(plan, document))

    return fulfils


def _by_equality(table: LiveTable, conditions: Iterable[Condition]) -> tuple[Sequence[int] | None, list[Condition]]:
    """What the indexes say of the `eq` conditions (None: nothing), and the conditions that are still to be asked."""
    ids: Sequence[int] | None = None
    rest: list[Condition] = []
    for condition in conditions:
        index = table.equal_index(condition.field, condition.value) if condition.comparison == "eq" else None
        if index is None:
            rest.append(condition)
        else:
            ids = _in_both(ids, index.ids(condition.value))
    return ids, rest


def _by_order(table: LiveTable, ids: Sequence[int] | None, conditions: list[Condition]) -> tuple[Sequence[int] | None, list[Condition]]:
    """The same for `lt` to `ge`: an index is asked value by value, where that is less than document by document."""
    by_index: dict[Index, list[Condition]] = {}
    rest: list[Condition] = []
    for condition in conditions:
        index = table.equal_index(condition.field, condition.value) if condition.comparison in _ORDERED else None
        if index is None or (ids is not None and len(ids) <= len(index)):
            rest.append(condition)
        else:
            by_index.setdefault(index, []).append(condition)
    for index, together in by_index.items():
        ids = _in_both(ids, index.ids_where(_query(together)))
    return ids, rest


def _in_both(some: Sequence[int] | None, others: Sequence[int]) -> Sequence[int]:
    if some is None:
        return others
    few, many = sorted((some, others), key=len)
    wanted = set(few)
    return [doc_id for doc_id in many if doc_id in wanted] if wanted else ()


def _query(conditions: Sequence[Condition]) -> QueryInstance:
    return reduce(and_, map(_single_query, conditions))


def _single_query(condition: Condition) -> QueryInstance:
    field = where(condition.field)
    if condition.comparison == "eq":
        return cast(QueryInstance, field == condition.value)
    if condition.comparison == "ne":
        return cast(QueryInstance, field != condition.value)
    return field.test(_ORDERED[condition.comparison], condition.value)


def _ordered(compare: Callable[[Any, Any], Any]) -> Callable[..., bool]:
    def holds(value: Any, bound: Any) -> bool:
        try:
            return bool(compare(value, bound))
        except TypeError:
            return False

    return holds


_ORDERED = {"lt": _ordered(lt), "le": _ordered(le), "gt": _ordered(gt), "ge": _ordered(ge)}
