"""Tells a scenario: who comes into being when, who pays, what becomes of whom, each in a transaction of its own.

A moment never comes before one that was already told, so that the world's times are in order by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from jsonschema_rs import Draft4Validator

from openapi.contract import Resource
from openapi.schemas import Direction, Schema, json_schema
from sandbox.engine import Engine
from sandbox.engine.verbs import Work
from sandbox.errors import Invalid, StartError
from sandbox.seeding.bodies import Bodies
from sandbox.seeding.files import Group, Scenario
from sandbox.seeding.payments import Installment, plan_of_payments
from sandbox.seeding.schema_values import Setting
from sandbox.seeding.timeline import some_time_after, working_moments
from sandbox.state.clock import ManualClock
from sandbox.state.workspaces import Workspace

_ATTEMPTS = 20  # at a body that breaks no rule, such as an address that nobody else has
_SOONEST, _LATEST = timedelta(hours=1), timedelta(days=10)  # until something becomes of an object
