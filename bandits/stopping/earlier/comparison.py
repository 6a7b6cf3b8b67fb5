"""Compare forecasts of new curves with and without the earlier curves in the training set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import wilcoxon

from bandits.forecasts import Forecast
from bandits.stopping.earlier.past_curves import Pair, PastCurves
from bandits.stopping.earlier.tester import Tester, epochs_at

__all__ = ["Comparison", "compare"]

_SHARES = (1 / 4, 1 / 2)  # of the horizon, after which ends are forecast
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much larger the errors of forecasts are with the earlier curves than without them.

    Args:
        more: `[n]` for each new curve, the summed difference of absolute errors; > 0 if its forecasts are better
            without the earlier curves.
    """

    more: tuple[float, ...]

    @property
    def better_alone(self) -> int:
        """How many new curves are forecast better without the earlier curves."""
        return sum(more > 0 for more in self.more)

    @property
    def chance(self) -> float:
        """The probability of signed ranks at least as much in favour of new curves alone, if signs were random.

        Wilcoxon's test in its normal approximation, in which ties share their ranks and differences of 0 are left out.
        """
        if not any(self.more):
            return 1.0
        return float(wilcoxon(self.more, alternative="greater", method="approx", correction=False).pvalue)


def compare(new: Sequence[Pair], past: PastCurves, horizon: int, tester: Tester) -> Comparison:
    """Forecast each new end from the other new curves, alone and with the earlier ones, in five folds.

    Args:
        new: complete new curves, `[horizon]` each.
        past: the earlier ones.
        horizon: the epoch that is forecast.
        tester: makes the fits and forecasts.
    """
    epochs = epochs_at(_SHARES, horizon)
    found: list[float] = []
    alone = joint = None
    for fold in range(_FOLDS):
        others = [pair for i, pair in enumerate(new) if i % _FOLDS != fold]
        restricted = [(past.restricted(trial), curve) for trial, curve in others]
        # Hyperparameters are found in the first fold, for both sides; that costs half as much as in each.
        alone = tester.fit(others, horizon, "alone", alone)
        joint = tester.fit([*past.complete(horizon), *restricted], horizon, "joint", joint)
        for trial, curve in new[fold::_FOLDS]:
            end = float(curve.scores[-1])
            more = 0.0
            for start in map(curve.prefix, epochs):
                mine, both = alone.forecast(trial, start), joint.forecast(past.restricted(trial), start)
                if isinstance(mine, Forecast) and isinstance(both, Forecast):
                    more += abs(both.mean - end) - abs(mine.mean - end)
            found.append(more)
    return Comparison(tuple(found))
