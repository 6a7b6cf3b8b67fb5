"""Trials of a study as they are replayed: reports, parameters, and how each ended."""

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
        called: what its study calls it: a number, or a name.
        number: its number in the study's own order.
        params: what the predictor may learn from, by name.
        distributions: what these were drawn from, likewise.
        reports: epochs, ascending, and scores (larger is better; NaN where it reported no finite number).
        end: how it ended.
        value: the score that counts as its result; None unless it is completed.
        seconds: how long it trained; None where that is unknown.
        resumed: it took up another trial, which had failed.
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
    """The finished trials of a study, as if every training ended after `max_epochs`.

    Where some trained for longer, whatever came that far is completed there, with the score that it had then. A trial
    without a report is left out, unless it is completed: what it returned counts for the bar.

    Parameters are the features: a pruner that is given them sees what the study's own pruner saw, and in a table,
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
    """Whether a trial is completed and worth something."""
    return read.trial.end == "completed" and read.score is not None


def _up_to(
    read: TrialCurve, sign: float, max_epochs: int, shortened: bool
) -> tuple[tuple[tuple[int, float], ...], Literal["completed", "stopped", "failed"], float | None, float | None]:
    """Reports, end, value and seconds of a trial, if every training ended after `max_epochs`."""
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
    """The study's own numbers where they ascend, since a pruner audits by number; else places."""
    numbers = [-1 if trial.number is None else trial.number for trial in trials]
    ascending = all(before < after for before, after in pairwise([-1, *numbers]))
    return numbers if ascending else range(len(trials))
