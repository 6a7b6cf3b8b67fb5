"""Judge the trials of an Optuna study: when a trial is compared with the bar, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

from bandits.causes import Cause
from bandits.curves import Curve
from bandits.integrations.optuna.check_steps import is_check_due
from bandits.integrations.optuna.guarded_stopper import GuardedStopper
from bandits.integrations.optuna.pending_warnings import PendingWarnings
from bandits.integrations.optuna.settings import PrunerSettings
from bandits.integrations.optuna.study.known_study import KnownStudy
from bandits.integrations.optuna.study_warnings import StudyWarnings
from bandits.integrations.optuna.trial_verdict import TrialVerdict, said_of_epoch
from bandits.stopping import Drop, Keep, Verdict

__all__ = ["StudyJudge"]


@dataclass(frozen=True, slots=True)
class _Check:
    """A judgement at a check epoch, and the trial's last reported step at that time."""

    epoch: int
    step: int
    verdict: Verdict


class StudyJudge:
    """Judges the trials of one study with what its finished trials teach. Reads no storage; for one thread at a time.

    If the rule has check epochs, a trial is judged by its curve up to the last check epoch that it has passed, unless
    it was already judged there. So a check epoch without a report, or whose verdict came too late, is made up for at
    the next report. The verdict to prune a trial holds until a later check decides otherwise.

    Args:
        sign: 1 if a larger value is better, -1 if a smaller one is.
        settings: settings of the pruner.

    Attributes:
        warnings: warnings about the study.
    """

    def __init__(self, sign: float, settings: PrunerSettings) -> None:
        self._sign, self._settings = sign, settings
        self.warnings = PendingWarnings()
        self._study_warnings = StudyWarnings(settings, self.warnings)
        self._stopper = GuardedStopper(settings.predictor, settings.rule, seed=settings.seed, warnings=self.warnings)
        # a horizon, and whether the rule judges after every epoch before it
        self._every_epoch: tuple[int, bool] | None = None
        self._checks: dict[int, _Check] = {}  # the last check of each trial
        self._study: KnownStudy | None = None

    @property
    def _known(self) -> KnownStudy:
        """What is known of the study; made when first needed. Rules and predictors that are called here may raise."""
        if self._study is None:
            settings = self._settings
            options = settings.n_startup_trials, self._stopper, settings.user_attrs, settings.max_curves
            self._study = KnownStudy(self._sign, settings.max_epochs, *options)
        return self._study

    def judge(
        self,
        finished: Sequence[FrozenTrial],
        trial: FrozenTrial,
        *,
        inner: str | None = None,
        remember: bool = True,
    ) -> TrialVerdict:
        """Judge a trial after a report.

        Args:
            finished: the completed and pruned trials of the study so far.
            trial: the trial as it is now.
            inner: name of another pruner that has pruned it; None if none has.
            remember: True for a verdict that counts as a check; False for an explanation.
        """
        step, epoch = trial.last_step, None
        try:
            self._known.update(finished)
            epoch = None if step is None else self._known.epoch(trial, step)
            if inner is not None:
                return TrialVerdict.of_inner(inner, step, epoch)
            self._study_warnings.look(self._known, finished, has_reported=step is not None)
            return TrialVerdict(self._verdict(trial, step, epoch, remember), step, epoch)
        except BaseException as error:
            self._study = None  # the update may have been interrupted: learn again from the start
            if not isinstance(error, Exception):
                raise
            verdict = Keep(self._stopper.failed("judging", error), cause=Cause.ERROR)
            return TrialVerdict(verdict, step, epoch) if inner is None else TrialVerdict.of_inner(inner, step, epoch)

    def _verdict(self, trial: FrozenTrial, step: int | None, epoch: int | None, remember: bool) -> Verdict:
        """The verdict: Keep without a forecast, or the stopper's verdict."""
        if trial.state == TrialState.COMPLETE:
            return Keep("the trial is complete", cause=Cause.COMPLETE)
        if step is None or epoch is None:
            return Keep("nothing has been reported yet", cause=Cause.NOT_REPORTED)
        unreadable = self._study_warnings.unreadable_steps(trial)
        if unreadable is not None:
            return Keep(unreadable, cause=Cause.NOT_REPORTED)
        no_check = self._no_check(trial, step, epoch)
        if no_check is not None:
            return no_check
        curve = self._known.curve(trial)
        if curve is None:
            return self._no_curve(trial)
        return self._checked(trial, step, curve, remember)

    def _no_curve(self, trial: FrozenTrial) -> Keep:
        """The verdict on a trial without a curve, with the reason."""
        grid, end = self._known.grid, self._settings.max_epochs
        if self._known.begins_in_the_middle(trial):
            reason = "it was resumed after a failure, and what it reported before is not known"
        elif not any(map(math.isfinite, trial.intermediate_values.values())):
            reason = "no finite value has been reported yet"
        elif len(grid) == 1 < end:
            return Keep(f"no forecast: no complete trial has come to epoch {end}", cause=Cause.TOO_FEW_CURVES)
        else:
            reason = f"no finite value has been reported up to epoch {grid.epochs[0]}, the first of other trials"
        return Keep(reason, cause=Cause.NOT_REPORTED)

    def _no_check(self, trial: FrozenTrial, step: int, epoch: int) -> Keep | None:
        """The verdict if the pruner's settings exclude a check after this report; None if a check is due."""
        settings, complete = self._settings, self._known.counts.complete
        warmup, interval = settings.n_warmup_steps, settings.interval_steps
        if step < warmup:
            return Keep(f"step {step} is before step {warmup}, when checks begin", cause=Cause.WARM_UP)
        if not is_check_due(trial.intermediate_values, warmup=warmup, interval=interval):
            return Keep(f"a check comes every {interval} steps, and none is due", cause=Cause.NOT_CHECKED)
        if complete < settings.n_startup_trials:
            reason = f"pruning begins with {settings.n_startup_trials} complete trials, has {complete}"
            return Keep(reason, cause=Cause.STARTUP)
        if epoch >= settings.max_epochs:
            return Keep(f"it has reached epoch {settings.max_epochs}, the last one", cause=Cause.AT_HORIZON)
        return None

    def _checked(self, trial: FrozenTrial, step: int, curve: Curve, remember: bool) -> Verdict:
        """The stopper's verdict at the last check epoch; the earlier one if the trial was already judged there."""
        known = self._known
        end = known.horizon
        every_epoch = self._is_every_epoch(end)
        epoch = curve.tau if every_epoch else self._stopper.last_check_epoch(curve.tau, end)
        if epoch is None:
            return _NOT_CHECKED
        last = self._checks.get(trial.number)
        if not every_epoch and last is not None and last.epoch == epoch and last.step != step:
            return last.verdict if isinstance(last.verdict, Drop) else _NOT_CHECKED
        waits = known.waits()
        if waits is not None:
            return waits
        asked = self._stopper.forecasts
        arm = known.as_trial(trial), curve.prefix(epoch)
        (verdict,) = self._stopper.advise_many(
            [arm], known.history, horizon=end, bar=known.bar(), spending=known.spending(curve)
        )
        if verdict.cause is Cause.BUDGET_SPENT:
            self._study_warnings.budget_is_spent()
        verdict = said_of_epoch(verdict, self._settings.max_epochs)
        if remember and (self._stopper.forecasts > asked or isinstance(verdict, Drop)):
            self._checks[trial.number] = _Check(epoch, step, verdict)
        return verdict

    def _is_every_epoch(self, horizon: int) -> bool:
        """Whether the rule judges after each epoch."""
        if self._every_epoch is None or self._every_epoch[0] != horizon:
            epochs = self._settings.rule.check_epochs(horizon)
            self._every_epoch = horizon, list(epochs) == list(range(1, horizon))
        return self._every_epoch[1]


_NOT_CHECKED = Keep("not checked: no check epoch has been passed since the last check", cause=Cause.NOT_CHECKED)
