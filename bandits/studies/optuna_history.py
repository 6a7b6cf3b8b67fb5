"""A study as curves: what its trials reported, as predictors see it."""

from __future__ import annotations

from optuna.study import Study, StudyDirection

from bandits.curves import Curve, Trial
from bandits.errors import SettingError, check_at_least
from bandits.studies.epochs import CurveReader
from bandits.studies.parameter_columns import ParameterColumns

__all__ = ["curves_of_study"]

_MOST_EPOCHS = 100_000  # a curve has a score for every epoch: steps that count samples would fill the memory


def curves_of_study(study: Study, max_epochs: int | None = None) -> list[tuple[Trial, Curve]]:
    """The trials of a study that reported a finite number, with their curves.

    Args:
        study: of one objective; its trials may still run.
        max_epochs: reports of later epochs are left out; None for none.

    Returns:
        Pairs in the order of the trials' numbers, which are the ids; see `History.from_optuna`.

    Raises:
        SettingError: the study has several objectives, `max_epochs` is below 1, or a curve would have more than
            100,000 epochs.
    """
    if len(study.directions) != 1:
        raise SettingError.broken("objectives of a study with curves", "must be one", len(study.directions))
    limit = _MOST_EPOCHS + 1 if max_epochs is None else check_at_least("max_epochs", max_epochs, 1)
    trials = study.get_trials(deepcopy=False)
    last_step = max((step for trial in trials for step in trial.intermediate_values), default=0)
    if min(last_step, limit) > _MOST_EPOCHS:
        rule = f"must count epochs, at most {_MOST_EPOCHS:,} of them (or give a smaller `max_epochs`)"
        raise SettingError.broken("steps of a study with curves", rule, last_step)
    reader = CurveReader(1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0, limit)
    if any(0 in trial.intermediate_values for trial in trials):
        reader.first_step = 0
    curves = [(trial, curve) for trial in trials if (curve := reader.so_far(trial)) is not None]
    columns = ParameterColumns()
    columns.learn(trial for trial, _ in curves)
    return [
        (Trial(trial.number, trial.params, columns.encode(trial.params, trial.user_attrs)), curve)
        for trial, curve in curves
    ]
