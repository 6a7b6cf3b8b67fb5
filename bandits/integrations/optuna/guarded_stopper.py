"""An early stopper for trainings of other libraries: errors of its predictor or rule become verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain
from bandits.integrations.optuna.guarded_predictor import GuardedPredictor, failure
from bandits.integrations.optuna.pending_warnings import PendingWarnings
from bandits.predictors.base import Predictor
from bandits.stopping import EarlyStopper, Keep, Spending, StoppingRule, Verdict

__all__ = ["GuardedStopper"]

Arms = Sequence[tuple[Trial, Curve]]


class GuardedStopper(EarlyStopper):
    """Keeps an arm if its predictor or its rule raises, and warns once of each kind of error.

    Fits depend on the training set alone (`scratch_growth` 1). The rule is not called again for a history with which
    it has failed.

    Args:
        predictor: the predictor.
        rule: the stopping rule.
        seed: as in `EarlyStopper`.
        warnings: receives errors, and a warning if features are missing for forecasts.
    """

    def __init__(self, predictor: Predictor, rule: StoppingRule, *, seed: int, warnings: PendingWarnings) -> None:
        self._guarded = GuardedPredictor(predictor, warnings)
        super().__init__(self._guarded, rule, scratch_growth=1.0, seed=seed)
        self._warnings = warnings
        self._failed: WeakKeyDictionary[History, Keep] = WeakKeyDictionary()
        self._refusals: WeakKeyDictionary[History, Abstain | None] = WeakKeyDictionary()

    @property
    def forecasts(self) -> int:
        """How many arms the predictor was asked to forecast."""
        return self._guarded.arms

    def advise_many(
        self, arms: Arms, history: History, *, horizon: int, bar: float | None, spending: Spending | None = None
    ) -> list[Verdict]:
        """Judge many arms at once; see `EarlyStopper.advise_many`."""
        if history in self._failed:
            return [self._failed[history]] * len(arms)
        self._guarded.begin()
        try:
            verdicts = super().advise_many(arms, history, horizon=horizon, bar=bar, spending=spending)
        except Exception as error:  # a rule may raise what it likes
            kept = self._failed[history] = Keep(self.failed(type(self.rule).__name__, error), cause=Cause.ERROR)
            return [kept] * len(arms)
        if self._guarded.fits:
            self._refusals[history] = self._guarded.refusal
        verdicts = [self._explained(verdict, self._refusals.get(history)) for verdict in verdicts]
        for verdict in verdicts:
            self._warn_of_features(verdict)
        return verdicts

    def failed(self, what: str, error: Exception) -> str:
        """Warn of an error, and return the verdict that tells it."""
        return failure(what, error, self._warnings)

    def _explained(self, verdict: Verdict, refusal: Abstain | None) -> Verdict:
        """If the rule has no threshold because the predictor gave no forecasts, give the predictor's reason."""
        if refusal is None or not verdict.cause.rule_waits:
            return verdict
        return Keep(f"no forecast: {refusal.reason}", cause=refusal.cause)

    def _warn_of_features(self, verdict: Verdict) -> None:
        if verdict.cause.about_features:
            self._warnings.add(
                f"{self.predictor.name} cannot judge trials, so they go on unpruned; {verdict.reason} (features are the"
                " parameters of the study, and the user attributes that are named in `user_attrs`)",
            )
