"""What a pruner knows of an Optuna study; the order in which it learns of the trials does not matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from optuna.trial import FrozenTrial

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.integrations.optuna.curve_reader import CurveReader
from bandits.integrations.optuna.study.counts import StudyCounts
from bandits.integrations.optuna.study.finished_trial import FinishedTrial
from bandits.integrations.optuna.study.policy import policy_of
from bandits.integrations.optuna.study.reading import is_complete, moment_of, values_of
from bandits.integrations.optuna.study.state import StudyState
from bandits.integrations.optuna.study.teaching import TrainingSet
from bandits.integrations.optuna.study.training_data import TrainingData, training_data
from bandits.stopping import EarlyStopper, Keep, Spending
from bandits.studies.epochs import EpochGrid

__all__ = ["KnownStudy"]

_MAX_CURVES = 200


class KnownStudy:
    """What the finished trials of one study have taught; the same for any order in which a process learns of them.

    A completed trial with a curve up to the horizon teaches; if the rule learns, only an uncensored one does (see
    `StudyState`). A trial that has not reached the horizon sets the bar with its value. The score of a trial that
    continued after the horizon is its report there; without that report it neither teaches nor sets the bar.

    Args:
        sign: 1 if a larger value is better, -1 if a smaller one is.
        max_epochs: the epoch whose score decides.
        n_startup_trials: no verdict before this many trials are complete.
        stopper: the stopper that learns; its fits depend on the training set alone (`scratch_growth` 1).
        user_attrs: names of user attributes of trials that are features too; see `ParameterColumns`.
        max_curves: at most this many trials teach, the latest ones, >= 1; more if the predictor or rule needs more.
            With 200 of them a forecast of `SRM()` takes less than a millisecond, and more improve it little
            (`benchmarks/optuna_pruner`).

    Cost: `update` takes time for new trials; for others only if a new one finished before them and changes their
    treatment.
    """

    def __init__(
        self,
        sign: float,
        max_epochs: int,
        n_startup_trials: int,
        stopper: EarlyStopper,
        user_attrs: Sequence[str] = (),
        max_curves: int = _MAX_CURVES,
    ) -> None:
        self._stopper, self._user_attrs = stopper, tuple(user_attrs)
        self._policy = policy_of(stopper, max_epochs, n_startup_trials, max_curves)
        self._reader = CurveReader(sign, max_epochs)
        self._finished: dict[int, FrozenTrial] = {}
        self._read: dict[int, FinishedTrial] = {}  # the same, as values
        self._had_threshold: dict[TrainingSet, bool] = {}
        self._data: tuple[TrainingSet, TrainingData] | None = None  # the latest
        self._state = self._empty()

    # What is known of the study

    @property
    def counts(self) -> StudyCounts:
        """What the finished trials have reported."""
        return self._state.counts

    @property
    def teaching(self) -> Sequence[int]:
        """Numbers of the trials that may teach, in the order in which they finished."""
        return self._state.teaching.numbers

    @property
    def first_step(self) -> int:
        """The step that counts as epoch 1 for trials whose own steps do not show it; see `CurveReader`."""
        return self._reader.first_step

    @property
    def grid(self) -> EpochGrid:
        """The epochs for which curves have a score."""
        return self._reader.grid

    @property
    def horizon(self) -> int:
        """The number of scores of a complete curve: the horizon for predictors and rules."""
        return len(self._reader.grid)

    def epoch(self, trial: FrozenTrial, step: int) -> int:
        """The epoch of a step of a trial."""
        return self._reader.epoch(trial, step)

    def bar(self) -> float | None:
        """The largest score at which a trial still loses; None while too few are complete."""
        return self._state.bar.score

    def spending(self, curve: Curve) -> Spending:
        """What the finished trials and a running one, with this curve, have used of a budget."""
        return Spending(self.counts.epochs + curve.tau, self.counts.complete)

    def waits(self) -> Keep | None:
        """The verdict while there are too few curves; else None."""
        there, predictor = len(self.teaching), self._stopper.predictor
        if self.bar() is None:
            return None
        if there < (needed := predictor.curves_needed(self.horizon)):
            reason = f"{predictor.name} needs {needed} curves that reach epoch {self.grid.last}, has {there}"
            return Keep(f"no forecast: {reason}", cause=Cause.TOO_FEW_CURVES)
        if self._state.teaching.has_begun:
            return None
        reason = f"no threshold: the rule needs {self._policy.needed} uncensored trials, has {there}"
        return Keep(reason, cause=Cause.TOO_FEW_UNCENSORED)

    @property
    def history(self) -> History:
        """What the stopper learns from; a new object for each new training set."""
        return self._taught_by(self._state.teaching.training_set()).history

    def as_trial(self, trial: FrozenTrial) -> Trial:
        """The trial with the features on which predictors were trained with `history`."""
        return self._taught_by(self._state.teaching.training_set()).as_trial(trial)

    def curve(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a running trial up to its last finite report.

        None if it has none, has not reached the first epoch of the grid, or `begins_in_the_middle`.
        """
        return None if self.begins_in_the_middle(trial) else self._reader.so_far(trial)

    def begins_in_the_middle(self, trial: FrozenTrial) -> bool:
        """Whether a trial was resumed after a failure, without the reports that came before it."""
        return self._reader.lacks_beginning(trial, self._state.usually_begins)

    # How it grows

    def update(self, finished: Sequence[FrozenTrial]) -> None:
        """Add new finished trials.

        Args:
            finished: all completed and pruned trials, by number, including those of the last update.
        """
        missing = len(finished) - len(self._finished)
        if missing <= 0:
            return
        unknown = (trial for trial in reversed(finished) if trial.number not in self._finished)
        new = list(islice(unknown, missing))  # new trials are mostly the last ones
        self._finished.update((trial.number, trial) for trial in new)
        if self._reader.learn(filter(is_complete, new)):
            self._read, self._had_threshold, self._data = {}, {}, None
            self._start_over()
        elif any(self._state.depends_on(moment_of(trial)) for trial in new):
            self._start_over()
        else:
            self._take_in(new)

    def _start_over(self) -> None:
        self._state = self._empty()
        self._take_in(self._finished.values())

    def _take_in(self, trials: Iterable[FrozenTrial]) -> None:
        for trial in sorted(trials, key=moment_of):
            if trial.number not in self._read:
                self._read[trial.number] = values_of(trial, self._reader)
            self._state.take_in(self._read[trial.number])

    def _empty(self) -> StudyState:
        return StudyState(self._policy, is_audited=self._stopper.is_audited, has_threshold=self._has_threshold)

    # What the study teaches

    def _taught_by(self, teaching: TrainingSet) -> TrainingData:
        """The curves and features of a training set; built once."""
        if self._data is None or self._data[0] != teaching:
            data = training_data(
                teaching, self._finished, self._whole, user_attrs=self._user_attrs, horizon=self.horizon
            )
            self._data = teaching, data
        return self._data[1]

    def _whole(self, trial: FrozenTrial) -> Curve:
        """The curve of a trial that teaches; that of a pruned trial as far as it goes."""
        curve = self._reader.whole(trial) if is_complete(trial) else self._reader.so_far(trial)
        assert curve is not None  # noqa: S101 - it has a curve, or it would not teach
        return curve

    def _has_threshold(self, teaching: TrainingSet, bar: float | None) -> bool:
        """Whether the rule has a threshold after learning from this set: it judges the first trial at a check epoch."""
        if teaching not in self._had_threshold:
            self._had_threshold[teaching] = self._asked_about(self._finished[teaching.numbers[0]], teaching, bar)
        return self._had_threshold[teaching]

    def _asked_about(self, trial: FrozenTrial, teaching: TrainingSet, bar: float | None) -> bool:
        data, curve = self._taught_by(teaching), self._whole(trial)
        known_as = data.as_trial(trial)
        for tau in self._stopper.rule.check_epochs(self.horizon):
            verdict = self._stopper.advise(known_as, curve.prefix(tau), data.history, horizon=self.horizon, bar=bar)
            if verdict.censored or verdict.evidence is not None:
                return True
        return False
