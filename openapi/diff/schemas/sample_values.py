"""Values that a schema probably allows, boundary values first. Nothing is random, so a comparison is reproducible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from openapi.diff.schemas.normalized_schema import Parts, Schema, identity
from openapi.diff.schemas.regex_examples import examples_of

_FORMATS = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:00:00Z",
    "time": "12:00:00Z",
    "email": "user@example.com",
    "idn-email": "user@example.com",
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "uri-reference": "/a",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "byte": "aGVsbG8=",
    "duration": "P1D",
}
_MOST = 16
_DEEPEST = 5
_LONGEST = 200

Reader = Callable[[Parts], Schema]


class Sampler:
    """Makes values of schemas as they hold for one way; `unseen` is the word of the properties that do not travel."""

    def __init__(self, read: Reader, unseen: str) -> None:
        self._read, self._unseen = read, unseen
        self._known: dict[Any, list[Any]] = {}

    def values(self, parts: Parts, depth: int = 0) -> list[Any]:
        """At most a few dozen. They are likely, not sure, to be allowed: ask a validator."""
        key = (identity(parts), depth)
        if key not in self._known:
            schema = self._read(parts)
            made = [] if depth > _DEEPEST or schema.never else self._of(schema, depth)
            self._known[key] = list(islice(_distinct(made), _MOST * 3 if depth == 0 else _MOST))
        return self._known[key]

    def _of(self, schema: Schema, depth: int) -> list[Any]:
        if schema.values:
            return list(schema.values)
        examples = schema.annotations.get("examples")
        made = examples[:3] if isinstance(examples, list) else []
        made += [schema.annotations["default"]] if "default" in schema.annotations else []
        return made + (self._of_unions(schema, depth) if schema.unions else self._plain(schema, depth))

    def _of_unions(self, schema: Schema, depth: int) -> list[Any]:
        own = self._objects(schema, depth) if schema.properties else []
        found = [value for union in schema.unions for parts in union.alternatives for value in self.values(parts, depth + 1)]
        return [{**rest, **value} for rest in own[:3] for value in found if isinstance(value, dict)] + found + own

    def _plain(self, schema: Schema, depth: int) -> list[Any]:
        types = schema.types if schema.types is not None else _guess(schema)
        made: list[Any] = []
        if "object" in types:
            made += self._objects(schema, depth)
        if "array" in types:
            made += self._arrays(schema, depth)
        if "string" in types:
            made += _strings(schema)
        if types & {"integer", "number"}:
            made += _numbers(schema, whole="number" not in types)
        made += [True, False] if "boolean" in types else []
        return [*made, None] if "null" in types else made

    def _arrays(self, schema: Schema, depth: int) -> list[Any]:
        least, most = int(schema.bounds.get("minItems", 0)), int(min(schema.bounds.get("maxItems", 3), _LONGEST))
        elements = self.values(schema.items, depth + 1) if schema.items else ["a", 1]
        start = [next(iter(self.values(parts, depth + 1)), None) for parts in schema.prefix]
        made: list[Any] = []
        for length in dict.fromkeys([least, 1, 2, most]):
            if least <= length <= _LONGEST and elements:
                wanted = max(0, length - len(start))
                row = [elements[place % len(elements)] for place in range(wanted)] if schema.unique else [elements[0]] * wanted
                made.append((start + row)[:length])
        if least <= _LONGEST:
            made += [[*start, one, *elements[:1] * (least - 1 - len(start))] for one in elements[:6]]
        return made

    def _objects(self, schema: Schema, depth: int) -> list[Any]:
        """Only what is required; everything; each optional property by itself; each value of each property."""
        names = [name for name, parts in schema.properties.items() if not self._read(parts).annotations.get(self._unseen)]
        if depth > 1:
            names = [name for place, name in enumerate(names) if place < 3 or name in schema.required]
        choices = {name: self.values(schema.properties[name], depth + 1)[: 8 if depth < 2 else 2] for name in names}
        needed = {name: (choices.get(name) or ["a"])[0] for name in schema.required if name not in schema.properties or name in choices}
        whole = {**needed, **{name: values[0] for name, values in choices.items() if values}}
        made = [needed, whole]
        made += [{**needed, name: values[0]} for name, values in islice(choices.items(), _MOST) if values and name not in needed]
        made += [{key: value for key, value in whole.items() if key != name} for name in islice(whole, _MOST) if name not in needed]
        if schema.additional and not schema.closed:
            made += [{**needed, "further": value} for value in self.values(schema.additional, depth + 1)[:4]]
        return made + [{**whole, name: value} for name, values in choices.items() for value in values[1:]]


def _distinct(values: list[Any]) -> Iterator[Any]:
    seen = set[str]()
    for value in values:
        if (text := repr(value)) not in seen:
            seen.add(text)
            yield value


def _guess(schema: Schema) -> set[str]:
    """What an untyped schema means: what its keywords speak of, else the plain types."""
    if schema.properties or schema.required or schema.additional or schema.pattern_properties:
        return {"object"}
    return {"array"} if schema.items or schema.prefix else {"string", "integer", "boolean"}


def _strings(schema: Schema) -> list[str]:
    least, most = int(schema.bounds.get("minLength", 0)), schema.bounds.get("maxLength")
    made = [_FORMATS[form] for form in schema.formats if form in _FORMATS]
    made += examples_of(schema.patterns)[:8] if schema.patterns else []
    lengths = [least, least + 1, 3, *([int(most)] if most is not None else [50])]
    return made + ["a" * length for length in lengths if least <= length <= min(_LONGEST, most if most is not None else _LONGEST)]


def _numbers(schema: Schema, *, whole: bool) -> list[Any]:
    step = max((float(one) for one in schema.steps), default=1.0)
    low, high = (
        schema.bounds.get(word, schema.bounds.get(strict)) for word, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
    )
    made: list[Any] = [limit + shift for limit in (low, high) if limit is not None for shift in (0, step, -step)]
    if low is not None and high is not None:
        made.append((low + high) / 2)
    made += [0, 1, -1, 5, 7, 100, 10**6, step * 3] + ([] if whole else [0.5, 19.99, -2.5])
    if high is None:
        made.append(2**31)
    return [int(one) if float(one) == int(one) else one for one in made if not whole or float(one) == int(one)]
