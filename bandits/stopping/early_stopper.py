"""Join a predictor and a rule to decide whether an arm may still win."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from weakref import WeakKeyDictionary

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors.checks import check_instance, check_number, check_whole
from bandits.forecasts import Abstain, Forecast
from bandits.predictors.base import Forecaster, Predictor
from bandits.stopping.auditing import is_audited
from bandits.stopping.budget_rule import BudgetRule
from bandits.stopping.earlier.training_set import EarlierCurves
from bandits.stopping.economic.record import ends_of, record_of
from bandits.stopping.economic.situation import FreshArms, Situation, Spending
from bandits.stopping.fits import FitCache
from bandits.stopping.risk_control import RiskControlledRule
from bandits.stopping.rules import ProbabilityRule, StoppingRule, unusual_settings
from bandits.verdicts import SPARED, Drop, Keep, Verdict

__all__ = ["EarlyStopper"]

Arms = Sequence[tuple[Trial, Curve]]


class EarlyStopper:
    """Forecasts an arm's score at its horizon and applies a stopping rule to the forecast.

    Fits are kept for each history and horizon, and renewed when the training set has grown (see `FitCache`). A rule
    that learns the errors of forecasts learns again after every fit, from curves that no forecast has censored. The
    owner of the history calls `History.censor` for an arm whose verdict is `censored`.

    Args:
        predictor: makes the forecasts.
        rule: decides when to drop; `RiskControlledRule()` by default.
        earlier: curves of earlier studies, with which the predictor starts; None for none.
        refit_growth: factor by which the training set must have grown for a new fit, >= 1 (1 fits again whenever a
            curve has been added).
        scratch_growth: factor by which it must have grown since the last fit from scratch for another one, >= 1 (with
            1 every fit is from scratch, so it depends on the training set alone).
        seed: seed of the predictor and of the choice of audited arms, >= 0.

    Raises:
        SettingError: an argument breaks its rule.

    Example:
        >>> from bandits.predictors import LastSeenValue
        >>> from bandits.stopping import ProbabilityRule
        >>> stopper = EarlyStopper(LastSeenValue(min_curves=3), ProbabilityRule(confidence=0.9))
        >>> history = History.from_curves((Trial(i), Curve([i / 10, i / 10 + 0.01 * (i % 2)])) for i in range(4))
        >>> stopper.advise(Trial(9), Curve([0.1]), history, horizon=2, bar=0.31).reason
        'P(score at epoch 2 <= 0.31) = 1 >= 0.9'
    """

    def __init__(
        self,
        predictor: Predictor,
        rule: StoppingRule | None = None,
        *,
        earlier: EarlierCurves | None = None,
        refit_growth: float = 1.25,
        scratch_growth: float = 2.0,
        seed: int = 0,
    ) -> None:
        self.predictor = check_instance("predictor", predictor, Predictor, "must be a Predictor such as SRM()")
        check_instance("rule", rule, StoppingRule, "must be a StoppingRule such as RiskControlledRule()", or_none=True)
        self.rule = RiskControlledRule() if rule is None else rule
        self.earlier = check_instance("earlier", earlier, EarlierCurves, "must be EarlierCurves", or_none=True)
        self.refit_growth = check_number("refit_growth", refit_growth, least=1, finite=False)
        self.scratch_growth = check_number("scratch_growth", scratch_growth, least=1, finite=False)
        self.seed = check_whole("seed", seed, 0)
        self._fits = FitCache(
            self.predictor,
            self.rule,
            refit_growth=self.refit_growth,
            scratch_growth=self.scratch_growth,
            seed=self.seed,
        )
        self._checked: dict[int, frozenset[int]] = {}
        self._fresh: WeakKeyDictionary[Forecaster, FreshArms] = WeakKeyDictionary()

    @property
    def keep(self) -> int:
        """How many of the best arms must survive: the rule's n."""
        return self.rule.keep

    @property
    def burn_in(self) -> int | None:
        """How many arms should train in full before the first forecast; None where the scheduler decides."""
        return self.rule.burn_in

    @property
    def needs_whole_trainings(self) -> bool:
        """Whether the rule has a budget, and so judges arms that train to the end of their only job."""
        return isinstance(self.rule, BudgetRule)

    def settings(self) -> Mapping[str, Any]:
        """The settings that build an equal stopper, without earlier curves; JSON values. Defaults are left out."""
        settings = {"predictor": self.predictor.name, "rule": self.rule.settings(), "seed": self.seed}
        named = {
            "predictor_settings": unusual_settings(self.predictor, self.predictor.settings()),
            "rule_name": ""
            if isinstance(self.rule, RiskControlledRule | ProbabilityRule)
            else type(self.rule).__name__,
            **unusual_settings(self, {"refit_growth": self.refit_growth, "scratch_growth": self.scratch_growth}),
            "earlier": None if self.earlier is None else self.earlier.settings(),
        }
        return {**settings, **{name: value for name, value in named.items() if value}}

    def is_audited(self, trial_id: int) -> bool:
        """Whether no forecast drops the arm, so that the rule can be checked."""
        return is_audited(trial_id, self.rule.audit, self.seed)

    def advise(self, trial: Trial, curve: Curve, history: History, *, horizon: int, bar: float | None) -> Verdict:
        """Judge one arm after an epoch.

        Args:
            trial: the arm.
            curve: its scores so far, `[tau]`, 1 <= tau < horizon.
            history: the curves from which the predictor may learn.
            horizon: the epoch whose score decides.
            bar: the largest score at which the arm still loses; None while there is none.

        Returns:
            `Keep` or `Drop`, with the reason.
        """
        return self.advise_many([(trial, curve)], history, horizon=horizon, bar=bar)[0]

    def advise_many(
        self, arms: Arms, history: History, *, horizon: int, bar: float | None, spending: Spending | None = None
    ) -> list[Verdict]:
        """Judge many arms at once; the same answers as `advise`, in the same order.

        Args:
            arms, history, horizon, bar: as in `advise`.
            spending: what the search has used of its budget, for a rule that has one; by default what the history
                tells.
        """
        if self.predictor.learns_from_every_step:
            history = history.whole
        if self.earlier is not None:
            for trial, curve in arms:
                self.earlier.note_asked(history, trial.id, curve.tau, horizon)
        if bar is None:
            return [_NO_BAR] * len(arms)
        verdicts: list[Verdict] = [_NOT_NOW] * len(arms)
        due = [i for i, (_, curve) in enumerate(arms) if self._is_due(curve.tau, horizon)]
        if due:
            judged = self._judge_all([arms[i] for i in due], history, horizon, bar, spending)
            for i, verdict in zip(due, judged, strict=True):
                verdicts[i] = verdict
        return verdicts

    def last_check_epoch(self, tau: int, horizon: int) -> int | None:
        """The last epoch up to `tau` after which the rule judges arms; None before the first."""
        return max((epoch for epoch in self.rule.check_epochs(horizon) if epoch <= tau), default=None)

    def _is_due(self, tau: int, horizon: int) -> bool:
        if horizon not in self._checked:
            self._checked[horizon] = frozenset(self.rule.check_epochs(horizon))
        return tau in self._checked[horizon]

    def _judge_all(
        self, arms: Arms, history: History, horizon: int, bar: float, spending: Spending | None
    ) -> list[Verdict]:
        """Judge arms that have reached a check epoch."""
        if isinstance(self.rule, BudgetRule):
            if spending is None:
                spending = Spending(history.whole.epochs, history.whole.count_reaching(horizon))
            verdicts = [self.rule.by_budget_alone(curve.tau, horizon, spending) for _, curve in arms]
            if all(verdicts):
                return [replace(verdict, censored=True) for verdict in verdicts if verdict is not None]
        training = history if self.earlier is None else self.earlier.training_set(history, horizon)
        too_few = self._too_few(training, horizon)
        if too_few is not None:
            return [too_few] * len(arms)
        fit = self._fits.fit(training, history, horizon)
        if isinstance(fit.rules, Keep):
            return [fit.rules] * len(arms)
        arms = [(self._shown(trial, history, horizon), curve) for trial, curve in arms]
        if isinstance(self.rule, BudgetRule) and spending is not None:
            return self._weigh_all(self.rule, arms, fit.forecaster, history, horizon, bar, spending)
        forecasts = fit.forecaster.forecast_many(arms)
        return [
            self._judge(trial.id, forecast, fit.rules.get(curve.tau), bar)
            for (trial, curve), forecast in zip(arms, forecasts, strict=True)
        ]

    def _shown(self, trial: Trial, history: History, horizon: int) -> Trial:
        """A trial with the features that predictors see."""
        return trial if self.earlier is None else self.earlier.restricted(trial, history, horizon)

    def _too_few(self, history: History, horizon: int) -> Keep | None:
        """The verdict, without a fit, if the predictor needs more curves than there are; else None."""
        needed, there = self.predictor.curves_needed(horizon), history.count_reaching(horizon)
        if there >= needed:
            return None
        reason = f"no forecast: {self.predictor.name} needs {needed} curves that reach epoch {horizon}, has {there}"
        return Keep(reason, cause=Cause.TOO_FEW_CURVES)

    def _judge(self, trial_id: int, forecast: Forecast | Abstain, rule: StoppingRule | None, bar: float) -> Verdict:
        if isinstance(forecast, Abstain):
            return _no_forecast(forecast)
        if rule is None:
            return _NO_THRESHOLD
        verdict = rule.judge(forecast, bar=bar)
        if not self.is_audited(trial_id):
            return replace(verdict, censored=True)
        if isinstance(verdict, Drop):
            return Keep(verdict.reason + SPARED, verdict.evidence, spared=True, cause=Cause.AUDITED)
        return verdict

    def _weigh_all(
        self,
        rule: BudgetRule,
        arms: Arms,
        forecaster: Forecaster,
        history: History,
        horizon: int,
        bar: float,
        spending: Spending,
    ) -> list[Verdict]:
        """The verdicts of a rule that weighs arms against fresh ones."""
        whole = history.whole
        first = rule.check_epochs(horizon)[0]
        fresh, known = self._fresh.get(forecaster), whole.count_reaching(first)
        if fresh is None or known >= self.refit_growth * fresh.known:
            shown = (self._shown(trial, history, horizon) for trial, _ in whole.reaching(first))
            begun = [(trial, whole.curve(trial.id)) for trial in shown]
            record = record_of(forecaster, begun, rule.check_epochs(horizon), horizon)
            fresh = self._fresh[forecaster] = FreshArms(record, known)
        verdicts: list[Verdict] = []
        for trial, curve in arms:
            now, at_first = forecaster.forecast_many([(trial, curve), (trial, curve.prefix(first))])
            if isinstance(now, Forecast) and isinstance(at_first, Forecast):
                situation = Situation(horizon, curve.tau, bar, spending, ends_of(at_first), fresh)
                verdicts.append(replace(rule.weigh(now, situation), censored=True))
            else:
                verdicts.append(_no_forecast(now if isinstance(now, Abstain) else cast(Abstain, at_first)))
        return verdicts


_NO_BAR = Keep("no bar yet: too few arms have finished to say what it takes to win", cause=Cause.NO_BAR)
_NOT_NOW = Keep("not checked after this epoch", cause=Cause.NOT_CHECKED)
_NO_THRESHOLD = Keep(
    "no threshold: not every training curve could be forecast after this epoch", cause=Cause.NO_THRESHOLD
)


def _no_forecast(why: Abstain) -> Keep:
    return Keep(f"no forecast: {why.reason}", cause=why.cause)
