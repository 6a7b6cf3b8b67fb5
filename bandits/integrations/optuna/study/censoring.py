"""When forecasts could prune the trials of a study, as one table of transitions, and which trials are censored.

A completed trial is censored by a forecast if a forecast might have pruned it: it is complete only because it looked
good, so completed trials do not represent all trials.

    UNCENSORED --prune--> CENSORED --fall silent--> SILENT --prune--> CENSORED
                             |
                             +--prune--> CENSORED

While nothing has been pruned, all trials are complete. A rule falls silent when audits show that it errs too often;
trials that start after that are uncensored until it prunes again.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bandits.errors import ProtocolError
from bandits.integrations.optuna.study.finished_trial import FinishedTrial

__all__ = ["TRANSITIONS", "Censoring", "Period", "Transition"]


class Period(enum.Enum):
    """What forecasts do to the trials that are running now."""

    UNCENSORED = "no trial has been pruned by a forecast yet"
    CENSORED = "forecasts prune trials"
    SILENT = "forecasts have pruned trials, but the rule prunes no longer"


class Transition(enum.Enum):
    """The events that begin another period."""

    PRUNE = "prune"  # a forecast pruned a trial
    FALL_SILENT = "fall silent"  # the rule has no threshold with its latest training set


TRANSITIONS: Mapping[Period, Mapping[Transition, Period]] = {
    Period.UNCENSORED: {Transition.PRUNE: Period.CENSORED},
    Period.CENSORED: {Transition.PRUNE: Period.CENSORED, Transition.FALL_SILENT: Period.SILENT},
    Period.SILENT: {Transition.PRUNE: Period.CENSORED},
}


@dataclass(frozen=True, slots=True)
class Censoring:
    """The period that a study is in.

    Args:
        period: the first one, by default.
        silent_since: when the SILENT period began; None in other periods.
    """

    period: Period = Period.UNCENSORED
    silent_since: datetime | None = None

    def after(self, transition: Transition, moment: datetime) -> Censoring:
        """The state after a transition at a moment.

        Raises:
            ProtocolError: the table does not allow it.
        """
        period = TRANSITIONS[self.period].get(transition)
        if period is None:
            raise ProtocolError(f"a rule cannot {transition.value} while {self.period.value}")
        return Censoring(period, moment if period is Period.SILENT else None)

    def censors(self, trial: FinishedTrial) -> bool:
        """Whether a forecast might have pruned a trial that is now complete.

        None could if no trial had been pruned when it ended, or if it began in the SILENT period in which it ended. A
        retried trial may have begun long before its start. A trial without a start time counts as begun in that period.
        """
        if self.period is Period.UNCENSORED:
            return False
        if self.silent_since is None or trial.retried:
            return True
        return trial.started is not None and trial.started < self.silent_since
