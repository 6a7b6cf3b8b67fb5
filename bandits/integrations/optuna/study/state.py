"""What the finished trials of a study amount to, taken in one after another."""

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

Speaks = Callable[[TrainingSet, float | None], bool]


class StudyState:
    """The state of a study after some of its trials, which are taken in in the order in which they finished.

    Args:
        policy: who may teach.
        is_audited: whether no forecast prunes the trial of this number.
        speaks: whether the rule has anything to say, taught by a training set, when this is the bar.

    Attributes:
        counts: what the trials have reported.
        bar: what there is to beat.
        teaching: who teaches.
        censoring: whom a forecast might have pruned.
        usually_begins: the latest epoch with which a teaching trial begins that was not retried.
    """

    def __init__(self, policy: TeachingPolicy, *, is_audited: Callable[[int], bool], speaks: Speaks) -> None:
        self._policy, self._is_audited, self._rule_speaks = policy, is_audited, speaks
        self.counts = StudyCounts()
        self.bar = Bar(policy.keep)
        start = None if policy.learns else policy.needed
        self.teaching = TeachingTrials(most=policy.most, growth=policy.growth, start=start)
        self.censoring = Censoring()
        self.usually_begins = 1
        self._latest: Moment = (datetime.min, -1)
        self._decisive = self._latest  # the last trial on whose place the places of others depend

    def depends_on(self, moment: Moment) -> bool:
        """Whether a trial that finished at this moment would have changed what became of others.

        (Processes hear of trials in another order than that in which they finished.) While forecasts prune, trials are
        censored whoever came before them, unless an audited one has silenced the rule.
        """
        return moment < self._decisive or (moment < self._latest and self._is_audited(moment[1]))

    def take_in(self, trial: FinishedTrial) -> None:
        """Learn that a trial has finished."""
        if self.censoring.period is Period.CENSORED and not self._speaks():
            self.censoring = self.censoring.after(Transition.FALL_SILENT, self._latest[0])
        may_turn, teaching = self.censoring.period is not Period.CENSORED, len(self.teaching)
        self.counts.add(trial)
        if trial.complete:
            self._complete(trial)
        elif self._policy.learns and self._speaks():
            self.censoring = self.censoring.after(Transition.PRUNE, trial.moment[0])
            self.teaching.censor()
        self._latest = max(self._latest, trial.moment)
        if may_turn or len(self.teaching) > teaching:
            self._decisive = self._latest

    def _complete(self, trial: FinishedTrial) -> None:
        """Learn that a trial is complete."""
        if trial.score is not None:
            self.bar.add(trial.score)
        if trial.has_curve and trial.resumed_at <= self.usually_begins and not self._is_censored(trial):
            self.teaching.add(trial.number)
            if not trial.retried:
                self.usually_begins = max(self.usually_begins, trial.begins)
        if not self.teaching.has_begun and self._may_begin():
            self.teaching.begin()

    def _is_censored(self, trial: FinishedTrial) -> bool:
        """Whether a forecast has had a say in whether this trial is complete, as far as the rule minds."""
        if not self._policy.learns or (self._is_audited(trial.number) and not trial.retried):
            return False
        return self.censoring.censors(trial)

    def _may_begin(self) -> bool:
        enough = len(self.teaching) >= self._policy.needed and self.counts.complete >= self._policy.n_startup_trials
        return enough and self.bar.score is not None

    def _speaks(self) -> bool:
        """Whether the rule has anything to say after what it has been taught so far."""
        return self.teaching.has_begun and self._rule_speaks(self.teaching.training_set(), self.bar.score)
