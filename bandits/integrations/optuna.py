"""Early stopping by forecasts inside an Optuna study."""

from __future__ import annotations

import math
import threading
from bisect import insort
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from optuna.pruners import BasePruner
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from optuna.trial import Trial as LiveTrial

from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError, check_at_least
from bandits.integrations.optuna_trials import ParameterColumns, curve_through, reports_of
from bandits.predictors.base import Predictor
from bandits.stopping import Drop, EarlyStopper, Keep, ProbabilityRule, StoppingRule, Verdict

__all__ = ["PredictivePruner"]


class PredictivePruner(BasePruner):
    """Prunes a trial when its forecast value says that it will not be among the best of the study.

    A completed trial teaches the predictor if it reported up to `max_epochs`: its reports are the curve, and the
    value that its objective returned is the score at `max_epochs`. (For a trial that reports at intervals, the
    last report is the one whose successor would come after `max_epochs`.) The bar is the `keep`-th best value of
    all completed trials; a tie loses. Pruned and failed trials teach nothing.

    Steps count epochs, from 0 or from 1: from 0 if a completed trial has reported step 0. Report once an epoch.
    Steps that were left out, NaN and infinities are filled from their neighbours; a trial whose reports end with
    them is judged on what came before. Nothing is pruned at `max_epochs` or later, nor because of odd data.

    Features are the parameters: numbers as they are (also a categorical parameter of numbers), other choices
    one-hot (`optimizer=adam`). A number that a trial does not have takes the lower end of its range, and
    `has momentum` is 0.

    One pruner may serve several studies and threads. It writes nothing to the storage. With one worker, its
    decisions depend on its settings and the study alone, so a study that is loaded and resumed goes on as it
    would have. It learns from completed trials only, so pass those of an earlier study on with
    `study.add_trials` to prune from the first trial on.

    Args:
        predictor: how to forecast; it says how many completed trials it needs (10 for `SRM()`).
        max_epochs: T, the epochs of a full training, >= 1.
        confidence: Delta in the paper, in (0, 1): prune from this probability on.
        margin: delta in the paper, in the units of the study's value, >= 0: a trial that may end within this
            distance of the bar is kept.
        keep: n of the n-th best value, which a trial must be able to beat, >= 1.
        n_startup_trials: how many trials must be complete before the first one may be pruned, >= 0.
        n_warmup_steps: no trial is pruned at a step (as it reports it) below this one, >= 0.
        interval_steps: steps between two checks of a trial, from `n_warmup_steps` on, >= 1. A check at which
            nothing is reported happens at the next report.
        rule: judges the forecast instead of `ProbabilityRule(confidence, margin, keep)`.
        seed: of the predictor's randomness, >= 0.

    Raises:
        SettingError: an argument breaks its rule; or, when it is asked to prune, the study has several objectives.

    Cost with `SRM()`: about a millisecond a report. A new fit is due when there is a quarter more to learn from, and is
    then made once for each epoch that is asked about: less than a tenth of a second at 100 curves.

    Source: Baker et al. (2017), section 3.3, with Optuna's completed trials as the training set.

    Example:
        >>> import optuna
        >>> from bandits.predictors import LastSeenValue
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> def objective(trial):
        ...     target = trial.suggest_float("target", 0.1, 1.0)
        ...     for epoch in range(1, 11):
        ...         loss = target + 0.5**epoch
        ...         trial.report(loss, step=epoch)
        ...         if trial.should_prune():
        ...             raise optuna.TrialPruned
        ...     return loss
        >>> pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=10, confidence=0.95)
        >>> study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
        >>> study.optimize(objective, n_trials=20)
        >>> len(study.get_trials(states=[optuna.trial.TrialState.PRUNED]))
        9
        >>> from bandits import Metric
        >>> pruner.explain(study, study.trials[11]).words(Metric("loss", goal="minimize"))
        'P(loss at epoch 10 >= 0.446074) = 0.9688 >= 0.95'
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        max_epochs: int,
        confidence: float = 0.99,
        margin: float = 0.0,
        keep: int = 1,
        n_startup_trials: int = 10,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
        rule: StoppingRule | None = None,
        seed: int = 0,
    ) -> None:
        if rule is None:
            rule = ProbabilityRule(confidence, margin, keep)
        elif not isinstance(rule, StoppingRule):
            raise SettingError.broken("`rule`", "must be a StoppingRule such as ProbabilityRule()", rule)
        elif (confidence, margin, keep) != (0.99, 0.0, 1):
            settings = (confidence, margin, keep)
            raise SettingError.broken("`confidence`, `margin` and `keep`", "must be left out with `rule`", settings)
        self._stopper = EarlyStopper(predictor, rule, scratch_growth=1.0, seed=seed)
        self._max_epochs = check_at_least("max_epochs", max_epochs, 1)
        self._n_startup_trials = check_at_least("n_startup_trials", n_startup_trials, 0)
        self._n_warmup_steps = check_at_least("n_warmup_steps", n_warmup_steps, 0)
        self._interval_steps = check_at_least("interval_steps", interval_steps, 1)
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Study, _Known] = WeakKeyDictionary()

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether the trial should stop now. Optuna calls this from `trial.should_prune()`."""
        with self._lock:
            known = self._update(study)
            verdict = known.verdicts[trial.number] = self._judge(known, trial)
        return isinstance(verdict, Drop)

    def explain(self, study: Study, trial: FrozenTrial | LiveTrial) -> Verdict:
        """Say why a trial is pruned or goes on.

        Args:
            study: the trial's study.
            trial: one of `study.trials`, or the trial inside an objective.

        Returns:
            `Keep` or `Drop`: for a finished trial, the last verdict that this pruner gave on it; otherwise the
            verdict that it would give now. Its reason speaks of scores (larger is better); `words` says it in the
            study's own units.
        """
        if not isinstance(trial, FrozenTrial):
            trial = study.get_trials(deepcopy=False)[trial.number]
        with self._lock:
            known = self._update(study)
            if trial.state.is_finished() and trial.number in known.verdicts:
                return known.verdicts[trial.number]
            return self._judge(known, trial)

    def _update(self, study: Study) -> _Known:
        """What is known of a study, brought up to date; the caller holds the lock."""
        if len(study.directions) != 1:
            raise SettingError.broken("objectives of a study that prunes", "must be one", len(study.directions))
        known = self._known.get(study)
        if known is None:
            sign = 1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0
            known = self._known[study] = _Known(sign, self._max_epochs, self._stopper)
        known.update(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
        return known

    def _judge(self, known: _Known, trial: FrozenTrial) -> Verdict:
        """Keep, without a forecast, or whatever the stopper says."""
        if trial.state == TrialState.COMPLETE:
            return Keep("the trial is complete")
        if trial.last_step is None:
            return Keep("nothing has been reported yet")
        if trial.last_step < self._n_warmup_steps:
            return Keep(f"step {trial.last_step} is before step {self._n_warmup_steps}, when checks begin")
        if not self._is_due(trial.last_step, trial.intermediate_values):
            return Keep(f"a check comes every {self._interval_steps} steps, and none is due")
        if len(known.complete) < self._n_startup_trials:
            return Keep(f"pruning begins with {self._n_startup_trials} complete trials, has {len(known.complete)}")
        if trial.last_step - known.first_step + 1 >= self._max_epochs:
            return Keep(f"it has reached epoch {self._max_epochs}, the last one")
        curve = known.curve(trial)
        if curve is None:
            return Keep("no finite value has been reported yet")
        return self._stopper.advise(
            known.as_trial(trial), curve, known.history, horizon=self._max_epochs, bar=known.bar()
        )

    def _is_due(self, step: int, reported: Iterable[int]) -> bool:
        """Whether a check falls on `step`, or on one that was skipped since the report before."""
        before = max((other for other in reported if other < step), default=-1)
        checkpoint = step - (step - self._n_warmup_steps) % self._interval_steps
        return before < checkpoint

    def __getstate__(self) -> dict[str, Any]:
        # A copy in another process has its own lock, and learns from the storage what this one knows.
        own = ("_max_epochs", "_n_startup_trials", "_n_warmup_steps", "_interval_steps")
        stopper = self._stopper
        state = {name: getattr(self, name) for name in own}
        return state | {"predictor": stopper.predictor, "rule": stopper.rule, "seed": stopper.seed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        predictor, rule, seed = (state.pop(name) for name in ("predictor", "rule", "seed"))
        self.__dict__.update(state)
        self._stopper = EarlyStopper(predictor, rule, scratch_growth=1.0, seed=seed)
        self._lock = threading.Lock()
        self._known = WeakKeyDictionary()


class _Known:
    """What has been learnt from the completed trials of one study.

    The training set grows in jumps, each by the stopper's `refit_growth`, and holds the first so many of the
    trials that reached the horizon: a new fit is due exactly when it has grown, so a decision depends on the
    completed trials and not on how often the pruner has been asked.
    """

    def __init__(self, sign: float, horizon: int, stopper: EarlyStopper) -> None:
        self._sign, self._horizon, self._stopper = sign, horizon, stopper
        self.complete: dict[int, FrozenTrial] = {}  # by number, in order of arrival
        self._teaching: list[FrozenTrial] = []  # those that reached the horizon
        self._taught = 0  # how many of them are in the history
        self._best: list[float] = []  # the best scores so far, ascending, as many as the bar needs
        self.first_step = 1
        self.columns = ParameterColumns()
        self.history = History()
        self.verdicts: dict[int, Verdict] = {}

    def update(self, complete: Sequence[FrozenTrial]) -> None:
        """Take in the completed trials that are new."""
        if len(complete) == len(self.complete):
            return
        new = [trial for trial in complete if trial.number not in self.complete]
        self.complete.update((trial.number, trial) for trial in new)
        for trial in new:
            if math.isfinite(_value(trial)):
                insort(self._best, self._sign * _value(trial))
        del self._best[: -self._stopper.keep]
        if self.first_step == 1 and any(0 in trial.intermediate_values for trial in new):
            self.first_step = 0  # every curve read so far was read one epoch too early
            self._restart()
            self.columns = ParameterColumns()
            self._teaching, new = [], list(self.complete.values())
        self._teaching.extend(trial for trial in new if self._reaches(trial))
        self._teach(self._training_size(len(self._teaching)))

    def bar(self) -> float | None:
        """The largest score at which a trial still loses; None while too few are complete."""
        return self._best[0] if len(self._best) == self._stopper.keep else None

    def as_trial(self, trial: FrozenTrial) -> Trial:
        """The trial as predictors see it."""
        return Trial(trial.number, trial.params, self.columns.encode(trial.params))

    def curve(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a running trial up to its last finite report; None if it has none."""
        epochs, scores = reports_of(trial, sign=self._sign, first_step=self.first_step, last_epoch=self._horizon)
        if len(epochs) == 0:
            return None
        return curve_through(epochs, scores, int(epochs[-1]))

    def _full_curve(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a completed trial, which ends with its value; None if it cannot be told."""
        epochs, scores = reports_of(trial, sign=self._sign, first_step=self.first_step, last_epoch=self._horizon)
        if len(epochs) == 0 or not math.isfinite(_value(trial)):
            return None
        filled = np.interp(np.arange(1, self._horizon + 1), epochs, scores)
        filled[-1] = self._sign * _value(trial)
        return Curve(filled) if np.isfinite(filled).all() else None  # filling its gaps may overflow

    def _reaches(self, trial: FrozenTrial) -> bool:
        """Whether a completed trial has trained to the horizon: its next report would have come after it."""
        steps = sorted(trial.intermediate_values)
        if not steps or self._full_curve(trial) is None:
            return False
        stride = min((later - earlier for earlier, later in pairwise(steps)), default=1)
        return steps[-1] - self.first_step + 1 + stride > self._horizon

    def _training_size(self, available: int) -> int:
        """How many of the trials that reached the horizon to learn from now."""
        size = max(1, self._stopper.predictor.min_curves(self._horizon))
        if available < size:
            return available
        while (larger := max(size + 1, math.ceil(size * self._stopper.refit_growth))) <= available:
            size = larger
        return size

    def _teach(self, size: int) -> None:
        """Let the history hold the first `size` trials that reached the horizon."""
        new = self._teaching[self._taught : size]
        if self.columns.learn(new) and self._taught:
            self._restart()  # the trials in the history lack a feature
            new = self._teaching[:size]
        for trial in new:
            curve = self._full_curve(trial)
            assert curve is not None  # noqa: S101 - `_reaches` has asked
            known_as = self.as_trial(trial)
            for epoch, score in enumerate(curve.scores.tolist(), start=1):
                self.history.record(known_as, epoch, score)
        self._taught = size

    def _restart(self) -> None:
        """Start a new history; the stopper forgets its fits with the old one."""
        self.history, self._taught = History(), 0


def _value(trial: FrozenTrial) -> float:
    """What the objective of a completed trial returned."""
    return math.nan if trial.value is None else trial.value
