"""The trials of a study for a replay: reports, parameters, and how each ended."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from optuna.distributions import BaseDistribution

from bandits.search_space import infer_space, params_in
from bandits.studies.epochs import stride_of
from bandits.studies.study import StudyTrial
from bandits.studies.study_curves import StudyCurves, TrialCurve

__all__ = ["PastTrial", "past_trials"]


@dataclass(frozen=True, slots=True)
class PastTrial:
    """A trial as it was trained, up to the last epoch of a replay.

    Args:
        called: its number or name in the study.
        number: its number in the study's own order.
        params: features for the predictor, by name.
        distributions: the distributions of the params, by name.
        reports: epochs, ascending, and scores (larger is better; NaN where it reported no finite number).
        end: how it ended.
        value: the score that counts as its result; None unless it is completed.
        seconds: training time; None if unknown.
        resumed: whether it continued another trial, which had failed.
    """

    called: str
    number: int
    params: Mapping[str, Any]
    distributions: Mapping[str, BaseDistribution]
    reports: tuple[tuple[int, float], ...]
    end: Literal["completed", "stopped", "failed"]
    value: float | None
    seconds: float | None
    resumed: bool = False

    @property
    def epochs(self) -> int:
        """How many epochs it trained."""
        return self.reports[-1][0] if self.reports else 0

    @property
    def reports_each_epoch(self) -> bool:
        """Whether it reported a finite number after each epoch."""
        return len(self.reports) == self.epochs and all(math.isfinite(score) for _, score in self.reports)

    def reaches(self, horizon: int) -> bool:
        """Whether it is completed, and its next report would have come after `horizon`."""
        if self.value is None or not any(math.isfinite(score) for _, score in self.reports):
            return False
        return self.epochs + stride_of([epoch for epoch, _ in self.reports]) > horizon


def past_trials(read: StudyCurves, max_epochs: int) -> tuple[PastTrial, ...]:
    """The finished trials of a study, with every training cut after `max_epochs`.

    If some trained for longer, every trial that reached `max_epochs` counts as completed there, with its score then.
    A trial without a report is left out, unless it is completed: its returned value counts for the bar.

    The features become parameters, so that the pruner sees the same features as the study's own pruner. In a table,
    numbers that only name a row, or copy its result, are no features.
    """
    finished = [each for each in read.trials if each.trial.end != "running" and (len(each.epochs) or _counts(each))]
    configs = [each.trial.features for each in finished]
    space = infer_space(configs)
    numbers = _numbers([each.trial for each in finished])
    shortened = any(epoch > max_epochs for each in finished for epoch in each.epochs[-1:])
    metric = read.study.metric
    sign = metric.orient(1.0) * (read.study.returned or metric).orient(1.0)  # replays speak of what was returned
    trials = []
    for number, each, config in zip(numbers, finished, configs, strict=True):
        params = params_in(config, space)
        distributions = {name: space[name] for name in params}
        called = each.trial.name or str(number if each.trial.number is None else each.trial.number)
        reports, end, value, seconds = _up_to(each, sign, max_epochs, shortened)
        trials.append(
            PastTrial(called, number, params, distributions, reports, end, value, seconds, each.trial.resumed)
        )
    return tuple(trials)


def _counts(read: TrialCurve) -> bool:
    """Whether a trial is completed and has a finite score."""
    return read.trial.end == "completed" and read.score is not None


def _up_to(
    read: TrialCurve, sign: float, max_epochs: int, shortened: bool
) -> tuple[tuple[tuple[int, float], ...], Literal["completed", "stopped", "failed"], float | None, float | None]:
    """Reports, end, value and seconds of a trial that is cut after `max_epochs`."""
    pairs = zip(read.epochs.tolist(), (sign * read.scores).tolist(), strict=True)
    reports = tuple((epoch, score) for epoch, score in pairs if epoch <= max_epochs)
    end, value, seconds = read.trial.end, read.score, read.trial.seconds
    last = int(read.epochs[-1]) if len(read.epochs) else 0
    finite = np.isfinite(read.scores)
    if shortened and last >= max_epochs and finite.any():
        then = sign * float(np.interp(max_epochs, read.epochs[finite], read.scores[finite]))
        reports = reports or ((max_epochs, then),)
        end, value = "completed", then
        seconds = None if seconds is None else seconds * max_epochs / last
    assert end != "running"  # noqa: S101 - they have been left out
    return reports, end, value if end == "completed" else None, seconds


def _numbers(trials: Sequence[StudyTrial]) -> Sequence[int]:
    """The study's own numbers if they ascend, since a pruner audits by number; else 0, 1, 2, ..."""
    numbers = [-1 if trial.number is None else trial.number for trial in trials]
    ascending = all(before < after for before, after in pairwise([-1, *numbers]))
    return numbers if ascending else range(len(trials))
