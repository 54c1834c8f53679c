"""All saboteurs that were written by hand: importing their modules registers them."""

from tests.saboteurs.by_hand import (
    batches,
    caching,
    deliveries,
    errors,
    filters,
    http,
    integers,
    keys,
    limits,
    money,
    objects,
    paging,
    references,
    reports,
    secrets,
    shapes,
    values,
)
from tests.saboteurs.saboteur import BY_HAND

ALL_BY_HAND = BY_HAND
MODULES = (
    shapes,
    errors,
    integers,
    keys,
    limits,
    paging,
    filters,
    objects,
    values,
    references,
    money,
    reports,
    batches,
    secrets,
    caching,
    deliveries,
    http,
)
