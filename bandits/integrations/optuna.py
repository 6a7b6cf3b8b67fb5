"""Early stopping by forecasts inside an Optuna study."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from optuna.pruners import BasePruner
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from optuna.trial import Trial as LiveTrial

from bandits.curves import Curve
from bandits.errors import SettingError, check_at_least
from bandits.integrations.optuna_study import KnownStudy
from bandits.predictors.base import Predictor
from bandits.stopping import Drop, EarlyStopper, Keep, ProbabilityRule, RiskControlledRule, StoppingRule, Verdict
from bandits.stopping.rules import is_number

__all__ = ["PredictivePruner"]

_RISK, _AUDIT = 0.1, 0.02


class PredictivePruner(BasePruner):
    """Prunes a trial when its forecast value says that it will not be among the best of the study.

    A completed trial teaches the predictor if it reported up to `max_epochs`: its reports are the curve, and the
    value that its objective returned is the score at `max_epochs`. (For a trial that reports at intervals, the
    last report is the one whose successor would come after `max_epochs`.) The bar is the `keep`-th best value of
    all completed trials; a tie loses. Pruned and failed trials teach nothing.

    The rule is `RiskControlledRule(risk, audit=...)`: a trial that would end above the bar is pruned, at any time, with
    probability `risk` at most, if forecasts of it err as those of the trials that taught did, given their ends
    (`RiskControlledRule` says what that assumes). So only fair trials teach: those that are completed before the
    first one is pruned (the only one that is missing among them), and audited ones, which are never pruned. When
    audits show that the rule errs too often, it falls silent, and what then starts and is completed before it prunes
    again is fair too. Pruning by others, before the rule speaks, is not known of.

    The rule looks at a trial's curve at a few checkpoints, ever further apart. A trial that reports at intervals, or
    leaves steps out, is judged at its first report at or after a checkpoint, by its curve up to there.

    Steps count epochs, from 0 or from 1: from 0 if a completed trial has reported step 0. Steps that were left out, NaN
    and infinities are filled from their neighbours; a trial whose reports end with them is judged on what came before.
    Nothing is pruned at `max_epochs` or later, nor because of odd data.

    Features are the parameters: numbers as they are (also a categorical parameter of numbers), other choices
    one-hot (`optimizer=adam`). A number that a trial does not have takes the lower end of its range, and
    `has momentum` is 0.

    One pruner may serve several studies and threads, and several processes one study, each with a pruner of the same
    settings. It writes nothing to the storage: decisions depend on its settings and the study alone, where trials are
    taken in the order in which they finished. So a study that is loaded and resumed goes on as it would have. To prune
    from the first trial on, pass the trials of an earlier study on with `study.add_trials`, the pruned ones too: who
    was audited is told by a trial's number, and who is fair by what was pruned before.

    Args:
        predictor: how to forecast; it says how many completed trials it needs (10 for `SRM()`).
        max_epochs: T, the epochs of a full training, >= 1.
        risk: the probability, over its whole life, of pruning a trial that would end above the bar, in (0, 0.5]. The
            rule waits for 1 / risk - 1 fair trials.
        audit: share of trials that are never pruned, so that the rule can be checked, in [0, 1]; more of the first
            ones.
        confidence: Delta in the paper, in (0, 1), instead of `risk` and `audit`: prune, after any epoch, from this
            probability of ending at the bar or below it on (`ProbabilityRule`). All completed trials teach.
        margin: delta in the paper, in the units of the study's value, >= 0: a trial that may end within this
            distance of the bar is kept.
        keep: n of the n-th best value, which a trial must be able to beat, >= 1.
        n_startup_trials: how many trials must be complete before the first one may be pruned, >= 0.
        n_warmup_steps: no trial is pruned at a step (as it reports it) below this one, >= 0.
        interval_steps: steps between two checks of a trial, from `n_warmup_steps` on, >= 1. A check at which
            nothing is reported happens at the next report.
        inner: another pruner: a trial is pruned when either says so.
        user_attrs: names of user attributes of the trials, numbers or choices, that are features too.
        max_wait: seconds that one report may wait for a fit, >= 0; None for as long as it takes.
        max_curves: at most so many curves teach, the latest ones, >= 1.
        save_verdicts: write each verdict to the trial's user attribute "bandits:verdict".
        rule: judges the forecast instead; then `risk`, `audit`, `confidence`, `margin` and `keep` are its own.
        seed: of the predictor's randomness and of which trials are audited, >= 0.

    Raises:
        SettingError: an argument breaks its rule; or, when it is asked to prune, the study has several objectives.

    Cost with `SRM()`: about a millisecond a report. A new fit is due when there is a quarter more to learn from.

    Source: see `RiskControlledRule`; with `confidence`, Baker et al. (2017), section 3.3.

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
        >>> pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=10, risk=0.1)
        >>> study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
        >>> study.optimize(objective, n_trials=40)
        >>> pruned = study.get_trials(states=[optuna.trial.TrialState.PRUNED])
        >>> len(pruned) > 10
        True
        >>> from bandits import Metric
        >>> pruner.explain(study, pruned[0]).words(Metric("loss", goal="minimize"))  # doctest: +ELLIPSIS
        'loss ... is forecast for epoch 10; P(looks as bad at any check | ends at ...) = ... <= 0.1'
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        max_epochs: int,
        risk: float = _RISK,
        audit: float = _AUDIT,
        confidence: float | None = None,
        margin: float = 0.0,
        keep: int = 1,
        n_startup_trials: int = 10,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
        inner: BasePruner | None = None,
        user_attrs: Sequence[str] = (),
        max_wait: float | None = None,
        max_curves: int = 500,
        save_verdicts: bool = False,
        rule: StoppingRule | None = None,
        seed: int = 0,
    ) -> None:
        if rule is None:
            rule = _rule(risk, audit, confidence, margin, keep)
        elif not isinstance(rule, StoppingRule):
            raise SettingError.broken("`rule`", "must be a StoppingRule such as RiskControlledRule()", rule)
        elif (given := (risk, audit, confidence, margin, keep)) != (_RISK, _AUDIT, None, 0.0, 1):
            names = "`risk`, `audit`, `confidence`, `margin` and `keep`"
            raise SettingError.broken(names, "must be left out with `rule`", given)
        self._max_epochs = check_at_least("max_epochs", max_epochs, 1)
        self._n_startup_trials = check_at_least("n_startup_trials", n_startup_trials, 0)
        self._n_warmup_steps = check_at_least("n_warmup_steps", n_warmup_steps, 0)
        self._interval_steps = check_at_least("interval_steps", interval_steps, 1)
        if inner is not None and not isinstance(inner, BasePruner):
            raise SettingError.broken("`inner`", "must be a pruner such as HyperbandPruner()", inner)
        if isinstance(user_attrs, str) or not all(isinstance(name, str) for name in user_attrs):
            raise SettingError.broken("`user_attrs`", "must be names of user attributes", user_attrs)
        if max_wait is not None and (not is_number(max_wait) or not 0 <= max_wait < math.inf):
            raise SettingError.broken("`max_wait`", "must be None or a finite number of seconds >= 0", max_wait)
        self._inner = inner
        self._user_attrs = tuple(user_attrs)
        self._max_wait = max_wait
        self._max_curves = check_at_least("max_curves", max_curves, 1)
        self._save_verdicts = bool(save_verdicts)
        self._begin(EarlyStopper(predictor, rule, scratch_growth=1.0, seed=seed))

    def _begin(self, stopper: EarlyStopper) -> None:
        """Have seen no study yet."""
        self._stopper = stopper
        self._every_epoch = list(stopper.rule.checkpoints(self._max_epochs)) == list(range(1, self._max_epochs))
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Study, KnownStudy] = WeakKeyDictionary()

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether the trial should stop now. Optuna calls this from `trial.should_prune()`."""
        with self._lock:
            known = self._update(study)
            verdict = self._judge(known, trial)
            said = known.verdicts.get(trial.number)
            if said is None or not said.spared:  # a trial is spared for good
                known.verdicts[trial.number] = verdict
        return isinstance(verdict, Drop)

    def explain(self, study: Study, trial: FrozenTrial | LiveTrial) -> Verdict:
        """Say why a trial is pruned or goes on.

        Args:
            study: the trial's study.
            trial: one of `study.trials`, or the trial inside an objective.

        Returns:
            `Keep` or `Drop`: for a finished trial, the last verdict that this pruner gave on it, or the first by which
            an audited trial was spared; otherwise the verdict that it would give now. Its reason speaks of scores
            (larger is better); `words` says it in the study's own units.
        """
        if not isinstance(trial, FrozenTrial):
            trial = study.get_trials(deepcopy=False)[trial.number]
        with self._lock:
            known = self._update(study)
            if trial.state.is_finished() and trial.number in known.verdicts:
                return known.verdicts[trial.number]
            return self._judge(known, trial)

    def _update(self, study: Study) -> KnownStudy:
        """What is known of a study, brought up to date; the caller holds the lock."""
        if len(study.directions) != 1:
            raise SettingError.broken("objectives of a study that prunes", "must be one", len(study.directions))
        known = self._known.get(study)
        if known is None:
            sign = 1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0
            known = self._known[study] = KnownStudy(
                sign, self._max_epochs, self._n_startup_trials, self._stopper, self._user_attrs, self._max_curves
            )
        known.update(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))
        return known

    def _judge(self, known: KnownStudy, trial: FrozenTrial) -> Verdict:
        """Keep, without a forecast, or whatever the stopper says."""
        if trial.state == TrialState.COMPLETE:
            return Keep("the trial is complete")
        if trial.last_step is None:
            return Keep("nothing has been reported yet")
        if trial.last_step < self._n_warmup_steps:
            return Keep(f"step {trial.last_step} is before step {self._n_warmup_steps}, when checks begin")
        checks = self._checks(trial)
        if next(checks, None) != trial.last_step:
            return Keep(f"a check comes every {self._interval_steps} steps, and none is due")
        if known.complete < self._n_startup_trials:
            return Keep(f"pruning begins with {self._n_startup_trials} complete trials, has {known.complete}")
        if known.epoch(trial, trial.last_step) >= self._max_epochs:
            return Keep(f"it has reached epoch {self._max_epochs}, the last one")
        curve = known.curve(trial)
        if curve is None:
            middle = known.begins_in_the_middle(trial)
            return Keep(
                "it was resumed after a failure, and what it reported before is not known"
                if middle
                else "no finite value has been reported yet"
            )
        if not self._every_epoch:
            before = next(checks, None)
            passed = self._passed(curve, None if before is None else known.curve(trial, before))
            if passed is None:
                return Keep("not checked: no checkpoint has been passed since the last check")
            curve = curve.prefix(passed)
        return known.waits() or self._stopper.advise(
            known.as_trial(trial), curve, known.history, horizon=self._max_epochs, bar=known.bar()
        )

    def _checks(self, trial: FrozenTrial) -> Iterator[int]:
        """The reported steps at which a check was due, or overdue since steps were left out; the last one first."""
        steps = sorted(trial.intermediate_values, reverse=True)
        for i, step in enumerate(steps):
            if step < self._n_warmup_steps:
                return
            due = step - (step - self._n_warmup_steps) % self._interval_steps
            if i + 1 == len(steps) or steps[i + 1] < due:
                yield step

    def _passed(self, curve: Curve, before: Curve | None) -> int | None:
        """The last checkpoint that a curve has passed, if it had not at the check before."""
        last = self._stopper.last_checkpoint(curve.tau, self._max_epochs)
        known = None if before is None else self._stopper.last_checkpoint(before.tau, self._max_epochs)
        return None if last == known else last

    def __getstate__(self) -> dict[str, Any]:
        # A copy in another process has its own lock, and learns from the storage what this one knows.
        own = (
            "_max_epochs", "_n_startup_trials", "_n_warmup_steps", "_interval_steps",
            "_inner", "_user_attrs", "_max_wait", "_max_curves", "_save_verdicts",
        )  # fmt: skip
        stopper = self._stopper
        state = {name: getattr(self, name) for name in own}
        return state | {"predictor": stopper.predictor, "rule": stopper.rule, "seed": stopper.seed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        predictor, rule, seed = (state.pop(name) for name in ("predictor", "rule", "seed"))
        self.__dict__.update(state)
        self._begin(EarlyStopper(predictor, rule, scratch_growth=1.0, seed=seed))


def _rule(risk: float, audit: float, confidence: float | None, margin: float, keep: int) -> StoppingRule:
    """The rule that some settings of a pruner ask for."""
    if confidence is None:
        return RiskControlledRule(risk, margin, keep, audit=audit)
    if (risk, audit) != (_RISK, _AUDIT):
        raise SettingError.broken("`risk` and `audit`", "must be left out with `confidence`", (risk, audit))
    return ProbabilityRule(confidence, margin, keep)
