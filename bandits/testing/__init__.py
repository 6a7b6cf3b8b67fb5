"""For authors of plug-ins: contracts, as test classes to inherit, and toys whose answers are known.

A contract is a class of tests that asks for one fixture. Inherit it, and supply the fixture:

    import pytest
    from bandits.testing import PredictorContract

    class TestMine(PredictorContract):
        @pytest.fixture
        def predictor(self):
            return Mine()

The toys are parts of runs without chance: a table of curves held in memory, a predictor that knows
the future, a rule that never drops an arm, objectives that fail or are noisy, and a way to drive a scheduler by hand.
"""

from bandits.testing.objective_contract import ObjectiveContract
from bandits.testing.objective_wrappers import FailingObjective, NegatedObjective, NoisyObjective
from bandits.testing.predictor_contract import PredictorContract
from bandits.testing.rule_contract import StoppingRuleContract
from bandits.testing.sampler_contract import SamplerContract
from bandits.testing.scheduler_contract import SchedulerContract
from bandits.testing.toys import NeverDropRule, OraclePredictor, ReplayObjective, SpyPredictor, play, ramps

__all__ = [
    "FailingObjective",
    "NegatedObjective",
    "NeverDropRule",
    "NoisyObjective",
    "ObjectiveContract",
    "OraclePredictor",
    "PredictorContract",
    "ReplayObjective",
    "SamplerContract",
    "SchedulerContract",
    "SpyPredictor",
    "StoppingRuleContract",
    "play",
    "ramps",
]
