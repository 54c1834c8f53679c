"""Builds the image of a world out of a scenario and a seed, the same bytes whenever and wherever it is built."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from openapi.contract import Contract
from sandbox.engine import Binding, Engine
from sandbox.seeding.bodies import Bodies
from sandbox.seeding.files import recipes, scenario
from sandbox.seeding.payments import payments_are_possible
from sandbox.seeding.recipes import Recipes
from sandbox.seeding.story import Story
from sandbox.state.clock import ManualClock
from sandbox.state.rows import IndexPlan
from sandbox.state.values import Image
from sandbox.state.workspaces import Workspace


class Seeder:
    """Worlds for one contract and the rules that are bound to it."""

    def __init__(self, contract: Contract, binding: Binding, plan: Mapping[str, IndexPlan]) -> None:
        self._contract, self._binding, self._plan = contract, binding, plan

    def build(self, name: str, seed: int) -> Image:
        """The world of a scenario. Raises StartError for one that is not known, or that the contract makes impossible."""
        told = scenario(name)
        entropy = Random(f"{name}/{seed}").randbytes  # noqa: S311  # the same for the same seed, as a world must be
        clock = ManualClock(told.date)
        workspace = Workspace("seeding", clock, self._plan)
        story = Story(
            Engine(self._contract, self._binding, entropy),
            Bodies(self._contract, Recipes(recipes)),
            told,
            seed,
            with_payments=payments_are_possible(self._contract, self._binding),
        )
        story.tell(workspace, clock)
        return workspace.image()
