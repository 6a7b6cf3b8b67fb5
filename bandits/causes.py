"""Why there is no forecast, or why an arm was kept or dropped: a value beside every sentence.

Code compares these values; journals and `--json` output hold their names. Sentences are for people alone.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

__all__ = ["Cause"]


class Cause(enum.StrEnum):
    """The cause of an `Abstain` or of a `Verdict`.

    A plug-in that names no cause gives `UNSTATED` with a verdict, and `NO_FORECAST` with an abstention.

    Example:
        >>> Cause("no_bar") is Cause.NO_BAR
        True
    """

    # Why a predictor abstains; a verdict that keeps an arm for that reason has the same cause.
    NO_FORECAST = "no_forecast"  # the predictor abstains, for a cause that has no name here
    TOO_FEW_CURVES = "too_few_curves"  # too few training curves reach the horizon
    TOO_FEW_EPOCHS = "too_few_epochs"  # the arm itself has too few epochs
    AT_HORIZON = "at_horizon"  # nothing is left to forecast
    MISSING_FEATURES = "missing_features"  # the arm or the training curves lack features
    FEATURES_ALIKE = "features_alike"  # nothing tells the training curves apart
    CURVES_ALIKE = "curves_alike"  # the training curves are equal, so no error can be estimated
    UNUSABLE_SCORES = "unusable_scores"  # too large, too small, or outside the logarithm's domain
    NO_FIT = "no_fit"  # no curve could be fitted to the arm's scores
    NOT_READY = "not_ready"  # the fit took too long to wait for
    ERROR = "error"  # the predictor or the rule raised

    # Why a rule cannot judge by forecasts yet.
    NO_THRESHOLD = "no_threshold"  # nothing is known of the errors of forecasts
    TOO_FEW_UNCENSORED = "too_few_uncensored"  # curves that no forecast has censored
    AUDITS_CONTRADICT = "audits_contradict"  # more audited arms would have been dropped wrongly than the risk explains

    # Why an arm was not compared with a bar.
    UNSTATED = "unstated"
    NOT_ASKED = "not_asked"  # no stopper is at work
    NO_BAR = "no_bar"  # too few arms have finished to know which score wins
    NOT_CHECKED = "not_checked"  # the rule does not judge after this epoch, or has judged already
    NOT_REPORTED = "not_reported"  # the trial reported no value that can be read
    COMPLETE = "complete"  # its training is over
    WARM_UP = "warm_up"  # the user asked for no checks this early in a trial
    STARTUP = "startup"  # the user asked for no checks before more trials are complete

    # What a comparison with the bar gave.
    MAY_WIN = "may_win"
    BELOW_BAR = "below_bar"
    AUDITED = "audited"  # it would have been dropped, and goes on to check the rule
    BELOW_MEDIAN = "below_median"
    OTHER_PRUNER = "other_pruner"

    # What a rule with a budget found.
    WORTH_MORE = "worth_more"  # the arm's epochs to go, than the same epochs of fresh arms
    WORTH_LESS = "worth_less"
    LAST_ARM = "last_arm"  # no fresh arm could end within the budget, and this one can

    # Of a scheduler that values arms by their forecasts.
    FIRST_ARMS = "first_arms"  # nothing is known yet
    WORTH_MOST = "worth_most"  # of all arms, by the improvement that is expected of another epoch
    LEASH = "leash"  # a training is due to be completed: that of the arm with the best forecast
    LEASH_FRESH = "leash_fresh"  # likewise, of a configuration by chance
    FINISHING = "finishing"  # the budget nearly ends, and the arm with the best forecast is trained to the end
    BUDGET_SPENT = "budget_spent"  # too little is left for the arm

    @classmethod
    def named(cls, name: object) -> Cause:
        """The cause that a file names; `UNSTATED` where it names none, or one that this version does not know."""
        return _CAUSES.get(name, cls.UNSTATED) if isinstance(name, str) else cls.UNSTATED

    @property
    def nothing_to_judge_by(self) -> bool:
        """Whether there was no forecast, or no rule that could judge one."""
        return self in _NOTHING_TO_JUDGE_BY

    @property
    def about_features(self) -> bool:
        """Whether the cause lies in the features of the trials, which the user can change."""
        return self in (Cause.MISSING_FEATURES, Cause.FEATURES_ALIKE)

    @property
    def rule_waits(self) -> bool:
        """Whether the rule has no threshold yet, because it lacks forecasts or curves."""
        return self in (Cause.NO_THRESHOLD, Cause.TOO_FEW_UNCENSORED, Cause.AUDITS_CONTRADICT)


_CAUSES: Mapping[str, Cause] = {cause.value: cause for cause in Cause}
_NOTHING_TO_JUDGE_BY = frozenset(
    {
        Cause.NO_FORECAST,
        Cause.TOO_FEW_CURVES,
        Cause.TOO_FEW_EPOCHS,
        Cause.AT_HORIZON,
        Cause.MISSING_FEATURES,
        Cause.FEATURES_ALIKE,
        Cause.CURVES_ALIKE,
        Cause.UNUSABLE_SCORES,
        Cause.NO_FIT,
        Cause.NOT_READY,
        Cause.ERROR,
        Cause.NO_THRESHOLD,
        Cause.TOO_FEW_UNCENSORED,
        Cause.AUDITS_CONTRADICT,
    }
)
