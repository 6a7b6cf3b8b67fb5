"""An Optuna study as a history, which predictors learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandits.curves import History, Trial
from bandits.errors.checks import check_whole
from bandits.studies.study_curves import read_curves

if TYPE_CHECKING:
    from optuna.study import Study as OptunaStudy

__all__ = ["history_of"]


def history_of(study: OptunaStudy, *, max_epochs: int | None = None) -> History:
    """Make a history of the reports of an Optuna study so far.

    Every trial that reported a finite number has a curve, even if it was pruned, failed, or still runs. Its number is
    the trial's id, its parameters are the configuration, and its features and curve are those that `PredictivePruner`
    sees. `bandits.studies.read_curves` also tells what was filled or left out.

    Args:
        study: a study with one objective.
        max_epochs: later reports are left out; in the study's own steps, >= 1; None for no limit.

    Raises:
        SettingError: the study has several objectives, `max_epochs` is below 1, or steps are time stamps.

    Example:
        >>> import optuna
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> study = optuna.create_study(direction="minimize")
        >>> trial = study.ask({"lr": optuna.distributions.FloatDistribution(0.0, 1.0)})
        >>> for epoch, loss in enumerate([0.5, 0.3], start=1):
        ...     trial.report(loss, epoch)
        >>> history_of(study).curve(0).scores.tolist()
        [-0.5, -0.3]
    """
    from bandits.studies.readers.optuna import study_of_optuna  # Optuna takes half a second to load

    last = None if max_epochs is None else check_whole("max_epochs", max_epochs, 1)
    read = read_curves(study_of_optuna(study), last=last)
    return History.from_curves(
        (Trial(trial.number or 0, trial.config, trial.features), curve) for trial, curve in read.pairs()
    )
