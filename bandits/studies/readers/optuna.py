"""Read an Optuna study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url

from bandits.curves import Goal, Metric
from bandits.errors import SettingError
from bandits.samplers.optuna_log import quiet_optuna
from bandits.studies.parameter_columns import ParameterColumns
from bandits.studies.readers.exported_trials import FEATURES, config_of, features_are_known, seconds_of
from bandits.studies.readers.report_order import reporting_order
from bandits.studies.readers.reported_metric import reported_metric
from bandits.studies.study import End, Reports, Study, StudyTrial

__all__ = ["study_of_optuna", "study_of_optuna_file", "study_of_optuna_url"]

_ENDS: dict[TrialState, End] = {
    TrialState.COMPLETE: "completed",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
}


def study_of_optuna_url(
    source: str, url: str, name: str, *, argument: str = "`warm_start`", goal: Goal | None = None
) -> Study:
    """Read a study from a storage.

    Args:
        source: as the user wrote it.
        url: URL of a database with Optuna's tables; nothing is created in it.
        name: name of the study; may be empty if there is only one.
        argument: name of the argument that holds the source, for messages.
        goal: which way is better for the reports, if the trials returned another metric.

    Raises:
        SettingError: there is no such storage or study, or the study has several objectives.
    """
    try:
        file = make_url(url).database if url.startswith("sqlite") else None
        if file is not None and not Path(file).is_file():
            raise SettingError.broken(argument, "must be the URL of a storage that exists", source)
        with quiet_optuna(warnings=False):  # of what a damaged database leads to, the error says enough
            return _read(source, RDBStorage(url, skip_table_creation=True), name, argument, goal)
    except SettingError:
        raise
    except Exception as error:  # drivers raise what they like
        raise _unreadable(argument, source, error) from error


def study_of_optuna_file(
    source: str, path: Path, name: str, *, argument: str = "`warm_start`", goal: Goal | None = None
) -> Study:
    """Read a study from a file of Optuna's JournalStorage; the rest is as in `study_of_optuna_url`."""
    try:
        with quiet_optuna(warnings=False):
            return _read(source, JournalStorage(JournalFileBackend(str(path))), name, argument, goal)
    except SettingError:
        raise
    except Exception as error:  # whatever a damaged file leads to
        raise _unreadable(argument, source, error) from error


def _unreadable(argument: str, source: str, error: Exception) -> SettingError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return SettingError.broken(argument, f"must be a storage that Optuna can read ({reason})", source)


def _read(source: str, storage: BaseStorage, name: str, argument: str, goal: Goal | None) -> Study:
    names = optuna.get_all_study_names(storage)
    if name not in names and (name or len(names) != 1):
        rule = f"must end with # and one of its studies ({', '.join(names) or 'it has none'})"
        raise SettingError.broken(argument, rule, source)
    study = optuna.load_study(study_name=name or names[0], storage=storage)
    if len(study.directions) != 1:
        raise SettingError.broken(argument, "must be a study of one objective", source)
    order = reporting_order(storage, study.study_name) if isinstance(storage, RDBStorage) else {}
    return study_of_optuna(study, source=source, goal=goal, order=order)


def study_of_optuna(
    study: optuna.Study, *, source: str = "", goal: Goal | None = None, order: Mapping[int, Sequence[int]] | None = None
) -> Study:
    """Read a loaded Optuna study with one objective.

    Features are the encoded parameters; of an exported journal they are the features of its run.

    Args:
        study: a study with one objective.
        source: name of the study in messages; by default its own name.
        goal: which way is better for the reports, if the trials returned another metric.
        order: for each trial number its steps in the order in which they were reported, for storages that do not keep
            this order.

    Raises:
        SettingError: the study has several objectives.
    """
    if len(study.directions) != 1:
        raise SettingError.broken("objectives of a study with curves", "must be one", len(study.directions))
    trials = study.get_trials(deepcopy=False)
    columns = None if features_are_known(trials) else ParameterColumns()
    if columns is not None:
        columns.learn(trial for trial in trials if trial.intermediate_values)  # the others have no curve
    read = tuple(_read_trial(trial, columns, (order or {}).get(trial.number)) for trial in trials)
    direction: Goal = "maximize" if study.direction == StudyDirection.MAXIMIZE else "minimize"
    metric = Metric(study.metric_names[0] if study.metric_names else "", direction)
    name = source or study.study_name
    if columns is None:  # a study that was exported is a run as before
        return Study(name, metric, read, "journal")
    reported = reported_metric(metric, read, goal)
    return Study(name, reported.metric, read, "optuna", returned=reported.returned, notes=reported.notes)


def _read_trial(trial: FrozenTrial, columns: ParameterColumns | None, order: Sequence[int] | None) -> StudyTrial:
    values = trial.intermediate_values
    steps = order if order is not None and set(order) == set(values) else list(values)
    complete = trial.state == TrialState.COMPLETE and trial.value is not None and math.isfinite(trial.value)
    return StudyTrial(
        config_of(trial),
        trial.user_attrs[FEATURES] if columns is None else columns.encode(trial.params, trial.user_attrs),
        Reports.of(steps, (values[step] for step in steps)),
        end=_ENDS.get(trial.state, "running"),
        value=trial.value if complete else None,
        seconds=seconds_of(trial),
        number=trial.number,
        resumed="failed_trial" in trial.system_attrs,
    )
