"""An Optuna study as its pruner knows it: who teaches, who was at a forecast's mercy, and what there is to beat."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Hashable, Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from bandits.curves import Curve, History, Trial
from bandits.integrations.optuna_trials import ParameterColumns, curve_through, reports_of
from bandits.stopping import EarlyStopper, Keep, RiskControlledRule, Verdict

__all__ = ["KnownStudy"]

Moment = tuple[datetime, int]


class KnownStudy:
    """What has been learnt from the finished trials of one study, in the order in which they finished.

    The training set grows in jumps, each by the stopper's `refit_growth`, and holds the first so many of the
    trials that reached the horizon: a new fit is due exactly when it has grown, so a decision depends on the
    finished trials and not on how often the pruner has been asked.

    For a rule that learns, only fair trials teach. The study alone tells which those are. The field is open from the
    start, and again whenever the rule has nothing to say; it closes when a trial is pruned while the rule speaks. A
    trial is fair if it is audited, or if the field was open from its start to its end. (As long as nothing has been
    pruned, nothing is missing among the completed trials; the trial whose pruning closes the field is the only one.)
    Whether the rule speaks after so many fair trials is found out by asking it about one of them.

    Args:
        sign: 1 where a larger value is better, -1 where a smaller one is.
        horizon: the epoch whose score decides.
        n_startup_trials: how many trials must be complete before the first verdict.
        stopper: who learns; fits depend on the training set alone (`scratch_growth` 1).
        user_attrs: names of user attributes of trials that are features too: numbers as they are, others one-hot.
        max_curves: at most so many trials teach, the latest, >= 1.

    Attributes:
        history: what the stopper learns from; it is another object after a restart.
        first_step: the step that is epoch 1.
        complete: how many trials are complete.
        longest: the last epoch that a finished trial has reported; 0 if none has.
        unreported: how many complete trials reported nothing.
        verdicts: the last verdict on each trial, by number; not forgotten in a restart.
    """

    def __init__(
        self,
        sign: float,
        horizon: int,
        n_startup_trials: int,
        stopper: EarlyStopper,
        user_attrs: Sequence[str] = (),
        max_curves: int = 500,
    ) -> None:
        self._sign, self._horizon, self._stopper = sign, horizon, stopper
        self._n_startup_trials = n_startup_trials
        self._user_attrs, self._max_curves = tuple(user_attrs), max_curves
        rule = stopper.rule
        self._learns = rule.learns
        least = rule.least_curves if isinstance(rule, RiskControlledRule) else 1
        self._min_curves = stopper.predictor.min_curves(horizon)
        self._needed = max(1, least, self._min_curves)
        self.first_step = 1
        self.verdicts: dict[int, Verdict] = {}
        self._finished: dict[int, FrozenTrial] = {}
        self._spoke: dict[Hashable, bool] = {}
        self._forget()

    def _forget(self) -> None:
        """Be as at the beginning, before the first trial."""
        self.history = History()
        self.complete = self.longest = self.unreported = 0
        self._columns = ParameterColumns()
        self._best: list[float] = []  # the best scores so far, ascending, as many as the bar needs
        self._teaching: list[FrozenTrial] = []  # those that reached the horizon and are fair
        self._taught = 0  # how many of them are in the history
        self._start = None if self._learns else self._needed  # how many of them the first fit learns from
        self._exposed: list[int] = []
        self._taught_before = 0  # how many were in the history when the first trial was exposed
        self._open_since: datetime | None = datetime.min  # None while the field is closed
        self._latest: Moment = (datetime.min, -1)  # the last trial
        self._turned = self._latest  # the last one that the next ones' places depend on

    # What is known

    def bar(self) -> float | None:
        """The largest score at which a trial still loses; None while too few are complete."""
        return self._best[0] if len(self._best) == self._stopper.keep else None

    def waits(self) -> Keep | None:
        """Why a rule that learns gives no verdict yet, where that is for want of fair trials; else None."""
        if self._start is not None or self.bar() is None or len(self._teaching) < self._min_curves:
            return None
        return Keep(f"no threshold: the rule needs {self._needed} fair trials, has {len(self._teaching)}")

    def as_trial(self, trial: FrozenTrial) -> Trial:
        """The trial as predictors see it."""
        return Trial(trial.number, trial.params, self._columns.encode(trial.params))

    def curve(self, trial: FrozenTrial, last_step: int | None = None) -> Curve | None:
        """The curve of a running trial up to its last finite report, no later than a step; None if it has none."""
        last = self._horizon if last_step is None else min(last_step - self.first_step + 1, self._horizon)
        epochs, scores = reports_of(trial, sign=self._sign, first_step=self.first_step, last_epoch=last)
        return curve_through(epochs, scores, int(epochs[-1])) if len(epochs) else None

    def epoch(self, trial: FrozenTrial, step: int) -> int:  # noqa: ARG002 - trials may differ
        """Which epoch a step of a trial is."""
        return step - self.first_step + 1

    # How it grows

    def update(self, finished: Sequence[FrozenTrial]) -> None:
        """Take in the completed and pruned trials that are new."""
        if len(finished) == len(self._finished):
            return
        new = sorted((trial for trial in finished if trial.number not in self._finished), key=_moment)
        self._finished.update((trial.number, trial) for trial in new)
        from_0 = self.first_step == 1 and any(_is_complete(t) and 0 in t.intermediate_values for t in new)
        if from_0:
            self.first_step = 0  # every curve read so far was read one epoch too early
        if from_0 or any(map(self._changes_the_past, new)):
            self._forget()
            new = sorted(self._finished.values(), key=_moment)
        for trial in new:
            self._take_in(trial)

    def _changes_the_past(self, trial: FrozenTrial) -> bool:
        """Whether a trial would have changed what became of others, had it been known in time.

        (Processes hear of trials in another order than that in which they finished.) While the field is closed,
        trials are exposed whoever came before them, unless an audited one has silenced the rule.
        """
        moment = _moment(trial)
        return moment < self._turned or (moment < self._latest and self._stopper.is_audited(trial.number))

    def _take_in(self, trial: FrozenTrial) -> None:
        """Learn that a trial has finished; those that finished before are known."""
        if self._open_since is None and not self._speaks():
            self._open_since = self._turned[0]
        was_open, before = self._open_since is not None, len(self._teaching)
        if trial.last_step is not None:
            self.longest = max(self.longest, self.epoch(trial, trial.last_step))
        elif _is_complete(trial):
            self.unreported += 1
        if _is_complete(trial):
            self._complete(trial)
        elif self._learns and self._speaks():
            self._open_since = None
            self._expose(trial.number)
        self._latest = max(self._latest, _moment(trial))
        if was_open or len(self._teaching) > before:
            self._turned = self._latest

    def _complete(self, trial: FrozenTrial) -> None:
        """Learn that a trial is complete."""
        self.complete += 1
        if math.isfinite(_value(trial)):
            insort(self._best, self._sign * _value(trial))
            del self._best[: -self._stopper.keep]
        if self._reaches(trial):
            if self._is_fair(trial):
                self._teaching.append(trial)
            else:
                self._expose(trial.number)
        if self._start is None and self._may_start():
            self._start = len(self._teaching)
        self._teach(self._training_size(len(self._teaching)))

    def _is_fair(self, trial: FrozenTrial) -> bool:
        """Whether no forecast has had a say in whether this trial reached the horizon."""
        if not self._learns or self._stopper.is_audited(trial.number):
            return True
        since, started = self._open_since, trial.datetime_start
        return since is not None and (started is None or started >= since)

    def _may_start(self) -> bool:
        return (
            len(self._teaching) >= self._needed and self.complete >= self._n_startup_trials and self.bar() is not None
        )

    def _speaks(self) -> bool:
        """Whether the rule has anything to say after what it has been taught so far."""
        if self._start is None:
            return False
        taught = tuple(trial.number for trial in self._teaching[: self._taught])
        known = (self.first_step, self._taught_before, taught)
        if known not in self._spoke:
            self._spoke[known] = self._asked_about(self._teaching[0])
        return self._spoke[known]

    def _asked_about(self, trial: FrozenTrial) -> bool:
        """Whether the rule holds a completed trial against the bar at any checkpoint."""
        known_as, curve = self.as_trial(trial), self._full_curve(trial)
        for tau in self._stopper.rule.checkpoints(self._horizon):
            verdict = self._stopper.advise(
                known_as, curve.prefix(tau), self.history, horizon=self._horizon, bar=self.bar()
            )
            if verdict.exposed or verdict.evidence is not None:
                return True
        return False

    def _full_curve(self, trial: FrozenTrial) -> Curve:
        """The curve of a completed trial that reaches the horizon; it ends with the trial's value."""
        curve = self._filled(trial)
        assert curve is not None  # noqa: S101 - `_reaches` has asked
        return curve

    def _filled(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a completed trial, whose last score is its value; None if it cannot be told."""
        epochs, scores = reports_of(trial, sign=self._sign, first_step=self.first_step, last_epoch=self._horizon)
        if len(epochs) == 0 or not math.isfinite(_value(trial)):
            return None
        filled = np.interp(np.arange(1, self._horizon + 1), epochs, scores)
        filled[-1] = self._sign * _value(trial)
        return Curve(filled) if np.isfinite(filled).all() else None  # filling its gaps may overflow

    def _reaches(self, trial: FrozenTrial) -> bool:
        """Whether a completed trial has trained to the horizon: its next report would have come after it."""
        steps = sorted(trial.intermediate_values)
        if not steps or self._filled(trial) is None:
            return False
        stride = min((later - earlier for earlier, later in pairwise(steps)), default=1)
        return steps[-1] - self.first_step + 1 + stride > self._horizon

    # What teaches

    def _training_size(self, available: int) -> int:
        """How many of the trials that may teach to learn from now."""
        if self._start is None or available < self._start:
            return available
        size = self._start
        while (larger := max(size + 1, math.ceil(size * self._stopper.refit_growth))) <= available:
            size = larger
        return size

    def _teach(self, size: int) -> None:
        """Let the history hold the first `size` trials that may teach."""
        if self._columns.learn(self._teaching[self._taught : size]) and self._taught:
            self._restart()  # the trials in the history lack a feature
        self._record(self._teaching[self._taught : size])

    def _restart(self) -> None:
        """Start a new history, in which trials are exposed as in the old one; the stopper forgets its fits."""
        self.history, self._taught = History(), 0
        if self._exposed:
            self._record(self._teaching[: self._taught_before])
            for number in self._exposed:
                self.history.expose(number, self._horizon)

    def _record(self, trials: Sequence[FrozenTrial]) -> None:
        for trial in trials:
            known_as = self.as_trial(trial)
            for epoch, score in enumerate(self._full_curve(trial).scores.tolist(), start=1):
                self.history.record(known_as, epoch, score)
        self._taught += len(trials)

    def _expose(self, number: int) -> None:
        """Note that a forecast might have pruned a trial, or has."""
        if not self._exposed:
            self._taught_before = self._taught
        self._exposed.append(number)
        self.history.expose(number, self._horizon)


def _moment(trial: FrozenTrial) -> Moment:
    """When a trial finished, for an order that every process sees alike."""
    return trial.datetime_complete or datetime.min, trial.number


def _is_complete(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.COMPLETE


def _value(trial: FrozenTrial) -> float:
    """What the objective of a completed trial returned."""
    return math.nan if trial.value is None else trial.value
