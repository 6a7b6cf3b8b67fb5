"""The predictor by which earlier and new curves are compared, and the epochs at which they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bandits.curves import History
from bandits.predictors.base import Forecaster, Predictor
from bandits.rng import rng_for
from bandits.stopping.earlier.past_curves import Pair

__all__ = ["Tester", "epochs_at"]


@dataclass(frozen=True, slots=True)
class Tester:
    """Fits a predictor to chosen curves.

    Args:
        predictor: which.
        seed: of its randomness.
    """

    predictor: Predictor
    seed: int

    def fit(self, pairs: Iterable[Pair], horizon: int, purpose: str, before: Forecaster | None = None) -> Forecaster:
        """Fit from scratch, or take up what was fitted before; each purpose has randomness of its own."""
        rng, history = rng_for(self.seed, "earlier", purpose, horizon), History.from_curves(pairs)
        if before is None:
            return self.predictor.fit(history, horizon=horizon, rng=rng)
        return self.predictor.refit(before, history, horizon=horizon, rng=rng)


def epochs_at(shares: Iterable[float], horizon: int) -> list[int]:
    """Epochs before a horizon at these shares of it, ascending.

    Example:
        >>> epochs_at((1 / 8, 1 / 4, 1 / 2), 20)
        [2, 5, 10]
    """
    return sorted({max(1, round(share * horizon)) for share in shares if horizon > 1})
