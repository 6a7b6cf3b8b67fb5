"""Warnings about the reports of a study because of which no trial can be pruned."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.trial import FrozenTrial

from bandits.integrations.optuna.pending_warnings import PendingWarnings
from bandits.integrations.optuna.settings import PrunerSettings
from bandits.integrations.optuna.study.known_study import KnownStudy
from bandits.studies.epochs import goes_down, is_time_stamp

__all__ = ["StudyWarnings"]

_SOME = 10  # complete trials: a fact that is missing in all of them is taken to stay missing


class StudyWarnings:
    """Finds problems of a study of which its user should be warned.

    Args:
        settings: settings of the pruner.
        pending: receives the warnings.
    """

    def __init__(self, settings: PrunerSettings, pending: PendingWarnings) -> None:
        self._settings, self._pending = settings, pending
        self._enough_seen = False  # whether enough trials have been seen to warn of what all of them lack

    def look(self, known: KnownStudy, finished: Sequence[FrozenTrial], *, has_reported: bool) -> None:
        """Add warnings about a study.

        Args:
            known: what is known of the study.
            finished: its completed and pruned trials.
            has_reported: whether the trial that is judged now has reported anything.
        """
        counts, end, warn = known.counts, self._settings.max_epochs, self._pending.add
        if counts.unreported and not has_reported:
            warn(
                "trials of this study complete without having reported a value, so none can be pruned: call"
                " trial.report(value, step) after every epoch, and trial.should_prune() after that",
                kind="reports",
            )
        if counts.longer:
            warn(
                f"trials of this study report up to epoch {counts.longest}, but `max_epochs` is {end}: forecasts are"
                f" for the value at epoch {end}, and no trial is pruned from that epoch on",
                kind="longer",
            )
        if not self._enough_seen and counts.complete >= max(_SOME, self._settings.n_startup_trials):
            self._enough_seen = True
            self._look_for_what_is_missing(known, finished)

    def budget_is_spent(self) -> None:
        """Warn that no further trial can end within the budget of the rule."""
        budget = getattr(self._settings.rule, "budget", None)
        if budget is not None:
            self._pending.add(
                f"the budget of {budget:g} full trainings is spent: no further trial can end within it, so each is"
                " pruned after its first report; end the study, or give the rule a larger budget",
                kind="budget",
            )

    def unreadable_steps(self, trial: FrozenTrial) -> str | None:
        """Why the steps of a trial are no epochs, with a warning; None if they may be epochs."""
        step = trial.last_step or 0
        if is_time_stamp(step):
            reason = f"its steps look like time stamps ({step})"
        elif goes_down(trial.intermediate_values):
            steps = list(trial.intermediate_values)
            reason = f"its steps go down (from {steps[0]} to {steps[-1]})"
        else:
            return None
        self._pending.add(
            f"trial {trial.number} is not pruned, nor are others like it: {reason}; report increasing epochs, from 0 or"
            " 1 to `max_epochs`",
            kind="steps",
        )
        return reason

    def _look_for_what_is_missing(self, known: KnownStudy, finished: Sequence[FrozenTrial]) -> None:
        counts, end = known.counts, self._settings.max_epochs
        if 0 < counts.longest < end and not known.history:
            self._pending.add(
                f"trials of this study report up to epoch {counts.longest}, but `max_epochs` is {end}: none of"
                f" {counts.complete} complete trials has reached it, so nothing can be forecast and no trial is pruned",
                kind="shorter",
            )
        for name in self._settings.user_attrs:
            if not any(name in trial.user_attrs for trial in finished):
                sentence = f"no finished trial of this study has the user attribute {name!r}, which `user_attrs` names"
                self._pending.add(sentence, kind=f"attribute {name}")
