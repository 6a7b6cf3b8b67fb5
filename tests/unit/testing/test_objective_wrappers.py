"""Objectives that are hostile on purpose."""

import math

import pytest

from bandits.curves import Metric, Trial
from bandits.errors import SettingError
from bandits.objectives import CurveTable, Objective
from bandits.testing import ObjectiveContract
from bandits.testing.objective_wrappers import FailingObjective, NegatedObjective, NoisyObjective

CURVES = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
TABLE = CurveTable.from_arrays(CURVES, [{"lr": 0.1}, {"lr": 0.2}], metric=Metric("accuracy", "maximize"))
TRIAL = Trial(1, TABLE.configs[1])


class TestWrapped(ObjectiveContract):
    @pytest.fixture(params=["failing", "negated", "noisy"])
    def objective(self, request: pytest.FixtureRequest) -> Objective:
        """Every wrapper; one that raises nothing in these trials."""
        wrapped: dict[str, Objective] = {
            "failing": FailingObjective(TABLE, trials={1}, epoch=2, failure=math.nan),
            "negated": NegatedObjective(TABLE),
            "noisy": NoisyObjective(TABLE, std=0.1),
        }
        return wrapped[request.param]


@pytest.mark.parametrize("failure", [None, "0.5", 3])
def test_bad_values(failure: object) -> None:
    """The chosen trial gives the bad value at the chosen epoch, and other trials give none."""
    failing = FailingObjective(TABLE, trials=[1], epoch=2, failure=failure)

    assert [0.4, failure, 0.6] == [measurement.value for measurement in failing.train(TRIAL, 0, 3)]
    assert [0.4, 0.5, 0.6] == [m.value for m in failing.train(Trial(0, TABLE.configs[1]), 0, 3)]
    assert 0.6 == failing.best_possible((3,))


def test_exceptions() -> None:
    """An exception is raised where the epoch would end."""
    epochs = FailingObjective(TABLE, trials=[1], epoch=2, failure=OSError("disk full")).train(TRIAL, 0, 3)

    assert 0.4 == next(epochs).value
    with pytest.raises(OSError, match="disk full"):
        next(epochs)


def test_negation_keeps_every_score() -> None:
    """Values and goal are swapped, twice to where they were."""
    negated = NegatedObjective(TABLE)
    twice = NegatedObjective(negated)

    assert ([-0.4, -0.5], "minimize", -0.6) == (
        [measurement.value for measurement in negated.train(TRIAL, 0, 2)],
        negated.metric.goal,
        negated.best_possible((1, 2, 3)),
    )
    assert ([0.4, 0.5], "maximize") == ([m.value for m in twice.train(TRIAL, 0, 2)], twice.metric.goal)
    assert None is NegatedObjective(NoisyObjective(TABLE, std=0.1)).best_possible((1,))


def test_noise_belongs_to_seed_trial_and_epoch() -> None:
    """The same noise whatever was trained before, other noise for another seed; none without std."""
    noisy, other = NoisyObjective(TABLE, std=0.1, seed=1), NoisyObjective(TABLE, std=0.1, seed=2)
    whole = [measurement.value for measurement in noisy.train(TRIAL, 0, 3)]

    assert whole[1:] == [measurement.value for measurement in noisy.train(TRIAL, 1, 3)]
    assert whole != [measurement.value for measurement in other.train(TRIAL, 0, 3)]
    assert CURVES[1] == [measurement.value for measurement in NoisyObjective(TABLE, std=0.0).train(TRIAL, 0, 3)]


def test_wrong_settings() -> None:
    """A negative spread or an epoch 0 is refused."""
    with pytest.raises(SettingError, match=r"^`std` must be >= 0 and finite, got -1$"):
        NoisyObjective(TABLE, std=-1)
    with pytest.raises(SettingError, match=r"^`epoch` must be an integer >= 1, got 0$"):
        FailingObjective(TABLE, trials=[1], epoch=0, failure=None)
