"""What `bandits export` writes beside the parameters: a trial's whole configuration, its features and its seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from optuna.trial import FrozenTrial

__all__ = ["FEATURES", "PREFIX", "SECONDS", "config_of", "features_are_known", "seconds_of"]

PREFIX = "bandits:"
FEATURES = "bandits:features"
SECONDS = "bandits:seconds"


def features_are_known(trials: Iterable[FrozenTrial]) -> bool:
    """Whether each of them has the features that it had in a run; a study that went on elsewhere has trials without."""
    return all(isinstance(trial.user_attrs.get(FEATURES), Mapping) for trial in trials)


def config_of(trial: FrozenTrial) -> Mapping[str, object]:
    """What was trained: the parameters, and for a trial of a run what is no parameter as well."""
    if FEATURES not in trial.user_attrs:
        return trial.params
    rest = {name: value for name, value in trial.user_attrs.items() if not name.startswith(PREFIX)}
    return trial.params | rest


def seconds_of(trial: FrozenTrial) -> float | None:
    """How long a trial trained: what a run says, else from start to end; None where it has not ended."""
    seconds = trial.user_attrs.get(SECONDS)
    if isinstance(seconds, int | float):
        return float(seconds)
    began, ended = trial.datetime_start, trial.datetime_complete
    return None if began is None or ended is None else max(0.0, (ended - began).total_seconds())
