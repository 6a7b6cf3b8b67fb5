"""`history_of`: a study at hand as curves that teach."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from bandits import History
from bandits.errors import SettingError
from bandits.predictors import SRM
from bandits.studies import history_of

pytestmark = pytest.mark.usefixtures("quiet_optuna")

SPACE = {"lr": FloatDistribution(0.1, 2.0), "kind": CategoricalDistribution(["a", "b"])}


def study(*reports: Mapping[int, float], direction: str = "maximize") -> optuna.Study:
    """A study whose trials have reported these values, by step; they are complete, the first is pruned."""
    made = optuna.create_study(direction=direction)
    for number, values in enumerate(reports):
        made.add_trial(
            create_trial(
                state=TrialState.PRUNED if number == 0 else TrialState.COMPLETE,
                value=1.0,
                params={"lr": (number + 1) / 10, "kind": "ab"[number % 2]},
                distributions=SPACE,
                intermediate_values=dict(values),
            )
        )
    return made


def curves(history: History) -> dict[int, list[float]]:
    return {trial.id: history.curve(trial.id).scores.tolist() for trial, _ in history.reaching(1)}


def test_reports_are_curves_and_parameters_are_features() -> None:
    """Pruned trials and those that still run have partial curves; one that has reported nothing has none."""
    made = study({1: 0.1}, {1: 0.2, 2: 0.4}, {})
    trial = made.ask(SPACE)
    trial.report(0.3, 1)
    history = history_of(made)
    known, _ = history.reaching(2)[0]

    assert curves(history) == {0: [0.1], 1: [0.2, 0.4], 3: [0.3]}
    assert (known.id, known.config) == (1, {"lr": 0.2, "kind": "b"})
    assert known.features == {"lr": 0.2, "kind=a": 0.0, "kind=b": 1.0}


def test_scores_are_oriented() -> None:
    """Larger is better, also of a study that minimizes."""
    assert curves(history_of(study({1: 3.0, 2: 2.0}, direction="minimize"))) == {0: [-3.0, -2.0]}


def test_steps_from_0_and_gaps() -> None:
    """Step 0 is epoch 1 then; what is missing, or no finite number, is filled from its neighbours."""
    history = history_of(study({0: 1.0, 1: 2.0}, {0: 1.0, 2: 3.0}, {0: 1.0, 1: math.nan, 2: 2.0}, {2: 5.0}))

    assert curves(history) == {0: [1.0, 2.0], 1: [1.0, 2.0, 3.0], 2: [1.0, 1.5, 2.0], 3: [5.0, 5.0, 5.0]}


def test_later_epochs_may_be_left_out() -> None:
    """A trial that reported nothing else has no curve."""
    assert curves(history_of(study({1: 1.0, 2: 2.0, 3: 3.0}, {3: 1.0}), max_epochs=2)) == {0: [1.0, 2.0]}


def test_a_study_without_trials_is_an_empty_history() -> None:
    """Nothing has been measured."""
    assert len(history_of(study())) == 0


def test_a_predictor_learns_from_it() -> None:
    """That is what it is for."""
    made = study(*({epoch: i / 20 * (1 - 0.5**epoch) for epoch in range(1, 7)} for i in range(1, 16)))
    fitted = SRM().fit(history_of(made), horizon=6, rng=np.random.default_rng(0))
    trial, curve = history_of(made).reaching(6)[7]

    assert fitted.forecast(trial, curve.prefix(3)).mean == pytest.approx(curve.scores[-1], abs=0.02)  # type: ignore[union-attr]


def test_what_is_no_study_of_curves() -> None:
    """One sentence each."""
    with pytest.raises(SettingError, match="objectives of a study with curves must be one, got 2"):
        history_of(optuna.create_study(directions=["minimize", "maximize"]))
    with pytest.raises(SettingError, match="max_epochs` must be an integer >= 1, got 0"):
        history_of(study(), max_epochs=0)
    with pytest.raises(SettingError, match=r"steps of .* must count epochs, .* time stamps, got 1700000000"):
        history_of(study({1_700_000_000: 1.0}))


def test_large_steps_are_counted_by_reports() -> None:
    """A curve is as long as its trial has reports."""
    samples = study({1: 1.0, 500_000: 2.0})

    assert curves(history_of(samples)) == {0: [1.0, 2.0]}
    assert curves(history_of(samples, max_epochs=2)) == {0: [1.0]}
