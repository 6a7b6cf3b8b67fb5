"""The search space of a recorded run, so that its export has the same parameters and features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bandits.search_space import infer_space, inside, space_from_json

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    from bandits.studies.readers.recorded_run import RecordedRun, RecordedTrial

__all__ = ["space_of_run"]

_ROW = "row"


def space_of_run(run: RecordedRun) -> dict[str, BaseDistribution]:
    """The distribution of each parameter of a run.

    A distribution is the one that the objective declared, if all values lie in it. The distributions of other parts of
    the configurations are inferred from their values (`infer_space`): numbers, and choices that have features, are
    parameters. In rows of a table nothing else is a parameter.
    """
    declared = {
        name: distribution
        for name, distribution in space_from_json(run.settings.space).items()
        if all(inside(one.config[name], distribution) is not None for one in run.trials if name in one.config)
        and any(name in one.config for one in run.trials)
    }
    seen = {name for trial in run.trials for name in trial.features}
    known = {name.partition("=")[0] for name in seen}
    configs = [_candidates(trial, known - declared.keys()) for trial in run.trials]
    others = [{name: value for name, value in config.items() if name not in declared} for config in configs]
    return declared | infer_space([*others, *_stand_ins(run.trials, others, seen)], choices=known)


def _candidates(trial: RecordedTrial, known: set[str]) -> Mapping[str, object]:
    """The parts that may be parameters. In a table, columns that are not features are labels."""
    if _ROW not in trial.config:
        return trial.config
    return {name: value for name, value in trial.config.items() if name in known}


def _stand_ins(
    trials: Sequence[RecordedTrial], configs: Sequence[Mapping[str, object]], seen: set[str]
) -> list[dict[str, float]]:
    """The numbers that encode absent parameters: they must lie in the range as well."""
    names = {name for config in configs for name in config} & seen
    numbers = []
    for trial, config in zip(trials, configs, strict=True):
        lacking = {name: trial.features[name] for name in names - config.keys() if name in trial.features}
        numbers.append({name: int(one) if one.is_integer() else one for name, one in lacking.items()})
    return numbers
