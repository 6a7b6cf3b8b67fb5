"""When a trial of an Optuna study is held against the bar, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

from bandits.causes import Cause
from bandits.integrations.optuna.guarded_stopper import GuardedStopper
from bandits.integrations.optuna.pending_warnings import PendingWarnings
from bandits.integrations.optuna.study.known_study import KnownStudy
from bandits.integrations.optuna.trial_verdict import TrialVerdict
from bandits.predictors.base import Predictor
from bandits.stopping import Drop, Keep, StoppingRule, Verdict

__all__ = ["JudgeSettings", "StudyJudge"]


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """The settings of a pruner that its verdicts depend on; see `PredictivePruner`."""

    predictor: Predictor
    rule: StoppingRule
    seed: int
    max_epochs: int
    n_startup_trials: int
    n_warmup_steps: int
    interval_steps: int
    user_attrs: tuple[str, ...]
    max_curves: int


@dataclass(frozen=True, slots=True)
class _Check:
    """That a trial was judged after a checkpoint, when it had reported so many steps."""

    checkpoint: int
    step: int
    verdict: Verdict


class StudyJudge:
    """Judges the trials of one study, by what its finished trials teach. Reads no storage; for one thread at a time.

    Where a rule has checkpoints, a trial is judged by its curve up to the last one that it has passed, unless it was
    judged there before. So a checkpoint at which nobody asked, or for whose answer nobody could wait, is made up for at
    the next report. That a trial should be pruned holds until a later checkpoint says otherwise.

    Args:
        sign: 1 where a larger value is better, -1 where a smaller one is.
        settings: of the pruner.

    Attributes:
        warnings: of what is wrong with the study.
    """

    def __init__(self, sign: float, settings: JudgeSettings) -> None:
        self._sign, self._settings = sign, settings
        self.warnings = PendingWarnings()
        self._every_epoch = False
        self._checks: dict[int, _Check] = {}  # the last one of each trial
        self._stopper = GuardedStopper(settings.predictor, settings.rule, seed=settings.seed, warnings=self.warnings)
        self._study: KnownStudy | None = None
        self._looked_over = False  # whether there were enough trials to say what is missing in all of them

    @property
    def _known(self) -> KnownStudy:
        """What the study has taught; nothing at first."""
        if self._study is None:
            settings = self._settings
            epochs = settings.rule.checkpoints(settings.max_epochs)
            self._every_epoch = list(epochs) == list(range(1, settings.max_epochs))
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
            finished: the completed and pruned trials of the study by now.
            trial: as it stands.
            inner: the name of another pruner that has pruned it, if one has.
            remember: whether this is the verdict at its checkpoint; or an answer to a question about it.
        """
        step, epoch = trial.last_step, None
        try:
            self._known.update(finished)
            epoch = None if step is None else self._known.epoch(trial, step)
            if inner is not None:
                return TrialVerdict.of_inner(inner, step, epoch)
            self._warn(finished, epoch)
            return TrialVerdict(self._verdict(trial, epoch, remember), step, epoch)
        except BaseException as error:
            self._study = None  # it may have been interrupted half way: learn again from the start
            if not isinstance(error, Exception):
                raise
            verdict = Keep(self._stopper.failed("judging", error), cause=Cause.ERROR)
            return TrialVerdict(verdict, step, epoch) if inner is None else TrialVerdict.of_inner(inner, step, epoch)

    def _warn(self, finished: Sequence[FrozenTrial], epoch: int | None) -> None:
        """Warn of what is wrong with what the study reports."""
        counts, end, warn = self._known.counts, self._settings.max_epochs, self.warnings.add
        if epoch is None and counts.unreported:
            warn(
                "trials of this study complete without having reported a value, so none can be pruned: call"
                " trial.report(value, step) after every epoch, and trial.should_prune() after that",
                kind="reports",
            )
        if counts.longer:
            warn(
                f"trials of this study report up to epoch {counts.longest}, but `max_epochs` is {end}: what is forecast"
                f" is the value at epoch {end}, and no trial is pruned from there on",
                kind="longer",
            )
        if self._looked_over or counts.complete < max(_SOME, self._settings.n_startup_trials):
            return
        self._looked_over = True
        if 0 < counts.longest < end and not self._known.history:
            warn(
                f"trials of this study report up to epoch {counts.longest} and `max_epochs` is {end}: none of"
                f" {counts.complete} complete ones has come so far, so nothing can be forecast and none is pruned",
                kind="shorter",
            )
        for name in self._settings.user_attrs:
            if not any(name in trial.user_attrs for trial in finished):
                sentence = f"no finished trial of this study has the user attribute {name!r}, which `user_attrs` names"
                warn(sentence, kind=f"attribute {name}")

    def _verdict(self, trial: FrozenTrial, epoch: int | None, remember: bool) -> Verdict:
        """Keep, without a forecast, or whatever the stopper says."""
        known, settings = self._known, self._settings
        step, end = trial.last_step, settings.max_epochs
        if trial.state == TrialState.COMPLETE:
            return Keep("the trial is complete", cause=Cause.COMPLETE)
        if step is None or epoch is None:
            return Keep("nothing has been reported yet", cause=Cause.NOT_REPORTED)
        if step < settings.n_warmup_steps:
            reason = f"step {step} is before step {settings.n_warmup_steps}, when checks begin"
            return Keep(reason, cause=Cause.WARM_UP)
        if next(self._due(trial), None) != step:
            reason = f"a check comes every {settings.interval_steps} steps, and none is due"
            return Keep(reason, cause=Cause.NOT_CHECKED)
        if known.counts.complete < settings.n_startup_trials:
            reason = f"pruning begins with {settings.n_startup_trials} complete trials, has {known.counts.complete}"
            return Keep(reason, cause=Cause.STARTUP)
        if epoch >= end:
            return Keep(f"it has reached epoch {end}, the last one", cause=Cause.AT_HORIZON)
        curve = known.curve(trial)
        if curve is None:
            middle = "it was resumed after a failure, and what it reported before is not known"
            nothing = "no finite value has been reported yet"
            return Keep(middle if known.begins_in_the_middle(trial) else nothing, cause=Cause.NOT_REPORTED)
        checkpoint = curve.tau if self._every_epoch else self._stopper.last_checkpoint(curve.tau, end)
        last = self._checks.get(trial.number)
        if checkpoint is None:
            return _NOT_CHECKED
        if not self._every_epoch and last is not None and last.checkpoint == checkpoint and last.step != step:
            return last.verdict if isinstance(last.verdict, Drop) else _NOT_CHECKED
        waits = known.waits()
        if waits is not None:
            return waits
        asked = self._stopper.forecasts
        verdict = self._stopper.advise(
            known.as_trial(trial), curve.prefix(checkpoint), known.history, horizon=end, bar=known.bar()
        )
        if remember and self._stopper.forecasts > asked:
            self._checks[trial.number] = _Check(checkpoint, step, verdict)
        return verdict

    def _due(self, trial: FrozenTrial) -> Iterator[int]:
        """The reported steps at which a check was due, or overdue since steps were left out; the last one first."""
        warmup, interval = self._settings.n_warmup_steps, self._settings.interval_steps
        steps = sorted(trial.intermediate_values, reverse=True)
        for i, step in enumerate(steps):
            if step < warmup:
                return
            due = step - (step - warmup) % interval
            if i + 1 == len(steps) or steps[i + 1] < due:
                yield step


_SOME = 10  # complete trials: what is missing in all of them will not come
_NOT_CHECKED = Keep("not checked: no checkpoint has been passed since the last check", cause=Cause.NOT_CHECKED)
