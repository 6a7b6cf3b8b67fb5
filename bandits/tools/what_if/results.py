"""What the replays of a search say: what was saved, and what was lost."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from bandits.curves import Metric
from bandits.studies.study import Study
from bandits.studies.study_curves import StudyCurves
from bandits.tools.what_if.replay import Replay
from bandits.tools.what_if.settings import Settings
from bandits.tools.what_if.trials import PastTrial

__all__ = ["WhatIf"]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A search that is over, and its replays.

    Args:
        read: where it came from, and how its reports were read.
        settings: what was asked.
        trials: those that were replayed, in the study's order.
        replays: in the study's own order, then in random ones; none where too few trials were completed.
    """

    read: StudyCurves
    settings: Settings
    trials: tuple[PastTrial, ...]
    replays: tuple[Replay, ...]

    @property
    def study(self) -> Study:
        """Where the trials came from."""
        return self.read.study

    @property
    def metric(self) -> Metric:
        """What makes a trial better: what trials returned, or else reported."""
        return self.study.returned or self.study.metric

    @property
    def own(self) -> Replay:
        """The replay in the study's own order; an IndexError where there is none."""
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
        """How long the trials whose times are known have trained; None where none is known."""
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
        """The same, as a share of all."""
        return self.saved_epochs(replay) / self.epochs

    def saved_seconds(self, replay: Replay) -> float | None:
        """What these epochs would have taken, each trial's epochs being equally long; None where no time is known."""
        if not self.timed:
            return None
        pairs = zip(self.trials, replay.epochs, strict=True)
        return sum(
            trial.seconds * (1 - spent / max(trial.epochs, 1)) for trial, spent in pairs if trial.seconds is not None
        )

    def mean_saved(self, replays: Sequence[Replay]) -> float:
        """The mean share of the epochs that is saved; of at least one replay."""
        return statistics.fmean(map(self.saved_share, replays))

    # What it lost

    def ranked(self) -> list[int]:
        """Places of the completed trials, the best first; of equal ones the earlier."""
        completed = [place for place, trial in enumerate(self.trials) if trial.value is not None]
        return sorted(completed, key=lambda place: -self._value(place))

    def top(self) -> list[int]:
        """The best ones, as many as were asked for."""
        return self.ranked()[: self.settings.top]

    def surviving(self, replay: Replay) -> int:
        """How many of the best ones would have been completed."""
        return sum(map(replay.survives, self.top()))

    def best_survives(self, replay: Replay) -> bool:
        """Whether the best trial would have been completed."""
        return replay.survives(self.ranked()[0])

    def regret(self, replay: Replay) -> float:
        """By how much the best value that is left is worse than the best one, in the metric's units, >= 0."""
        ranked = self.ranked()
        left = next(place for place in ranked if replay.survives(place))  # the first trials are never dropped
        return self._value(ranked[0]) - self._value(left)

    def interval(self, successes: int, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson's interval of a share of the random orders.

        Orders of the same trials: it says what another order of them might give, not what another study might.
        """
        low, high = binomtest(successes, len(self.others)).proportion_ci(confidence, method="wilson")
        return float(low), float(high)

    def _value(self, place: int) -> float:
        value = self.trials[place].value
        assert value is not None  # noqa: S101 - only completed trials are asked about
        return value
