"""The stopping rule that is wrong as often as it was told it may be, over the whole life of an arm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, t

from bandits.causes import Cause
from bandits.checks import check_number, check_whole, is_number
from bandits.errors import SettingError
from bandits.forecasts import Forecast
from bandits.stopping.check_epochs import sparse
from bandits.stopping.rules import StoppingRule, settings_of
from bandits.stopping.track_record import Scale, TrackRecord
from bandits.verdicts import Drop, Keep, RiskEvidence, Verdict

__all__ = ["Lines", "RiskControlledRule", "Threshold"]

Floats = NDArray[np.float64]

_LEAST_CURVES = 5  # that give a line an error
_LINE_CONFIDENCE = 0.95  # one-sided, that a line does not lie higher than is assumed
_REACH = 0.25  # how far beyond the best curve of the record a line is trusted, in distances from the median to it
_ALONE = 1e-9  # a curve with a leverage that is closer to 1 has a line of its own
_ALARM = 0.01  # chance that audits raise an alarm where all is well


@dataclass(frozen=True)
class RiskControlledRule(StoppingRule):
    """Drop an arm when hardly any arm that ends at the bar would ever look as bad.

    A rule that asks of a forecast "will this arm beat the bar?" asks again after every epoch, of forecasts that miss
    the best arms by more than others (whoever wins was lucky too). This rule turns the question around, and asks it
    once for all checks together: *of arms that end exactly at the bar, which share would look as bad as this one, at
    one check or another?* It drops the arm if that share is at most `risk`, for arms that end at the bar and for such
    that end higher. So each arm which would have ended above the bar is dropped, at any time in its life, with at most
    that probability; the eventual best of a run among them.

    How it knows: the predictor says what it would have forecast for each training curve i, at each checkpoint t, had
    it not learnt from it. Its standardised errors z_it = (end - forecast) / std are regressed on the ends, one line a
    checkpoint: forecasts of good arms fall short, the earlier the more. What is left, r_it, are whole paths. With
    M_i = max_t r_it / (1 + t / horizon), which asks for more evidence late, where less is left to save, an arm that
    ends at y looks as bad as m with probability (1 + #{M_i >= m}) / (n + 1).

    Guarantee. If n curves and an arm that ends at y are exchangeable given their ends, that is, if the paths r of
    arms are identically distributed around their lines whatever their ends, then for known lines the arm is dropped
    with probability <= `risk`, for any n, at any distribution of paths (conformal prediction; the maximum over
    checkpoints makes it simultaneous). Lines are estimated: residuals are those of lines fitted without each curve,
    divided by the standard deviation of such a prediction, and the line is raised to the upper end of its one-sided
    95 % interval, which protects against an unlucky record. What is assumed beyond that: that errors shift with the
    end in a line, and keep their spread. Neither holds exactly, so a benchmark measures the risk
    (`benchmarks/early_stopping`).

    Where it says nothing. With n < 1 / risk - 1 curves no threshold gives the guarantee, and no arm is dropped. No
    training curve tells how arms look that end far beyond all of them: the bar counts as at most a quarter of the
    distance from the median to the best curve above that best curve. And if a few arms in a thousand are good, and
    none of them is among the training curves, nothing is known of them but that they end where no curve has ended:
    arms that look like losers until late are lost.

    Auditing. A share of arms is never dropped, whatever is forecast. Those which would have been join the record, and
    keep it fair while the search goes on. Would more of them have been dropped against their own end than `risk`
    allows (a binomial test at 1 %), the record before them is not used any more, and arms are dropped again when there
    are enough new curves.

    Args:
        risk: the probability with which an arm that would end above the bar is dropped at some time, in (0, 0.5].
        margin: an arm that may end within this distance below the bar is protected as well; in score units, >= 0.
        keep: each of the n best arms is protected, with `risk` for each; >= 1.
        audit: share of arms that go on in full whatever is forecast, in [0, 1]. The first arms, of which little is
            known, are audited more often: the i-th with probability 5 / i, if that is more.
        tolerance: an arm must end by this much above the bar to be worth protecting, on the scale of forecasts (score
            units; logarithms for losses). "noise": by one standard deviation of the measurements at the end of good
            training curves.
        from_epoch: no arm is dropped before this epoch, >= 1.

    Raises:
        SettingError: an argument breaks its rule.

    Source: ours. Conformal prediction: Vovk, Gammerman and Shafer, "Algorithmic learning in a random world" (2005);
    a stated risk from a calibration sample: Angelopoulos et al., "Conformal risk control" (ICLR 2024).

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
        """How many fair curves give a guarantee."""
        return max(_LEAST_CURVES, math.ceil(round(1.0 / self.risk, 9)) - 1)

    def checkpoints(self, horizon: int) -> Sequence[int]:
        """See `StoppingRule.checkpoints`: ever further apart."""
        return sparse(horizon, self.from_epoch)

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:  # noqa: ARG002 - nothing is known of its errors
        """Keep: without a record there is no threshold."""
        return Keep("no threshold: nothing is known of the errors of forecasts", cause=Cause.NO_THRESHOLD)

    def learn(self, record: TrackRecord) -> Mapping[int, StoppingRule] | Keep:
        """See `StoppingRule.learn`."""
        if len(record) < self.least_curves:
            return self._waits(len(record))
        audits = record.audited
        before = record.of(~audits)
        if audits.any() and len(before) >= self.least_curves:
            wrong = self._wrong(before, record.of(audits))
            if binom.sf(wrong - 1, audits.sum(), self.risk) <= _ALARM:
                if audits.sum() < self.least_curves:
                    return Keep(
                        f"no threshold: {wrong} of {audits.sum()} audited arms would have been dropped wrongly, which a"
                        f" risk of {self.risk:g} does not explain; waits for {self.least_curves} new curves",
                        cause=Cause.AUDITS_CONTRADICT,
                    )
                record = record.of(audits)
        lines = Lines.fit(record)
        noise = record.noise if self.tolerance == "noise" else float(self.tolerance)
        return {
            epoch: Threshold(self, lines, record.scale, column, noise) for column, epoch in enumerate(record.epochs)
        }

    def _waits(self, curves: int) -> Keep:
        return Keep(
            f"no threshold: a risk of {self.risk:g} needs {self.least_curves} fair curves with forecasts, has {curves}",
            cause=Cause.TOO_FEW_UNCENSORED,
        )

    def _wrong(self, before: TrackRecord, audited: TrackRecord) -> int:
        """How many audited arms an earlier record would have dropped against their own ends."""
        lines = Lines.fit(before)
        worst = np.max([lines.badness(column, audited.errors[:, column], audited.ends)
                        for column in range(len(before.epochs))], axis=0)  # fmt: skip
        return int(sum(lines.share(float(m)) <= self.risk for m in worst))


@dataclass(frozen=True, slots=True)
class Lines:
    """How short forecasts fall of the ends of arms, by their ends, and how far single arms are from that.

    Args:
        growth: `[K]` by which more evidence is asked for at each checkpoint.
        centre, spread: mean of the ends, and the sum of their squared distances from it.
        heights, slopes: `[K]` of the lines, at the centre; slopes >= 0.
        scatter: standard deviation of the errors about them.
        worst: `[n]` M of each curve, ascending.
        reach: ends beyond this are not told apart.
        raised: standard errors by which the lines are raised.
    """

    growth: Floats
    centre: float
    spread: float
    heights: Floats
    slopes: Floats
    scatter: float
    worst: Floats
    reach: float
    raised: float

    @classmethod
    def fit(cls, record: TrackRecord) -> Lines:
        """Learn from a record of 5 curves or more."""
        ends, errors = record.ends, record.errors
        n = len(ends)
        horizon_shares = np.array(record.epochs) / record.horizon
        centre = float(ends.mean())
        away = ends - centre
        spread = float(away @ away) if ends.max() > ends.min() else 0.0
        heights = errors.mean(axis=0)
        slopes = np.maximum(away @ errors / spread, 0.0) if spread > 0 else np.zeros(len(heights))
        residuals = errors - heights - np.outer(away, slopes)
        scatter = float(np.median(np.sqrt((residuals**2).sum(axis=0) / (n - 2))))
        leverage = 1.0 / n + (away**2 / spread if spread > 0 else np.zeros(n))
        growth = 1.0 + horizon_shares
        alone = 1.0 - leverage <= _ALONE  # its line goes through it: nothing else tells how it would look
        left_out = residuals / (np.where(alone, 1.0, 1.0 - leverage) * np.sqrt(1.0 + leverage))[:, np.newaxis]
        left_out[alone] = math.inf
        best = float(ends.max())
        return cls(
            growth=growth,
            centre=centre,
            spread=spread,
            heights=heights,
            slopes=slopes,
            scatter=scatter,
            worst=np.sort((left_out / growth).max(axis=1)),
            reach=best + _REACH * (best - float(np.median(ends))),
            raised=float(t.ppf(_LINE_CONFIDENCE, n - 2)),
        )

    def badness(self, column: int, errors: Floats | float, ends: Floats | float) -> Floats:
        """m of arms that end at `ends`, with forecasts that fall short by `errors` standard deviations."""
        line, unit = self._raised_line(column, ends)
        return np.asarray((errors - line) / unit)

    def threshold(self, column: int, ends: Floats | float, risk: float) -> Floats:
        """By how many standard deviations a forecast may fall short of an arm's end before the arm is dropped."""
        line, unit = self._raised_line(column, ends)
        return line + self.limit(risk) * unit

    def _raised_line(self, column: int, ends: Floats | float) -> tuple[Floats, Floats]:
        """The upper end of the line's interval at `ends`, and the errors beyond it that count as 1."""
        away = np.minimum(ends, self.reach) - self.centre
        leverage = 1.0 / len(self.worst) + (away**2 / self.spread if self.spread > 0 else 0.0)
        line = self.heights[column] + self.slopes[column] * away + self.raised * self.scatter * np.sqrt(leverage)
        return np.asarray(line), np.asarray(self.growth[column] * np.sqrt(1.0 + leverage))

    def limit(self, risk: float) -> float:
        """The badness from which at most the share `risk` of arms looks as bad at some checkpoint; inf if none is."""
        beyond = math.floor(risk * (len(self.worst) + 1) + 1e-9)  # one of them is the arm itself
        return float(self.worst[-beyond]) if beyond >= 1 else math.inf

    def share(self, badness: float) -> float:
        """P(an arm looks as bad as this at some checkpoint), at most."""
        n = len(self.worst)
        if math.isnan(badness):  # numbers too large to compute with
            return 1.0
        return float(1 + n - np.searchsorted(self.worst, badness, side="left")) / (n + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Threshold(StoppingRule):
    """A rule that has learnt from a record, at one checkpoint.

    Args:
        rule: its settings.
        lines: what it has learnt.
        scale: of the errors that it has learnt from.
        column: which checkpoint of the record.
        tolerance: by how much an arm must end above the bar, on the link's scale.
    """

    rule: RiskControlledRule
    lines: Lines
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
        # An arm that ends higher must look better: where the line is steeper than this forecast's error, it would not.
        ends = np.array([end, self.lines.reach])
        errors = np.array([self.scale.of_forecast(forecast, end), self.scale.of_forecast(forecast, self.lines.reach)])
        share = self.lines.share(float(self.lines.badness(self.column, errors, ends).min()))
        evidence = RiskEvidence(forecast, bar, 1.0 - share, 1.0 - self.rule.risk)
        if share <= self.rule.risk + 1e-12:
            return Drop(evidence.sentence(), evidence, cause=Cause.BELOW_BAR)
        return Keep(evidence.sentence(), evidence, cause=Cause.MAY_WIN)
