"""The curves and features of a training set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial

from bandits.curves import Curve, History, Trial
from bandits.integrations.optuna.study.teaching import TrainingSet
from bandits.studies.parameter_columns import ParameterColumns

__all__ = ["TrainingData", "training_data"]

_NOBODY = -1  # no trial of a study has this number


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The curves of a training set, and the features of its trials.

    Args:
        history: the curves; it does not grow any more.
        columns: the encoder of the features.
    """

    history: History
    columns: ParameterColumns

    def as_trial(self, trial: FrozenTrial) -> Trial:
        """Any trial of the study, with the features of the training set."""
        return Trial(trial.number, trial.params, self.columns.encode(trial.params, trial.user_attrs))


def training_data(
    teaching: TrainingSet,
    trials: Mapping[int, FrozenTrial],
    curve_of: Callable[[FrozenTrial], Curve],
    *,
    user_attrs: Sequence[str],
    horizon: int,
) -> TrainingData:
    """Build the curves and features of a training set.

    Args:
        teaching: the training set.
        trials: trials of the study, by number.
        curve_of: the curve of a trial that teaches, `[horizon]`.
        user_attrs: names of user attributes that are features too.
        horizon: the epoch whose score decides.
    """
    chosen = [trials[number] for number in teaching.numbers]
    columns = ParameterColumns(user_attrs)
    columns.learn(chosen)
    data = TrainingData(History(), columns)
    for i, trial in enumerate(chosen):
        if i == teaching.audits_from:
            data.history.censor(_NOBODY, horizon)
        known_as = data.as_trial(trial)
        for epoch, score in enumerate(curve_of(trial).scores.tolist(), start=1):
            data.history.record(known_as, epoch, score)
    return data
