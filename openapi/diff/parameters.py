"""Parameters: their existence, location, whether they are required, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from openapi.diff.annotations import compare_words, definition, deprecated, sunset
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.schemas import compare_schemas
from openapi.diff.serialization import WORDS, compare_serialization

_KNOWN = frozenset({"name", "in", "required", "deprecated", "allowReserved", "allowEmptyValue"}) | WORDS
_PLACES = {"query": "in the query", "path": "in the path", "header": "as a header", "cookie": "as a cookie"}

Parameters = dict[tuple[str, str], Node]


def collect(item: Node, operation: Node, names: Mapping[str, str]) -> Parameters:
    """An operation's parameters by place and name, those of its path included; `names` puts names of the path in base's words."""
    found: Parameters = {}
    for holder in (item, operation):
        listed = holder.get("parameters")
        for entry in listed.elements() if listed is not None else ():
            parameter = definition(entry)
            place, name = parameter.of("in", str, ""), parameter.of("name", str, "")
            if place == "path":
                name = names.get(name, name)
            if place and name:
                found[place, name.lower() if place == "header" else name] = parameter
    return found


def compare_parameters(base: tuple[Node, Parameters], head: tuple[Node, Parameters], template: frozenset[str], context: Context) -> None:
    """Both sides' operations with their parameters; `template` holds the names that stand in the path itself."""
    (base_node, before), (head_node, after) = base, head
    gone, come = [key for key in before if key not in after], [key for key in after if key not in before]
    for key, parameter in before.items():
        if key in after:
            _compare(parameter, after[key], context.at(_words(key, parameter)), key[0])
    for place, name in gone:
        moved = next((key for key in come if key[1].lower() == name.lower()), None)
        if moved is not None:
            come.remove(moved)
            _report_moved(before[place, name], after[moved], (place, moved[0]), context)
        else:
            _report_removed((place, name), before[place, name], head_node, template, context)
    for key in come:
        _report_added(key, after[key], base_node, template, context)


def _words(key: tuple[str, str], parameter: Node) -> str:
    return f"{key[0]} parameter {parameter.of('name', str, key[1])}"


def _required(parameter: Node) -> bool:
    return bool(parameter.of("required", bool, False))


def _report_moved(base: Node, head: Node, places: tuple[str, str], context: Context) -> None:
    name = base.of("name", str, "")
    old, new = (_PLACES.get(place, f"in the {place}") for place in places)
    must = _required(head)
    end = "and it is required there" if must else "so what is sent in the old place is refused or ignored"
    level = Level.BREAKING if must or _required(base) else Level.WARNING
    text = f"Clients send `{name}` {old}, and it is looked for {new} from now on, {end}."
    if context.pushed:
        text = f"Receivers look for `{name}` {old}, and it comes {new} from now on."
    inner = context.at(f"{places[0]} parameter {name}")
    inner.report("parameter-moved", level, base, head, text)
    compare_schemas(base.get("schema"), head.get("schema"), inner)


def _report_removed(key: tuple[str, str], parameter: Node, head: Node, template: frozenset[str], context: Context) -> None:
    inner, name = context.at(_words(key, parameter)), parameter.of("name", str, key[1])
    if key[0] == "path" and key[1] in template:
        text = f"The path still has `{{{name}}}`, but it is not described any more: clients go on sending it."
        inner.report("path-parameter-undescribed", Level.INFO, parameter, head, text)
    elif context.pushed:
        level = Level.BREAKING if _required(parameter) else Level.WARNING
        inner.report("parameter-removed", level, parameter, head, f"Receivers wait in vain for `{name}`: it is sent no longer.")
    else:
        text = (
            f"Clients that still send `{name}` may be refused, or it is silently ignored and they get something else than they asked for: it is gone."
        )
        inner.report("parameter-removed", Level.WARNING, parameter, head, text)


def _report_added(key: tuple[str, str], parameter: Node, base: Node, template: frozenset[str], context: Context) -> None:
    inner, name = context.at(_words(key, parameter)), parameter.of("name", str, key[1])
    if key[0] == "path" and key[1] in template:
        text = f"`{{{name}}}` of the path was not described, and is from now on."
        inner.report("path-parameter-described", Level.INFO, base, parameter, text)
        compare_schemas(None, parameter.get("schema"), inner)
    elif context.pushed:
        inner.report(
            "optional-parameter-added", Level.INFO, base, parameter, f"`{name}` is sent from now on: receivers that do not look at it are not hurt."
        )
    elif _required(parameter):
        text = f"Clients that do not send `{name}` {_PLACES.get(key[0], '')} are refused from now on: it is new and required."
        inner.report("required-parameter-added", Level.BREAKING, base, parameter, text)
    else:
        inner.report("optional-parameter-added", Level.INFO, base, parameter, f"`{name}` may be sent from now on: clients that do not are not hurt.")


def _compare(base: Node, head: Node, context: Context, place: str) -> None:
    name = base.of("name", str, "")
    if place != "path":
        _compare_required(base, head, context, name)
    if place == "query":
        _compare_leave(base, head, context, name)
    compare_deprecation(base, head, context, f"`{name}`")
    context = replace(context, always=place == "path" or (_required(base) and _required(head)))
    compare_serialization(base, head, context, place, name)
    compare_words(base, head, context, _KNOWN)


def _compare_required(base: Node, head: Node, context: Context, name: str) -> None:
    before, after = _required(base), _required(head)
    places = base.get("required") or base, head.get("required") or head
    if after and not before:
        who = f"`{name}` always comes from now on" if context.pushed else f"Clients that do not send `{name}` are refused from now on"
        context.report("parameter-became-required", context.narrows, *places, f"{who}: it was optional and is required.")
    elif before and not after:
        who = f"Receivers may not get `{name}`" if context.pushed else f"`{name}` may be left out from now on"
        context.report("parameter-became-optional", context.widens, *places, f"{who}: it was required and is optional.")


def _compare_leave(base: Node, head: Node, context: Context, name: str) -> None:
    """What the query grants a parameter: signs such as `/` and `?` as they are, and no value at all."""
    for word, what in (("allowReserved", "signs such as `/` and `?` unescaped"), ("allowEmptyValue", "an empty value")):
        before, after = (node.of(word, bool, False) for node in (base, head))
        places = base.get(word) or base, head.get(word) or head
        if before and not after:
            text = f"Clients that send `{name}` with {what} are refused from now on: `{word}` is gone."
            context.report("parameter-leave-withdrawn", context.narrows, *places, text)
        elif after and not before:
            text = f"`{name}` may hold {what} from now on."
            context.report("parameter-leave-given", context.widens, *places, text)


def compare_deprecation(base: Node, head: Node, context: Context, what: str) -> None:
    """Of anything that may be marked as on its way out."""
    before, after = deprecated(base), deprecated(head)
    places = base.get("deprecated") or base, head.get("deprecated") or head
    if after and not before:
        context.report("deprecated", Level.INFO, *places, f"{what} is deprecated: clients should do without, and {sunset(head)}.")
    elif before and not after:
        context.report("no-longer-deprecated", Level.INFO, *places, f"{what} was deprecated and is so no longer: clients may rely on it.")
