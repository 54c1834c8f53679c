"""Builds the image of a world from a scenario and a seed, always with the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from openapi.contract import Contract
from sandbox.engine import Binding, Engine
from sandbox.progress import Progress
from sandbox.seeding.fixture_files import Scenario, recipes, scenario
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan


class Seeder:
    """Worlds for one contract and the rules that are bound to it."""

    def __init__(self, contract: Contract, binding: Binding, plan: Mapping[str, IndexPlan]) -> None:
        self.contract, self.plan = contract, plan
        self._binding = binding

    def build(self, name: str, seed: int, progress: Progress | None = None) -> Image:
        """The world of a scenario. Raises StartError for one that is not known, or that the contract makes impossible."""
        return self.build_scenario(scenario(name), seed, progress)

    def build_scenario(self, scenario: Scenario, seed: int, progress: Progress | None = None) -> Image:
        """The world of a scenario that is already read."""
        # Most starts find their world in the cache, and need not load what builds one.
        from sandbox.seeding.body_factory import BodyFactory
        from sandbox.seeding.payments import payments_are_possible
        from sandbox.seeding.recipes import Recipes
        from sandbox.seeding.scenario_run import ScenarioRun
        from sandbox.seeding.scratch_store import ScratchStore

        entropy = Random(f"{scenario.name}/{seed}").randbytes  # noqa: S311  # the same for the same seed, as a world must be
        store = ScratchStore(self.contract, ManualClock(scenario.date))
        scenario_run = ScenarioRun(
            Engine(self.contract, self._binding, entropy),
            BodyFactory(self.contract, Recipes(recipes)),
            scenario,
            seed,
            with_payments=payments_are_possible(self.contract, self._binding),
        )
        scenario_run.run(store, progress)
        return store.image()
