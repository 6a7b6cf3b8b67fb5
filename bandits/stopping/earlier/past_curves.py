"""The curves of earlier studies: which of them teach for a horizon, and their features."""

from __future__ import annotations

from collections.abc import Sequence

from bandits.curves import Curve, History, Trial

__all__ = ["Pair", "PastCurves"]

Pair = tuple[Trial, Curve]


class PastCurves:
    """Curves of earlier studies under the features that all of their trials share.

    Args:
        pairs: of a trial and its curve.
        most: how many of them may teach one horizon, evenly spread over those that could.

    Attributes:
        names: of the shared features, in order.
    """

    def __init__(self, pairs: Sequence[Pair], most: int) -> None:
        shared = set(pairs[0][0].features).intersection(*(t.features for t, _ in pairs)) if pairs else set()
        self.names = tuple(sorted(shared))
        self._most = most
        self._history = History.from_curves((self.restricted(trial), curve) for trial, curve in pairs)
        self._complete: dict[int, list[Pair]] = {}  # by horizon

    def __len__(self) -> int:
        return len(self._history)

    def restricted(self, trial: Trial) -> Trial:
        """Any trial with the shared features alone."""
        if len(trial.features) == len(self.names) and all(name in trial.features for name in self.names):
            return trial
        features = {name: trial.features[name] for name in self.names if name in trial.features}
        return Trial(trial.id, trial.config, features, trial.seed)

    def complete(self, horizon: int) -> list[Pair]:
        """Curves that reach a horizon, cut there."""
        if horizon not in self._complete:
            self._complete[horizon] = self._spread(self._history.reaching(horizon))
        return self._complete[horizon]

    def shorter(self, horizon: int) -> list[Pair]:
        """Curves that end before a horizon, for predictors that learn from those."""
        reaching = {trial.id for trial, _ in self._history.reaching(horizon)}
        pairs = [(t, self._history.curve(t.id)) for t, _ in self._history.reaching(1) if t.id not in reaching]
        return self._spread(pairs)

    def _spread(self, pairs: Sequence[Pair]) -> list[Pair]:
        """All of them, or `most` that are evenly spread."""
        step = max(1.0, len(pairs) / self._most)
        return [pairs[int(i * step)] for i in range(min(len(pairs), self._most))]
