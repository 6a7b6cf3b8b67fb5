"""An Optuna study as an earlier study."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from sqlalchemy.engine import make_url

from bandits.curves import Curve, Metric
from bandits.earlier.studies import EarlierStudy, EarlierTrial
from bandits.errors import SettingError
from bandits.integrations.optuna_trials import ParameterColumns, curve_through, reports_of

__all__ = ["study_of_optuna_file", "study_of_optuna_url"]


def study_of_optuna_url(source: str, url: str, name: str, longest: int) -> EarlierStudy:
    """Read the study of a storage.

    Args:
        source: as the user wrote it.
        url: of a database with Optuna's tables; nothing is created in it.
        name: of the study; may be empty where there is only one.
        longest: epochs after this one are left out.

    Raises:
        SettingError: there is no such storage or study, or the study has several objectives.
    """
    try:
        file = make_url(url).database if url.startswith("sqlite") else None
        if file is not None and not Path(file).is_file():
            raise SettingError.broken("`warm_start`", "must be the URL of a storage that exists", source)
        return _read(source, RDBStorage(url, skip_table_creation=True), name, longest)
    except SettingError:
        raise
    except Exception as error:  # drivers raise what they like
        raise _unreadable(source, error) from error


def study_of_optuna_file(source: str, path: Path, name: str, longest: int) -> EarlierStudy:
    """Read the study of a file written by Optuna's JournalStorage; otherwise like `study_of_optuna_url`."""
    try:
        return _read(source, JournalStorage(JournalFileBackend(str(path))), name, longest)
    except SettingError:
        raise
    except Exception as error:  # whatever a damaged file leads to
        raise _unreadable(source, error) from error


def _unreadable(source: str, error: Exception) -> SettingError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return SettingError.broken("`warm_start`", f"must be a storage that Optuna can read ({reason})", source)


def _read(source: str, storage: BaseStorage, name: str, longest: int) -> EarlierStudy:
    names = optuna.get_all_study_names(storage)
    if name not in names and (name or len(names) != 1):
        rule = f"must end with # and one of its studies ({', '.join(names) or 'it has none'})"
        raise SettingError.broken("`warm_start`", rule, source)
    study = optuna.load_study(study_name=name or names[0], storage=storage)
    if len(study.directions) != 1:
        raise SettingError.broken("`warm_start`", "must be a study of one objective", source)
    goal = "maximize" if study.direction == StudyDirection.MAXIMIZE else "minimize"
    metric = Metric(study.metric_names[0] if study.metric_names else "", goal)  # type: ignore[arg-type]
    return EarlierStudy(source, metric, _trials(study.get_trials(deepcopy=False), metric, longest))


def _trials(trials: Sequence[FrozenTrial], metric: Metric, longest: int) -> tuple[EarlierTrial, ...]:
    """The trials that reported something: what they reported is the curve, whether they were pruned or not.

    Steps that were left out are filled from their neighbours, as `PredictivePruner` does. A report that is no finite
    number ends the curve.
    """
    first_step = 0 if any(0 in trial.intermediate_values for trial in trials) else 1
    columns = ParameterColumns()
    columns.learn(trials)
    read = []
    for trial in trials:
        gaps = (step for step, value in trial.intermediate_values.items() if not math.isfinite(value))
        last = min(longest, min(gaps, default=math.inf) - first_step)
        epochs, scores = reports_of(trial, sign=metric.orient(1.0), first_step=first_step, last_epoch=int(last))
        curve: Curve | None = curve_through(epochs, scores, int(epochs[-1])) if len(epochs) else None
        if curve is not None:
            read.append(EarlierTrial(trial.params, columns.encode(trial.params), curve))
    return tuple(read)
