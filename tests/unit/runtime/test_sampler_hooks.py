"""What the loop tells a sampler: every score at once, and how each trial has ended."""

from collections.abc import Mapping
from typing import Any

import pytest

from bandits import EarlyStopper, ProbabilityRule, RandomSearch, SuccessiveHalving, run
from bandits.curves import Trial
from bandits.samplers.base import Outcome, Sampler
from bandits.testing import OraclePredictor, ReplayObjective

CURVES = [[0.4, 0.5, 0.6], [0.1, 0.2, 0.3], [0.9, 0.6, 0.7]]


class Notebook(Sampler):
    """Proposes rows in their order, and writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.outcomes: list[Outcome] = []

    def propose(self, trial_id: int) -> Mapping[str, object]:
        self.told.append(("propose", trial_id))
        return {"row": trial_id}

    def watch(self, trial: Trial, epoch: int, score: float) -> None:
        self.told.append(("watch", trial.id, epoch, score))

    def learn(self, outcome: Outcome) -> None:
        self.told.append(("learn", outcome.trial.id, outcome.how))
        self.outcomes.append(outcome)


def test_scores_come_before_what_follows_from_them() -> None:
    """Each epoch of each trial, paused ones too, before its end and before the next proposal."""
    sampler = Notebook()
    run(SuccessiveHalving(max_epochs=3), ReplayObjective(CURVES), sampler=sampler)

    assert sampler.told == [
        ("propose", 0),
        ("watch", 0, 1, 0.4),
        ("propose", 1),
        ("watch", 1, 1, 0.1),
        ("propose", 2),
        ("watch", 2, 1, 0.9),
        ("learn", 0, "cut"),
        ("learn", 1, "cut"),
        ("watch", 2, 2, 0.6),
        ("watch", 2, 3, 0.7),
        ("learn", 2, "completed"),
    ]


def test_scores_are_oriented() -> None:
    """Larger is better, whatever the metric."""
    sampler = Notebook()
    run(RandomSearch(1, 3), ReplayObjective([[3.0, 2.0, 1.0]], goal="minimize"), sampler=sampler)

    assert [score for what, *_, score in sampler.told if what == "watch"] == [-3.0, -2.0, -1.0]


def test_an_epoch_without_a_score_is_not_told() -> None:
    """The trial fails there."""
    sampler = Notebook()
    run(RandomSearch(1, 3), ReplayObjective([[0.5, float("nan"), 0.5]]), sampler=sampler)

    assert sampler.told == [("propose", 0), ("watch", 0, 1, 0.5), ("learn", 0, "failed")]


def test_a_forecast_comes_with_its_horizon() -> None:
    """Of a dropped trial; others have neither."""
    sampler = Notebook()
    stopper = EarlyStopper(OraclePredictor(CURVES), ProbabilityRule(0.9), seed=0)
    run(RandomSearch(3, 3, stopper, burn_in=1), ReplayObjective(CURVES), sampler=sampler)
    outcomes = {outcome.trial.id: outcome for outcome in sampler.outcomes}

    assert outcomes[1].forecast == pytest.approx(0.3)
    assert (outcomes[1].how, outcomes[1].horizon) == ("dropped", 3)
    assert (outcomes[0].how, outcomes[0].forecast, outcomes[0].horizon) == ("completed", None, None)
