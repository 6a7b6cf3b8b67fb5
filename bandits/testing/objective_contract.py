"""What every objective must do, as tests to inherit."""

from __future__ import annotations

import math

import numpy as np

from bandits.curves import Trial
from bandits.objectives.base import Measurement, Objective

__all__ = ["ObjectiveContract"]


class ObjectiveContract:
    """What every objective must do. Supply the fixture `objective`.

    Attributes:
        epochs: how many epochs of a trial are trained in these tests, if the objective has so many; >= 2.
        trials: how many configurations are tested.
        tolerance: largest relative difference between a training without and with a pause (0: no difference).
    """

    epochs = 4
    trials = 3
    tolerance = 0.0

    def _trial(self, objective: Objective, trial_id: int) -> Trial:
        config = objective.sampler(0).propose(trial_id)
        return Trial(trial_id, config, objective.features(config), seed=trial_id)

    def _train(self, objective: Objective, trial: Trial, *stops: int) -> list[Measurement]:
        """Train a trial, pausing at every stop but the last."""
        measurements: list[Measurement] = []
        for start, stop in zip((0, *stops), stops, strict=False):
            measurements += objective.train(trial, start, stop)
        objective.release(trial)
        return measurements

    def test_says_what_it_is(self, objective: Objective) -> None:
        """It has a name, a metric and a longest training of at least one epoch."""
        assert objective.name
        assert objective.metric.name
        assert objective.max_epochs >= 1

    def test_trains_exactly_the_epochs_asked_for(self, objective: Objective) -> None:
        """One measurement an epoch, in order, with seconds that are not negative."""
        stop = min(self.epochs, objective.max_epochs)
        for trial_id in range(self.trials):
            measurements = self._train(objective, self._trial(objective, trial_id), stop)
            assert list(range(1, stop + 1)) == [measurement.epoch for measurement in measurements]
            assert all(measurement.seconds >= 0 for measurement in measurements)

    def test_values_are_numbers(self, objective: Objective) -> None:
        """A value is a float; NaN or inf says that the trial has failed there."""
        stop = min(self.epochs, objective.max_epochs)
        for trial_id in range(self.trials):
            for measurement in self._train(objective, self._trial(objective, trial_id), stop):
                float(measurement.value)

    def test_a_pause_changes_nothing(self, objective: Objective) -> None:
        """A training that pauses after an epoch and then goes on gives the same values as one without a pause."""
        stop = min(self.epochs, objective.max_epochs)
        trial = self._trial(objective, 0)
        in_one_go = [float(measurement.value) for measurement in self._train(objective, trial, stop)]
        with_pauses = [float(m.value) for m in self._train(objective, trial, *range(1, stop + 1))]

        np.testing.assert_allclose(with_pauses, in_one_go, rtol=self.tolerance, atol=0.0)

    def test_features_are_finite_numbers_of_the_same_names(self, objective: Objective) -> None:
        """u_x has the same names for every configuration, and finite values."""
        features = [self._trial(objective, trial_id).features for trial_id in range(20)]

        assert [list(features[0])] * 20 == [list(one) for one in features]
        assert all(math.isfinite(value) for one in features for value in one.values())

    def test_a_configuration_depends_on_its_id_alone(self, objective: Objective) -> None:
        """The sampler gives an id the same configuration in whatever order ids are asked for."""
        forwards, backwards = objective.sampler(3), objective.sampler(3)
        expected = [dict(forwards.propose(trial_id)) for trial_id in range(10)]
        actual = [dict(backwards.propose(trial_id)) for trial_id in reversed(range(10))]

        assert expected == actual[::-1]
