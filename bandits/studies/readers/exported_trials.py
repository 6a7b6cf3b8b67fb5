"""Read what `bandits export` adds to the parameters: a trial's whole configuration, its features and its seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from optuna.trial import FrozenTrial

__all__ = ["FEATURES", "PREFIX", "SECONDS", "config_of", "features_are_known", "seconds_of"]

PREFIX = "bandits:"
FEATURES = "bandits:features"
SECONDS = "bandits:seconds"


def features_are_known(trials: Iterable[FrozenTrial]) -> bool:
    """Whether every trial has stored features; trials that were added after the export do not."""
    return all(isinstance(trial.user_attrs.get(FEATURES), Mapping) for trial in trials)


def config_of(trial: FrozenTrial) -> Mapping[str, object]:
    """The configuration: the parameters, and for an exported trial also the parts that are no parameters."""
    if FEATURES not in trial.user_attrs:
        return trial.params
    rest = {name: value for name, value in trial.user_attrs.items() if not name.startswith(PREFIX)}
    return trial.params | rest


def seconds_of(trial: FrozenTrial) -> float | None:
    """The seconds that a trial trained: as the run recorded them, else from start to end; None if it has not ended."""
    seconds = trial.user_attrs.get(SECONDS)
    if isinstance(seconds, int | float):
        return float(seconds)
    began, ended = trial.datetime_start, trial.datetime_complete
    return None if began is None or ended is None else max(0.0, (ended - began).total_seconds())
