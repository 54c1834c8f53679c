"""The special rules of resources: one file for each topic, each a list of rules."""

from sandbox.domain import invoices, line_items, reports, users, webhooks
from sandbox.domain.rules import Rules

ALL_RULES: tuple[Rules, ...] = (line_items.rules, invoices.rules, users.rules, reports.rules, webhooks.rules)
