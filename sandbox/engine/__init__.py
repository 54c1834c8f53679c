"""Performs the operations of a contract on the store, with generic verbs and the rules that are bound to them."""

from sandbox.engine.capabilities import refuse_what_cannot_be_done
from sandbox.engine.compatibility import Compatibility
from sandbox.engine.indexes import index_plan
from sandbox.engine.projection import projected
from sandbox.engine.result import Result
from sandbox.engine.rule_binding import Binding, bind
from sandbox.engine.verbs import Engine, Entropy

__all__ = ["Binding", "Compatibility", "Engine", "Entropy", "Result", "bind", "index_plan", "projected", "refuse_what_cannot_be_done"]
