"""Performs the operations of a contract on the store, with generic verbs and the rules that are bound to them."""

from sandbox.engine.compatibility import Compatibility
from sandbox.engine.indexes import index_plan
from sandbox.engine.permissions import Permissions
from sandbox.engine.projection import projected
from sandbox.engine.result import Result
from sandbox.engine.rule_binding import Binding, bind
from sandbox.engine.unsupported_features import refuse_unsupported_features
from sandbox.engine.verbs import Engine, Entropy

__all__ = ["Binding", "Compatibility", "Engine", "Entropy", "Permissions", "Result", "bind", "index_plan", "projected", "refuse_unsupported_features"]
