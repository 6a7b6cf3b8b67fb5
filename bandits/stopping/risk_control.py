"""The default stopping rule, which limits the probability of an error over the whole life of an arm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import binom

from bandits.causes import Cause
from bandits.errors import SettingError
from bandits.errors.checks import check_number, check_whole, is_number
from bandits.forecasts import Forecast
from bandits.stopping.calibration_set import CalibrationSet, Scale
from bandits.stopping.check_epochs import sparse
from bandits.stopping.rules import StoppingRule, settings_of
from bandits.stopping.score_lines import ScoreLines
from bandits.verdicts import Drop, Keep, RiskEvidence, Verdict

__all__ = ["RiskControlledRule", "Threshold"]

_LEAST_CURVES = 5  # the fewest curves with which a line has an error
_ALARM = 0.01  # probability that audits raise a false alarm


@dataclass(frozen=True)
class RiskControlledRule(StoppingRule):
    """Drop an arm when few arms that end at the bar would ever have had a forecast as poor as its own.

    The rule estimates, for all checks of an arm's life together, which share of the arms that end exactly at the bar
    would ever have had a forecast as poor as this one. It drops the arm if that share is at most `risk`. So an arm that
    would end above the bar is dropped, at any time, with at most that probability (conformal prediction on
    leave-one-out forecasts of uncensored curves). With fewer than 1 / risk - 1 such curves, no arm is dropped.
    docs/stopping.md tells what this assumes and where it fails.

    Args:
        risk: the probability with which an arm that would end above the bar is dropped at some time, in (0, 0.5].
        margin: an arm that may end within this distance below the bar is protected as well; in score units, >= 0.
        keep: each of the n best arms is protected, with `risk` for each; >= 1.
        audit: share of arms that go on in full whatever is forecast, to check the rule, in [0, 1]; more of the first.
        tolerance: an arm must end by this much above the bar to be protected, on the scale of forecasts (score units;
            logarithms for losses). "noise": by one standard deviation of a measurement.
        from_epoch: no arm is dropped before this epoch, >= 1.

    Raises:
        SettingError: an argument breaks its rule.

    Source: ours. Conformal prediction: Vovk, Gammerman and Shafer, "Algorithmic learning in a random world" (2005).

    Example:
        >>> RiskControlledRule(risk=0.05).settings()["risk"]
        0.05
    """

    risk: float = 0.1
    margin: float = 0.0
    keep: int = 1
    _: KW_ONLY
    audit: float = 0.02
    tolerance: float | Literal["noise"] = "noise"
    from_epoch: int = 1

    def __post_init__(self) -> None:
        check_number("risk", self.risk, above=0, most=0.5)
        check_number("margin", self.margin, least=0)
        check_whole("keep", self.keep, 1)
        check_number("audit", self.audit, least=0, most=1)
        tolerance: object = self.tolerance
        size = is_number(tolerance) and 0 <= tolerance < math.inf
        if not size and not (isinstance(tolerance, str) and tolerance == "noise"):
            raise SettingError.broken("`tolerance`", "must be 'noise' or >= 0 and finite", tolerance)
        check_whole("from_epoch", self.from_epoch, 1)

    @property
    def learns(self) -> bool:  # type: ignore[override]
        return True

    def settings(self) -> Mapping[str, Any]:
        return settings_of(self)

    @property
    def least_curves(self) -> int:
        """How many uncensored curves the guarantee needs."""
        return max(_LEAST_CURVES, math.ceil(round(1.0 / self.risk, 9)) - 1)

    def check_epochs(self, horizon: int) -> Sequence[int]:
        """The check epochs, at growing distances; see `StoppingRule.check_epochs`."""
        return sparse(horizon, self.from_epoch)

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:  # noqa: ARG002 - nothing is known of its errors
        """Keep: without a calibration set there is no threshold."""
        return Keep("no threshold: nothing is known of the errors of forecasts", cause=Cause.NO_THRESHOLD)

    def learn(self, calibration: CalibrationSet) -> Mapping[int, StoppingRule] | Keep:
        """See `StoppingRule.learn`."""
        if len(calibration) < self.least_curves:
            return self._waits(len(calibration))
        audits = calibration.audited
        before = calibration.of(~audits)
        if audits.any() and len(before) >= self.least_curves:
            wrong = self._wrong(before, calibration.of(audits))
            if binom.sf(wrong - 1, audits.sum(), self.risk) <= _ALARM:
                if audits.sum() < self.least_curves:
                    return Keep(
                        f"no threshold: {wrong} of {audits.sum()} audited arms would have been dropped wrongly, which a"
                        f" risk of {self.risk:g} does not explain; waits for {self.least_curves} new curves",
                        cause=Cause.AUDITS_CONTRADICT,
                    )
                calibration = calibration.of(audits)
        lines = ScoreLines.fit(calibration)
        noise = calibration.noise if self.tolerance == "noise" else float(self.tolerance)
        return {
            epoch: Threshold(self, lines, calibration.scale, column, noise)
            for column, epoch in enumerate(calibration.epochs)
        }

    def _waits(self, curves: int) -> Keep:
        return Keep(
            f"no threshold: a risk of {self.risk:g} needs {self.least_curves} uncensored curves with forecasts,"
            f" has {curves}",
            cause=Cause.TOO_FEW_UNCENSORED,
        )

    def _wrong(self, before: CalibrationSet, audited: CalibrationSet) -> int:
        """How many audited arms a rule learnt before the audits would have dropped, with their own ends as bars."""
        lines = ScoreLines.fit(before)
        scores = [lines.nonconformity(k, audited.errors[:, k], audited.ends) for k in range(len(before.epochs))]
        return int(sum(lines.share(float(score)) <= self.risk for score in np.max(scores, axis=0)))


@dataclass(frozen=True, slots=True, eq=False)
class Threshold(StoppingRule):
    """A rule that has learnt from a calibration set; for one check epoch.

    Args:
        rule: the rule, with its settings.
        lines: the score lines that it has learnt.
        scale: scale of the errors.
        column: index of the check epoch in the calibration set.
        tolerance: how far above the bar an arm must end to be protected, on the link's scale.
    """

    rule: RiskControlledRule
    lines: ScoreLines
    scale: Scale
    column: int
    tolerance: float

    @property
    def keep(self) -> int:  # type: ignore[override]
        return self.rule.keep

    def settings(self) -> Mapping[str, Any]:
        return self.rule.settings()

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        bar -= self.rule.margin
        end = min(self.scale.link.apply(bar) + self.tolerance, self.lines.reach)
        # The smaller of two scores counts: where the line is steeper than the error, a higher end has the smaller one.
        ends = np.array([end, self.lines.reach])
        errors = np.array([self.scale.of_forecast(forecast, end), self.scale.of_forecast(forecast, self.lines.reach)])
        share = self.lines.share(float(self.lines.nonconformity(self.column, errors, ends).min()))
        evidence = RiskEvidence(forecast, bar, 1.0 - share, 1.0 - self.rule.risk)
        if share <= self.rule.risk + 1e-12:
            return Drop(evidence.sentence(), evidence, cause=Cause.BELOW_BAR)
        return Keep(evidence.sentence(), evidence, cause=Cause.MAY_WIN)
