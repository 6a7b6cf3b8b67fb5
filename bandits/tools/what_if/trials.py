"""Trials of an earlier study as they are replayed: reports, parameters, and how each ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from optuna.distributions import BaseDistribution

from bandits.search_space import infer_space, params_in
from bandits.studies.study import EarlierStudy, EarlierTrial

__all__ = ["PastTrial", "past_trials"]


@dataclass(frozen=True, slots=True)
class PastTrial:
    """A trial as it was trained, up to the last epoch of a replay.

    Args:
        called: what its study calls it: a number, or a name.
        number: its number in the study's own order.
        params: what the predictor may learn from, by name.
        distributions: what these were drawn from, likewise.
        reports: epochs, ascending, and scores (larger is better).
        end: how it ended.
        value: the score that counts as its result; None unless it is completed.
        seconds: how long it trained; None where that is unknown.
    """

    called: str
    number: int
    params: Mapping[str, Any]
    distributions: Mapping[str, BaseDistribution]
    reports: tuple[tuple[int, float], ...]
    end: Literal["completed", "stopped", "failed"]
    value: float | None
    seconds: float | None

    @property
    def epochs(self) -> int:
        """How many epochs it trained."""
        return self.reports[-1][0]

    def reaches(self, horizon: int) -> bool:
        """Whether it is completed, and its next report would have come after `horizon`."""
        epochs = [epoch for epoch, _ in self.reports]
        stride = min((later - earlier for earlier, later in pairwise(epochs)), default=1)
        return self.end == "completed" and self.epochs + stride > horizon


def past_trials(study: EarlierStudy, max_epochs: int) -> tuple[PastTrial, ...]:
    """The finished trials of a study, as if every training ended after `max_epochs`.

    Where some trained for longer, whatever came that far is completed there, with the score that it had then.

    Parameters are the configuration's in an Optuna study, and the features elsewhere: in a table, numbers that
    only name a row, or copy its result, are no features.
    """
    finished = [trial for trial in study.trials if trial.end != "running"]
    configs = [trial.config if study.kind == "optuna" else trial.features for trial in finished]
    space = infer_space(configs)
    numbers = _numbers(finished)
    shortened = any(trial.curve.tau > max_epochs for trial in finished)
    trials = []
    for number, trial, config in zip(numbers, finished, configs, strict=True):
        params = params_in(config, space)
        distributions = {name: space[name] for name in params}
        called = trial.name or str(number if trial.number is None else trial.number)
        trials.append(_past(trial, called, number, params, distributions, max_epochs, shortened))
    return tuple(trials)


def _past(
    trial: EarlierTrial,
    called: str,
    number: int,
    params: Mapping[str, Any],
    distributions: Mapping[str, BaseDistribution],
    max_epochs: int,
    shortened: bool,
) -> PastTrial:
    tau, scores = trial.curve.tau, trial.curve.scores.tolist()
    measured = range(1, tau + 1) if trial.measured is None else trial.measured
    reports = tuple((epoch, scores[epoch - 1]) for epoch in measured if epoch <= max_epochs)
    end, value, seconds = trial.end, trial.value, trial.seconds
    if shortened and tau >= max_epochs:
        reports = reports or ((max_epochs, scores[max_epochs - 1]),)
        end, value = "completed", scores[max_epochs - 1]
        seconds = None if seconds is None else seconds * max_epochs / tau
    if end == "completed" and value is None:
        value = reports[-1][1]
    assert end != "running"  # noqa: S101 - they have been left out
    return PastTrial(
        called, number, params, distributions, reports, end, value if end == "completed" else None, seconds
    )


def _numbers(trials: Sequence[EarlierTrial]) -> Sequence[int]:
    """The study's own numbers where they ascend, since a pruner audits by number; else places."""
    numbers = [-1 if trial.number is None else trial.number for trial in trials]
    ascending = all(before < after for before, after in pairwise([-1, *numbers]))
    return numbers if ascending else range(len(trials))
