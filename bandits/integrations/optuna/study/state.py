"""The state of a study after its finished trials, which are added one after another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bandits.integrations.optuna.study.bar import Bar
from bandits.integrations.optuna.study.censoring import Censoring, Period, Transition
from bandits.integrations.optuna.study.counts import StudyCounts
from bandits.integrations.optuna.study.finished_trial import FinishedTrial, Moment
from bandits.integrations.optuna.study.policy import TeachingPolicy
from bandits.integrations.optuna.study.teaching import TeachingTrials, TrainingSet

__all__ = ["StudyState"]

HasThreshold = Callable[[TrainingSet, float | None], bool]


class StudyState:
    """The state of a study after some of its trials, added in the order in which they finished.

    Args:
        policy: which trials may teach.
        is_audited: whether no forecast prunes the trial of this number.
        has_threshold: whether the rule has a threshold after learning from a training set, for a bar.

    Attributes:
        counts: what the trials have reported.
        bar: the score to beat.
        teaching: the trials that teach.
        censoring: the period, which tells whether forecasts might have pruned a trial.
        usually_begins: the latest first epoch of teaching trials that were not retried.
    """

    def __init__(
        self, policy: TeachingPolicy, *, is_audited: Callable[[int], bool], has_threshold: HasThreshold
    ) -> None:
        self._policy, self._is_audited, self._rule_has_threshold = policy, is_audited, has_threshold
        self.counts = StudyCounts()
        self.bar = Bar(policy.keep)
        start = None if policy.learns else policy.needed
        self.teaching = TeachingTrials(most=policy.most, growth=policy.growth, start=start)
        self.censoring = Censoring()
        self.usually_begins = 1
        self._latest: Moment = (datetime.min, -1)
        self._decisive = self._latest  # the last trial whose order matters for others

    def depends_on(self, moment: Moment) -> bool:
        """Whether a trial that finished at this moment would have changed how others were treated.

        (A process may learn of trials in another order than that in which they finished.) While forecasts prune, trials
        are censored whichever trials came before them, unless an audited one has silenced the rule.
        """
        return moment < self._decisive or (moment < self._latest and self._is_audited(moment[1]))

    def take_in(self, trial: FinishedTrial) -> None:
        """Add a finished trial."""
        if self.censoring.period is Period.CENSORED and not self._has_threshold():
            self.censoring = self.censoring.after(Transition.FALL_SILENT, self._latest[0])
        may_turn, teaching = self.censoring.period is not Period.CENSORED, len(self.teaching)
        self.counts.add(trial)
        if trial.complete:
            self._complete(trial)
        elif self._policy.every_step and trial.epochs:
            self.teaching.add(trial.number)
        elif self._policy.learns and self._has_threshold():
            self.censoring = self.censoring.after(Transition.PRUNE, trial.moment[0])
            self.teaching.censor()
        self._latest = max(self._latest, trial.moment)
        if may_turn or len(self.teaching) > teaching:
            self._decisive = self._latest

    def _complete(self, trial: FinishedTrial) -> None:
        """Add a complete trial."""
        if trial.score is not None:
            self.bar.add(trial.score)
        if trial.has_curve and trial.resumed_at <= self.usually_begins and not self._is_censored(trial):
            self.teaching.add(trial.number)
            if not trial.retried:
                self.usually_begins = max(self.usually_begins, trial.begins)
        if not self.teaching.has_begun and self._may_begin():
            self.teaching.begin()

    def _is_censored(self, trial: FinishedTrial) -> bool:
        """Whether a forecast might have pruned this complete trial, if that matters to the rule."""
        if not self._policy.learns or (self._is_audited(trial.number) and not trial.retried):
            return False
        return self.censoring.censors(trial)

    def _may_begin(self) -> bool:
        enough = len(self.teaching) >= self._policy.needed and self.counts.complete >= self._policy.n_startup_trials
        return enough and self.bar.score is not None

    def _has_threshold(self) -> bool:
        """Whether the rule has a threshold after learning from the present training set."""
        return self.teaching.has_begun and self._rule_has_threshold(self.teaching.training_set(), self.bar.score)
