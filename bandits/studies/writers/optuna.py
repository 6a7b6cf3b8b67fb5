"""Write a journal as an Optuna study."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from bandits.errors import JournalError, SettingError
from bandits.runtime.records import VerdictGiven
from bandits.search_space import params_in
from bandits.studies.readers.exported_trials import FEATURES, PREFIX, SECONDS
from bandits.studies.readers.recorded_run import RecordedRun, RecordedTrial, read_run
from bandits.studies.writers.run_space import space_of_run
from bandits.studies.writers.storages import storage_at, unusable

__all__ = ["export_journal"]

_STATES = {
    "completed": TrialState.COMPLETE,
    "dropped": TrialState.PRUNED,
    "cut": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}
_LONGEST_ATTRIBUTE = 60_000  # characters: MySQL keeps 65,535 bytes


def export_journal(
    path: str | Path,
    storage: str | BaseStorage,
    *,
    name: str | None = None,
    replace: bool = False,
    watch: Callable[[int, int], None] | None = None,
) -> Study:
    """Write the journal of a run as an Optuna study; the run may still go on.

    Trials are numbered from 0 in the order of their ids; epochs are steps, from 1. docs/optuna.md ("Both ways") lists
    states, parameters and attributes. Writing takes about 20 ms for each trial in SQLite, 2 ms in a JournalStorage.

    Args:
        path: path of the journal.
        storage: one of Optuna's storages, or where to find or create one: a URL such as sqlite:///study.db, or a file.
        name: name of the study; by default the journal's, without its ending.
        replace: True to delete a study of that name first, if all of its trials were exported as well.
        watch: called after each trial with how many have been written, and how many there are.

    Raises:
        JournalError: there is no journal, or nothing has been measured yet.
        SettingError: the storage cannot be written, or has a study of that name (with `replace`: one with trials
            that were not exported).

    Example:
        >>> import tempfile, pathlib, optuna
        >>> from bandits import RandomSearch, run
        >>> from bandits.objectives import CurveTable
        >>> from bandits.runtime.journal import SqliteJournal
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.journal"
        >>> with SqliteJournal.create(path) as journal:
        ...     result = run(RandomSearch(max_epochs=20, trials=5), CurveTable("metaqnn_cifar10"), journal=journal)
        >>> study = export_journal(path, optuna.storages.InMemoryStorage())
        >>> study.study_name, len(study.trials), study.best_value == result.best_value
        ('run', 5, True)
    """
    run = read_run(path)
    if not any(trial.values for trial in run.trials):
        raise JournalError(f"journal must hold a measured epoch, got {str(path)!r}")
    space = space_of_run(run)
    trials = [_frozen(trial, run, space) for trial in sorted(run.trials, key=lambda trial: trial.id)]
    name = run.path.stem if name is None else name
    opened = storage_at(storage) if isinstance(storage, str) else storage
    try:
        return _written(run, trials, name, opened, replace, watch)
    except SettingError:
        raise
    except Exception as error:  # what databases raise
        raise unusable(storage if isinstance(storage, str) else type(storage).__name__, error) from error


def _written(
    run: RecordedRun,
    trials: Sequence[FrozenTrial],
    name: str,
    storage: BaseStorage,
    replace: bool,
    watch: Callable[[int, int], None] | None,
) -> Study:
    """Create the study with all of its trials, or nothing."""
    if name in optuna.get_all_study_names(storage):
        if not replace:
            rule = "must be new in this storage, or be replaced (--replace, replace=True)"
            raise SettingError.broken("name of the study", rule, name)
        _check_ours(optuna.load_study(study_name=name, storage=storage))
        optuna.delete_study(study_name=name, storage=storage)
    study = optuna.create_study(storage=storage, study_name=name, direction=run.metric.goal)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            study.set_metric_names([run.metric.name])
        for key, value in _about(run).items():
            study.set_user_attr(f"{PREFIX}{key}", value)
        for done, trial in enumerate(trials, start=1):
            study.add_trial(trial)
            if watch is not None:
                watch(done, len(trials))
    except BaseException:  # an interrupt too: an incomplete study would look complete
        with suppress(Exception):
            optuna.delete_study(study_name=name, storage=storage)
        raise
    return study


def _check_ours(study: Study) -> None:
    """Check that a study holds only exported trials, which can be exported again."""
    own = [trial for trial in study.get_trials(deepcopy=False) if f"{PREFIX}trial" not in trial.user_attrs]
    if own or f"{PREFIX}journal" not in study.user_attrs:
        rule = f"must be that of an export, to be replaced; this study has {len(own)} other trials"
        raise SettingError.broken("name of the study", rule, study.study_name)


def _about(run: RecordedRun) -> dict[str, Any]:
    """The attributes of the study: facts about its run."""
    settings = run.settings
    return {
        "journal": run.path.name,
        "algorithm": settings.algorithm,
        "settings": settings.settings,
        "stopper": settings.stopper,
        "sampler": settings.sampler,
        "objective": settings.objective,
        "seed": settings.seed,
        "workers": settings.workers,
        "epochs": sum(len(trial.values) for trial in run.trials),
        "ended": run.how or "not yet",
    }


def _frozen(trial: RecordedTrial, run: RecordedRun, space: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """One trial in Optuna's form."""
    over = TrialState.PRUNED if run.how else TrialState.RUNNING
    state = _STATES.get(trial.state, over)
    params = params_in(trial.config, space)
    counts = state in (TrialState.COMPLETE, TrialState.PRUNED) and trial.values
    rest = {name: value for name, value in trial.config.items() if name not in params}
    return FrozenTrial(
        number=-1,  # these two are the storage's to give
        trial_id=-1,
        state=state,
        value=trial.values[-1] if counts else None,
        datetime_start=run.moment(trial.began),
        datetime_complete=run.moment(trial.ended) if state.is_finished() else None,
        params=params,
        distributions={name: space[name] for name in params},
        user_attrs=rest | {SECONDS: trial.seconds, FEATURES: dict(trial.features)} | _said_of(trial),
        system_attrs={},
        intermediate_values=dict(enumerate(trial.values, start=1)),
    )


def _said_of(trial: RecordedTrial) -> dict[str, Any]:
    """The attributes of a trial: what Optuna has no field for."""
    said: dict[str, Any] = {
        "trial": trial.id,
        "state": trial.state,
        "reason": trial.reason,
    }
    forecasts = [verdict for verdict in trial.verdicts if verdict.forecast is not None]
    if forecasts:
        last = forecasts[-1]
        said |= {"forecast": last.forecast, "horizon": last.horizon, "bar": last.bar, "probability": last.probability}
    if trial.verdicts:
        said["verdicts"] = _latest(trial.verdicts)
    return {f"{PREFIX}{key}": value for key, value in said.items()}


def _latest(verdicts: Sequence[VerdictGiven]) -> list[dict[str, Any]]:
    """The verdicts as JSON values, oldest first; the oldest are left out if they are too long for a database."""
    kept: list[dict[str, Any]] = []
    room = _LONGEST_ATTRIBUTE
    for verdict in reversed(verdicts):
        words = {name: value for name, value in asdict(verdict).items() if name != "trial" and value is not None}
        room -= len(json.dumps(words)) + 2
        if room < 0:
            break
        kept.append(words)
    return kept[::-1]
