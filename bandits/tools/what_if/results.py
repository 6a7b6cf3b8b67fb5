"""The results of the replays of a search: what was saved, and what was lost."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.stopping.calibration_set import noise_of
from bandits.studies.study import Study
from bandits.studies.study_curves import StudyCurves
from bandits.tools.what_if.replay import Replay
from bandits.tools.what_if.settings import Settings
from bandits.tools.what_if.trials import PastTrial

__all__ = ["WhatIf"]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A finished search, and its replays.

    Args:
        read: the study, and how its reports were read.
        settings: the pruner and the orders.
        trials: the replayed trials, in the study's order.
        replays: first in the study's own order, then in random orders; empty if too few trials were completed.
    """

    read: StudyCurves
    settings: Settings
    trials: tuple[PastTrial, ...]
    replays: tuple[Replay, ...]

    @property
    def study(self) -> Study:
        """The study that was replayed."""
        return self.read.study

    @property
    def metric(self) -> Metric:
        """The metric that ranks trials: what they returned, or else reported."""
        return self.study.returned or self.study.metric

    @property
    def own(self) -> Replay:
        """The replay in the study's own order.

        Raises:
            SettingError: nothing was replayed, since too few trials were completed.
        """
        if not self.replays:
            rule = f"must hold {self.settings.needed} trials that were completed, or nothing is replayed"
            raise SettingError.broken(f"{self.study.source}", rule, self.teachers)
        return self.replays[0]

    @property
    def others(self) -> tuple[Replay, ...]:
        """The replays in random orders."""
        return self.replays[1:]

    @property
    def teachers(self) -> int:
        """How many trials were trained to the last epoch."""
        return sum(trial.reaches(self.settings.max_epochs) for trial in self.trials)

    # What it cost

    @property
    def epochs(self) -> int:
        """All epochs that were trained."""
        return sum(trial.epochs for trial in self.trials)

    @property
    def seconds(self) -> float | None:
        """Training time of the trials with known times, in seconds; None if there are none."""
        known = [trial.seconds for trial in self.trials if trial.seconds is not None]
        return sum(known) if known else None

    @property
    def timed(self) -> int:
        """How many trials have known times."""
        return sum(trial.seconds is not None for trial in self.trials)

    def saved_epochs(self, replay: Replay) -> int:
        """Epochs that were not trained in a replay."""
        return self.epochs - sum(replay.epochs)

    def saved_share(self, replay: Replay) -> float:
        """The share of all epochs that were not trained in a replay."""
        return self.saved_epochs(replay) / self.epochs

    def saved_seconds(self, replay: Replay) -> float | None:
        """The time of these epochs in seconds, if all epochs of a trial take the same time; None if unknown."""
        if not self.timed:
            return None
        pairs = zip(self.trials, replay.epochs, strict=True)
        return sum(
            trial.seconds * (1 - spent / max(trial.epochs, 1)) for trial, spent in pairs if trial.seconds is not None
        )

    def mean_saved(self, replays: Sequence[Replay]) -> float:
        """The mean share of the epochs that is saved, over one replay or more."""
        return statistics.fmean(map(self.saved_share, replays))

    # What it lost

    def ranked(self) -> list[int]:
        """Indices of the completed trials, the best first; of equal trials the earlier one first."""
        completed = [place for place, trial in enumerate(self.trials) if trial.value is not None]
        return sorted(completed, key=lambda place: -self._value(place))

    def top(self) -> list[int]:
        """Indices of the best `settings.top` trials."""
        return self.ranked()[: self.settings.top]

    def surviving(self, replay: Replay) -> int:
        """How many of the best trials would have been completed."""
        return sum(map(replay.survives, self.top()))

    def best_survives(self, replay: Replay) -> bool:
        """Whether the best trial would have been completed."""
        return replay.survives(self.ranked()[0])

    def regret(self, replay: Replay) -> float:
        """How much worse the best remaining value is than the best one, in the metric's units, >= 0."""
        ranked = self.ranked()
        left = next(place for place in ranked if replay.survives(place))  # the first trials are never dropped
        return self._value(ranked[0]) - self._value(left)

    @property
    def noise(self) -> float:
        """The standard deviation of one measurement of the best trials, in the metric's units; 0 if unknown."""
        if self.study.returned is not None:  # the reports measure something else
            return 0.0
        whole = [trial for trial in self.trials if trial.reaches(self.settings.max_epochs) and trial.reports_each_epoch]
        longest = max((trial.epochs for trial in whole), default=0)
        curves = [[score for _, score in trial.reports] for trial in whole if trial.epochs == longest]
        return noise_of(np.array(curves).reshape(len(curves), longest))

    def interval(self, successes: int, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson's interval of a share of the random orders.

        It tells what another order of the same trials might give, not what another study might.
        """
        low, high = binomtest(successes, len(self.others)).proportion_ci(confidence, method="wilson")
        return float(low), float(high)

    def _value(self, place: int) -> float:
        value = self.trials[place].value
        assert value is not None  # noqa: S101 - only completed trials are asked about
        return value
