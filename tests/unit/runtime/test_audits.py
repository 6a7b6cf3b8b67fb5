"""What a run tells of the arms that were spared to check its rule."""

import numpy as np

from bandits import EarlyStopper, ProbabilityRule, RandomSearch, run
from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.predictors import Forecaster
from bandits.runtime.result import AuditOutcome
from bandits.testing import OraclePredictor, ReplayObjective


class AuditsAll(ProbabilityRule):
    """The probability rule, none of whose arms is ever dropped."""

    audit = 1.0


class Pessimist(OraclePredictor):
    """Says of every arm that it ends at 0.55, for certain."""

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return SaysTheSame(horizon)


class SaysTheSame(Forecaster):
    def __init__(self, horizon: int) -> None:
        self.horizon = horizon

    def forecast(self, trial: Trial, curve: Curve) -> Forecast:
        return Forecast(0.55, 0.0, self.horizon)


def test_audits_tell_how_often_the_rule_was_wrong() -> None:
    """After a first arm that ends at 0.6, two are said to end at 0.55: one ends at 0.9, the other at 0.2."""
    table = ReplayObjective([[0.4, 0.5, 0.6], [0.5, 0.6, 0.9], [0.2, 0.2, 0.2]])
    stopper = EarlyStopper(Pessimist(table), AuditsAll())

    result = run(RandomSearch(3, 3, stopper, burn_in=1), table)

    assert AuditOutcome(spared=2, ended=2, wrong=1) == result.audits


def test_without_a_stopper_nothing_is_audited() -> None:
    """No arm was spared, and none was judged wrongly."""
    assert AuditOutcome(0, 0, 0) == run(RandomSearch(2, 3), ReplayObjective([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])).audits
