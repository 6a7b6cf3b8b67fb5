"""An Optuna study as an earlier study."""

from __future__ import annotations

import math
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url

from bandits.curves import Curve, Metric
from bandits.errors import SettingError
from bandits.studies.epochs import first_step_of
from bandits.studies.parameter_columns import ParameterColumns, curve_through, reports_of
from bandits.studies.readers.exported_trials import FEATURES, config_of, features_are_known, seconds_of
from bandits.studies.study import EarlierStudy, EarlierTrial, End, Kind

__all__ = ["study_of_optuna", "study_of_optuna_file", "study_of_optuna_url"]

_ENDS: dict[TrialState, End] = {
    TrialState.COMPLETE: "completed",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
}


def study_of_optuna_url(
    source: str, url: str, name: str, longest: int | None, *, argument: str = "`warm_start`"
) -> EarlierStudy:
    """Read the study of a storage.

    Args:
        source: as the user wrote it.
        url: of a database with Optuna's tables; nothing is created in it.
        name: of the study; may be empty where there is only one.
        longest: epochs after this one are left out; None for none.
        argument: how messages call the source.

    Raises:
        SettingError: there is no such storage or study, or the study has several objectives.
    """
    try:
        file = make_url(url).database if url.startswith("sqlite") else None
        if file is not None and not Path(file).is_file():
            raise SettingError.broken(argument, "must be the URL of a storage that exists", source)
        return _read(source, RDBStorage(url, skip_table_creation=True), name, longest, argument)
    except SettingError:
        raise
    except Exception as error:  # drivers raise what they like
        raise _unreadable(argument, source, error) from error


def study_of_optuna_file(
    source: str, path: Path, name: str, longest: int | None, *, argument: str = "`warm_start`"
) -> EarlierStudy:
    """Read the study of a file written by Optuna's JournalStorage; otherwise like `study_of_optuna_url`."""
    try:
        return _read(source, JournalStorage(JournalFileBackend(str(path))), name, longest, argument)
    except SettingError:
        raise
    except Exception as error:  # whatever a damaged file leads to
        raise _unreadable(argument, source, error) from error


def _unreadable(argument: str, source: str, error: Exception) -> SettingError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return SettingError.broken(argument, f"must be a storage that Optuna can read ({reason})", source)


def _read(source: str, storage: BaseStorage, name: str, longest: int | None, argument: str) -> EarlierStudy:
    names = optuna.get_all_study_names(storage)
    if name not in names and (name or len(names) != 1):
        rule = f"must end with # and one of its studies ({', '.join(names) or 'it has none'})"
        raise SettingError.broken(argument, rule, source)
    study = optuna.load_study(study_name=name or names[0], storage=storage)
    if len(study.directions) != 1:
        raise SettingError.broken(argument, "must be a study of one objective", source)
    return study_of_optuna(study, source=source, longest=longest)


def study_of_optuna(study: optuna.Study, *, source: str = "", longest: int | None = None) -> EarlierStudy:
    """Read a study of one objective at hand.

    Trials that reported something are read: what they reported is the curve, whether they were pruned or not. Steps
    that were left out are filled from their neighbours, as `PredictivePruner` does. A report that is no finite number
    ends the curve. Features are the parameters, or what they were in the run whose journal was exported as this study.

    Args:
        study: of one objective.
        source: what messages call it; its own name by default.
        longest: epochs after this one are left out; None for none.
    """
    goal = "maximize" if study.direction == StudyDirection.MAXIMIZE else "minimize"
    metric = Metric(study.metric_names[0] if study.metric_names else "", goal)  # type: ignore[arg-type]
    trials = study.get_trials(deepcopy=False)
    usual = 0 if any(0 in trial.intermediate_values for trial in trials) else 1
    columns = None if features_are_known(trials) else ParameterColumns()
    if columns is not None:
        columns.learn(trial for trial in trials if trial.intermediate_values)  # the others have no curve
    read = (
        _read_trial(trial, columns, metric, first_step_of(trial.intermediate_values, usual), longest)
        for trial in trials
    )
    kind: Kind = "journal" if columns is None else "optuna"  # a study that was exported is a run as before
    return EarlierStudy(source or study.study_name, metric, tuple(filter(None, read)), kind)


def _read_trial(
    trial: FrozenTrial, columns: ParameterColumns | None, metric: Metric, first_step: int, longest: int | None
) -> EarlierTrial | None:
    """One trial; None if it has no curve."""
    gaps = (step for step, value in trial.intermediate_values.items() if not math.isfinite(value))
    last = min(min(gaps, default=math.inf) - first_step, math.inf if longest is None else longest)
    last = min(last, max(trial.intermediate_values, default=0) - first_step + 1)
    epochs, scores = reports_of(trial, sign=metric.orient(1.0), first_step=first_step, last_epoch=int(last))
    curve: Curve | None = curve_through(epochs, scores, int(epochs[-1])) if len(epochs) else None
    if curve is None:
        return None
    value = trial.value if trial.state == TrialState.COMPLETE else None
    return EarlierTrial(
        config_of(trial),
        trial.user_attrs[FEATURES] if columns is None else columns.encode(trial.params, trial.user_attrs),
        curve,
        end=_ENDS.get(trial.state, "running"),
        value=None if value is None or not math.isfinite(value) else metric.orient(value),
        seconds=seconds_of(trial),
        measured=None if len(epochs) == curve.tau else tuple(epochs.tolist()),
        number=trial.number,
    )
