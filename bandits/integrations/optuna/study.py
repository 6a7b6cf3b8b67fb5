"""An Optuna study as its pruner knows it: who teaches, who was at a forecast's mercy, and what there is to beat."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from optuna.trial import FrozenTrial, TrialState

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.stopping import EarlyStopper, Keep, RiskControlledRule
from bandits.studies.epochs import CurveReader, was_retried
from bandits.studies.parameter_columns import ParameterColumns

__all__ = ["KnownStudy", "needed_curves"]

Moment = tuple[datetime, int]

_MAX_CURVES = 200


def needed_curves(stopper: EarlyStopper, horizon: int) -> int:
    """How many curves a stopper needs before it gives its first verdict, at least 1."""
    rule = stopper.rule
    least = rule.least_curves if isinstance(rule, RiskControlledRule) else 1
    return max(1, least, stopper.predictor.curves_needed(horizon))


@dataclass(frozen=True, slots=True)
class _TrainingSet:
    """What is learnt from: two that are equal teach the same.

    Args:
        numbers: of the trials, in the order in which they finished.
        before: how many of them were learnt from when the first trial was exposed; all of them before that.
        first_step: how those of them are read that do not tell.
    """

    numbers: tuple[int, ...]
    before: int
    first_step: int


class KnownStudy:
    """What has been learnt from the finished trials of one study, in the order in which they finished.

    The training set grows in jumps, each by the stopper's `refit_growth`. It holds the latest `max_curves` of the first
    so many trials that may teach: a new fit is due exactly when it has changed, so a decision depends on the finished
    trials and not on how often the pruner has been asked; and of n trials, only O(log n) bring a new fit. It is a new
    history each time, and not written to after that.

    For a rule that learns, only fair trials teach. The study alone tells which those are. The field is open from the
    start, and again whenever the rule has nothing to say; it closes when a trial is pruned while the rule speaks. A
    trial is fair if it is audited, or if the field was open from its start to its end. (As long as nothing has been
    pruned, nothing is missing among the completed trials; the trial whose pruning closes the field is the only one.)
    A trial that Optuna has retried after a failure may have begun long before its start, so it is fair only if the
    field has never been closed. Whether the rule speaks after so many fair trials is found out by asking it about one
    of them.

    How trials are read: see `CurveReader`. A completed trial that has not reached the horizon sets the bar with its
    value, and does not teach. One that has gone on after the horizon is worth what it reported there: its value took
    more epochs, which no other trial may have, and is not what is forecast. Without such a report it neither teaches
    nor sets the bar. What a trial is read as depends on the other trials only by the study's `first_step`, and, if it
    was resumed, by where the teaching trials before it begin.

    Args:
        sign: 1 where a larger value is better, -1 where a smaller one is.
        horizon: the epoch whose score decides.
        n_startup_trials: how many trials must be complete before the first verdict.
        stopper: who learns; fits depend on the training set alone (`scratch_growth` 1).
        user_attrs: names of user attributes of trials that are features too; see `ParameterColumns`.
        max_curves: at most so many trials teach, the latest, >= 1; but as many as `needed_curves`, if that is more.
            With 200 of them a forecast of `SRM()` takes less than a millisecond, and more would make it little better
            (`benchmarks/optuna_pruner`).

    Attributes:
        complete: how many trials are complete.
        longest: the last epoch that a finished trial has reported; 0 if none has. Where reports come at intervals, the
            first one at or after the horizon counts as at the horizon.
        longer: how many complete trials have gone on after the horizon.
        unreported: how many complete trials have reported nothing.

    Cost: `update` takes time for the trials that are new; the others only if one of them would have changed what became
    of others (processes do not hear of trials in the same order).
    """

    def __init__(
        self,
        sign: float,
        horizon: int,
        n_startup_trials: int,
        stopper: EarlyStopper,
        user_attrs: Sequence[str] = (),
        max_curves: int = _MAX_CURVES,
    ) -> None:
        self._horizon, self._stopper = horizon, stopper
        self._n_startup_trials = n_startup_trials
        self._user_attrs = tuple(user_attrs)
        self._learns = stopper.rule.learns
        self._min_curves = stopper.predictor.curves_needed(horizon)
        self._needed = needed_curves(stopper, horizon)
        self._max_curves = max(max_curves, self._needed)
        self._reader = CurveReader(sign, horizon)
        self._finished: dict[int, FrozenTrial] = {}
        self._reaching: dict[int, bool] = {}  # whether a completed trial has come to the horizon, by number
        self._spoke: dict[_TrainingSet, bool] = {}
        self._built: tuple[_TrainingSet, History, ParameterColumns] | None = None
        self._forget()

    def _forget(self) -> None:
        """Be as at the beginning, before the first trial."""
        self.complete = self.longest = self.longer = self.unreported = 0
        self._best: list[float] = []  # the best scores so far, ascending, as many as the bar needs
        self._teaching: list[FrozenTrial] = []  # those that reached the horizon and are fair
        self._usually_begins = 1  # the latest epoch with which one of them begins, unless it was resumed
        self._size = 0  # the training set ends with so many of them
        self._start = None if self._learns else self._needed  # how many of them the first fit learns from
        self._exposed: list[int] = []
        self._size_before = 0  # the size when the first trial was exposed
        self._set: _TrainingSet | None = None  # None when it is no longer what it was
        self._open_since: datetime | None = datetime.min  # None while the field is closed
        self._latest: Moment = (datetime.min, -1)  # the last trial
        self._turned = self._latest  # the last one that the next ones' places depend on

    # What is known

    @property
    def first_step(self) -> int:
        """The step that is epoch 1 for trials which do not tell: 0 if a completed trial has reported it, else 1."""
        return self._reader.first_step

    def epoch(self, trial: FrozenTrial, step: int) -> int:
        """Which epoch a step of a trial is."""
        return self._reader.epoch(trial, step)

    def bar(self) -> float | None:
        """The largest score at which a trial still loses; None while too few are complete."""
        return self._best[0] if len(self._best) == self._stopper.keep else None

    def waits(self) -> Keep | None:
        """Why a rule that learns gives no verdict yet, where that is for want of fair trials; else None."""
        if self._start is not None or self.bar() is None or len(self._teaching) < self._min_curves:
            return None
        reason = f"no threshold: the rule needs {self._needed} fair trials, has {len(self._teaching)}"
        return Keep(reason, cause=Cause.TOO_FEW_UNCENSORED)

    @property
    def history(self) -> History:
        """What the stopper learns from; another object whenever the training set is another one."""
        return self._taught()[0]

    def as_trial(self, trial: FrozenTrial) -> Trial:
        """The trial as predictors see it, who have learnt from `history`."""
        return Trial(trial.number, trial.params, self._taught()[1].encode(trial.params, trial.user_attrs))

    def curve(self, trial: FrozenTrial, last_step: int | None = None) -> Curve | None:
        """The curve of a running trial up to its last finite report, no later than a step.

        None if it has none, or `begins_in_the_middle`.
        """
        return None if self.begins_in_the_middle(trial) else self._reader.so_far(trial, last_step)

    def begins_in_the_middle(self, trial: FrozenTrial) -> bool:
        """Whether a trial was resumed after a failure, without the reports that came before it."""
        return self._reader.lacks_beginning(trial, self._usually_begins)

    # How it grows

    def update(self, finished: Sequence[FrozenTrial]) -> None:
        """Take in what is new.

        Args:
            finished: all completed and pruned trials, by number; none that was there is missing.
        """
        missing = len(finished) - len(self._finished)
        if missing <= 0:
            return
        unknown = (trial for trial in reversed(finished) if trial.number not in self._finished)
        new = sorted(islice(unknown, missing), key=_moment)  # most are among the last
        self._finished.update((trial.number, trial) for trial in new)
        from_0 = self.first_step == 1 and any(_is_complete(t) and 0 in t.intermediate_values for t in new)
        if from_0:
            self._reader.first_step = 0
            self._reaching.clear()
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
        self.longest = max(self.longest, self._reader.reached(trial))
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
        self.unreported += not trial.intermediate_values
        self.longer += self._reader.is_longer(trial)
        score = self._reader.score(trial)
        if score is not None:
            insort(self._best, score)
            del self._best[: -self._stopper.keep]
        if self._reaches(trial):
            if self._is_fair(trial):
                self._teaching.append(trial)
                if not was_retried(trial):
                    self._usually_begins = max(self._usually_begins, self._reader.begins(trial))
            else:
                self._expose(trial.number)
        if self._start is None and self._may_start():
            self._start = len(self._teaching)
        self._resize(self._training_size(len(self._teaching)))

    def _reaches(self, trial: FrozenTrial) -> bool:
        """Whether a completed trial has a curve to the horizon."""
        if trial.number not in self._reaching:
            self._reaching[trial.number] = self._reader.whole(trial) is not None
        return self._reaching[trial.number] and not self.begins_in_the_middle(trial)

    def _is_fair(self, trial: FrozenTrial) -> bool:
        """Whether no forecast has had a say in whether this trial reached the horizon."""
        if not self._learns or (self._stopper.is_audited(trial.number) and not was_retried(trial)):
            return True
        since, started = self._open_since, trial.datetime_start
        if since is None or was_retried(trial):
            return since == datetime.min
        return started is None or _local(started) >= since

    def _may_start(self) -> bool:
        return (
            len(self._teaching) >= self._needed and self.complete >= self._n_startup_trials and self.bar() is not None
        )

    def _expose(self, number: int) -> None:
        """Note that a forecast might have pruned a trial, or has."""
        if not self._exposed:
            self._size_before, self._set = self._size, None
        self._exposed.append(number)

    # Whether the rule speaks

    def _speaks(self) -> bool:
        """Whether the rule has anything to say after what it has been taught so far."""
        if self._start is None:
            return False
        known = self._training_set()
        if known not in self._spoke:
            self._spoke[known] = self._asked_about(self._finished[known.numbers[0]])
        return self._spoke[known]

    def _asked_about(self, trial: FrozenTrial) -> bool:
        """Whether the rule holds a completed trial against the bar at any checkpoint."""
        known_as, curve = self.as_trial(trial), self._whole(trial)
        for tau in self._stopper.rule.checkpoints(self._horizon):
            verdict = self._stopper.advise(
                known_as, curve.prefix(tau), self.history, horizon=self._horizon, bar=self.bar()
            )
            if verdict.exposed or verdict.evidence is not None:
                return True
        return False

    def _whole(self, trial: FrozenTrial) -> Curve:
        """The curve of a trial that teaches."""
        curve = self._reader.whole(trial)
        assert curve is not None  # noqa: S101 - `_reaches` has asked
        return curve

    # What teaches

    def _training_size(self, available: int) -> int:
        """With how many of the trials that may teach the training set ends now."""
        if self._start is None or available < self._start:
            return available
        size = self._start
        while (larger := max(size + 1, math.ceil(size * self._stopper.refit_growth))) <= available:
            size = larger
        return size

    def _resize(self, size: int) -> None:
        if size != self._size:
            self._size, self._set = size, None

    def _training_set(self) -> _TrainingSet:
        """The latest trials that teach now."""
        if self._set is None:
            begin = max(0, self._size - self._max_curves)
            before = min(self._size_before, self._size) if self._exposed else self._size
            numbers = tuple(trial.number for trial in self._teaching[begin : self._size])
            self._set = _TrainingSet(numbers, max(0, before - begin), self.first_step)
        return self._set

    def _taught(self) -> tuple[History, ParameterColumns]:
        """The training set as a history, and the features of its trials; built once."""
        known = self._training_set()
        if self._built is None or self._built[0] != known:
            columns, history = ParameterColumns(self._user_attrs), History()
            trials = [self._finished[number] for number in known.numbers]
            columns.learn(trials)
            for i, trial in enumerate(trials):
                if i == known.before:  # from here on, who comes to the horizon is an audit
                    history.expose(self._exposed[0], self._horizon)
                known_as = Trial(trial.number, trial.params, columns.encode(trial.params, trial.user_attrs))
                for epoch, score in enumerate(self._whole(trial).scores.tolist(), start=1):
                    history.record(known_as, epoch, score)
            self._built = known, history, columns
        return self._built[1:]


def _local(moment: datetime) -> datetime:
    """A time as Optuna tells it, without a zone."""
    return moment if moment.tzinfo is None else moment.astimezone().replace(tzinfo=None)


def _moment(trial: FrozenTrial) -> Moment:
    """When a trial finished, for an order that every process sees alike."""
    return _local(trial.datetime_complete or datetime.min), trial.number


def _is_complete(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.COMPLETE
