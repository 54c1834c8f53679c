"""Every kind of change that is told of schemas, and what it means; an id is `request-` or `answer-` and then the kind."""

from __future__ import annotations

from openapi.diff.changes import Way
from openapi.diff.schemas.bounds import AXES, kebab

_LIMITS = {
    f"{kebab(word)}-{verb}": f"`{word}`{' or its exclusive form' if word in ('maximum', 'minimum') else ''} {told}"
    for word, *_ in AXES
    for verb, told in (("set", "is new"), ("removed", "is gone"), ("raised", "is higher"), ("lowered", "is lower"))
}

_SINGLE = {
    f"{kebab(word)}-{verb}": f"`{word}` {told}"
    for word in ("contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema")
    for verb, told in (("added", "is new"), ("removed", "is gone"), ("changed", "is another schema"))
}

KINDS: dict[str, str] = {
    "type-changed": "the type is another one",
    "type-narrowed": "fewer types are allowed, such as integers alone instead of all numbers",
    "type-widened": "more types are allowed",
    "type-named": "the type is named, or no longer, where the other keywords mean it anyway",
    "became-nullable": "null is allowed now",
    "became-not-nullable": "null is no longer allowed",
    "format-added": "a format is named",
    "format-removed": "a format is no longer named",
    "format-changed": "the format is another one",
    "became-enum": "what was free is held to a list of values, or to one",
    "enum-removed": "a list of values is gone",
    "enum-value-added": "a value is new among those allowed",
    "enum-value-removed": "a value is no longer among those allowed",
    "extensible-enum-value-added": "a value is new in `x-extensible-enum`",
    "extensible-enum-value-removed": "a value is gone from `x-extensible-enum`",
    **_LIMITS,
    "multiple-of-set": "`multipleOf` is new",
    "multiple-of-removed": "`multipleOf` is gone",
    "multiple-of-changed": "`multipleOf` is another number",
    "pattern-added": "a text has to match a pattern",
    "pattern-removed": "a text no longer has to match a pattern",
    "pattern-changed": "a text has to match another pattern; where a text was found that tells them apart, the sentence shows it",
    "pattern-rewritten": "a pattern is written otherwise and means the same",
    "unique-items-added": "no element may occur twice",
    "unique-items-removed": "elements may occur twice",
    "property-added": "a property is new",
    "required-property-added": "a property is new in a request, and required",
    "property-removed": "a property is gone",
    "required-property-removed": "a property that answers always held is gone",
    "property-became-required": "a property is required now",
    "property-became-optional": "a property is no longer required",
    "property-became-read-only": "clients do not send a property any more",
    "property-became-not-read-only": "clients may send a property now, or must",
    "property-became-write-only": "answers do not hold a property any more",
    "property-became-not-write-only": "answers may hold a property now",
    "pattern-property-added": "properties with names of a form have a schema now",
    "pattern-property-removed": "properties with names of a form have no schema any more",
    "additional-properties-closed": "only named properties are allowed now",
    "additional-properties-opened": "other properties than the named ones are allowed now",
    "dependent-required-added": "with one property another one must be there",
    "dependent-required-removed": "with one property another one need not be there any more",
    "dependent-schema-added": "an object with a property has to fit a schema more",
    "dependent-schema-removed": "an object with a property has to fit a schema less",
    "dependent-schema-changed": "an object with a property has to fit another schema",
    **_SINGLE,
    "alternative-added": "`oneOf` or `anyOf` has an alternative more",
    "alternative-removed": "`oneOf` or `anyOf` has an alternative less",
    "alternatives-added": "`oneOf` or `anyOf` is new beside what was said already",
    "alternatives-removed": "`oneOf` or `anyOf` is gone, and what was said beside it is left",
    "alternatives-wrapped": "what was one schema is one of several",
    "alternatives-unwrapped": "what was one of several is one schema",
    "alternatives-kind-changed": "`oneOf` became `anyOf`, or the other way round",
    "alternatives-overlap": "a value fits two alternatives of `oneOf` that fitted one",
    "discriminator-added": "a discriminator is new",
    "discriminator-removed": "a discriminator is gone",
    "discriminator-changed": "the discriminator is another property",
    "discriminator-mapping-changed": "a value of the discriminator means something else",
    "not-added": "something is refused by `not`",
    "not-removed": "something is no longer refused by `not`",
    "not-changed": "`not` refuses something else",
    "condition-added": "`if` is new",
    "condition-removed": "`if` is gone",
    "condition-changed": "`if`, `then` or `else` is another schema",
    "schema-forbidden": "nothing is allowed any more",
    "schema-allowed": "something is allowed where nothing was",
    "schema-undecided": "keywords act together in a way that could not be decided",
    "default-added": "a default is new; only a parameter left out is then hurt",
    "default-removed": "a default is gone",
    "default-changed": "a default is another value",
    "deprecated": "something is deprecated now",
    "reactivated": "something is no longer deprecated",
    "content-changed": "a text holds its content in another encoding or media type",
    "xml-changed": "something is written otherwise as XML",
    "access-changed": "`readOnly` or `writeOnly` of a whole document changed, which means nothing",
    "documentation-changed": "words for people changed: title, description, examples",
}


def ids() -> dict[str, str]:
    """All ids that a comparison of schemas may tell, with their meaning."""
    return {f"{way.value}-{kind}": meaning for way in Way for kind, meaning in KINDS.items()}
