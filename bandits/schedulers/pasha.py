"""PASHA: ASHA whose longest training grows only while the ranking of the arms still changes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits.errors.checks import check_number
from bandits.schedulers.asha import ASHA
from bandits.schedulers.base import Failed, Measured
from bandits.schedulers.lifecycle import State, Transition
from bandits.schedulers.ranking import same_soft_ranking
from bandits.verdicts import Stopper, Verdict

__all__ = ["PASHA", "crossing_gaps"]


class PASHA(ASHA):
    """Progressive ASHA: asynchronous successive halving that trains only as far as needed to rank the arms.

    It is ASHA in its promotion form, with the two lowest rungs only. Whenever an arm reaches the highest rung, the arms
    in it are ranked by their scores there and by those one rung below. If the two rankings differ by more than noise,
    a rung is added, until the last one is at R. The noise is estimated from arms whose curves cross and cross back.
    A run may end before R: its best configuration was then trained to the highest rung only, and no arm is COMPLETED.

    Args:
        max_epochs: R, the longest training of one arm, >= 1.
        eta: 1 in eta arms goes on at each rung, >= 2.
        trials: how many configurations start, >= 1; eta^floor(log_eta(R / min_epochs)) by default.
        min_epochs: epochs of the lowest rung, between 1 and max_epochs.
        percentile: how much of the noise rankings tolerate: this percentile of the differences that are noise, in
            [0, 100].
        stopper: drops arms by forecasts; None for plain PASHA.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Bohdal et al., "PASHA: efficient HPO and NAS with progressive resource allocation" (ICLR 2023). There,
    arms on their way to the highest rung help to measure epsilon as well.

    Example:
        >>> from bandits.testing import play
        >>> stable, crossing = PASHA(max_epochs=81), PASHA(max_epochs=81)
        >>> max(job.stop for job in play(stable, lambda trial, epoch: trial))
        3
        >>> max(job.stop for job in play(crossing, lambda trial, epoch: trial if epoch == 1 else -trial))
        9
    """

    name = "pasha"

    def __init__(
        self,
        max_epochs: int,
        eta: int = 3,
        trials: int | None = None,
        min_epochs: int = 1,
        percentile: float = 90.0,
        stopper: Stopper | None = None,
    ) -> None:
        super().__init__(max_epochs, eta, trials, min_epochs, "promotion", stopper)
        self.percentile = check_number("percentile", percentile, least=0, most=100)
        self.brackets[0].name = "PASHA"
        self._highest = min(1, self._highest)
        self._curves: dict[int, list[float]] = {}
        self._scores: dict[int, float] = {}  # by id, of the arms that have reached the highest rung; -inf if dropped
        self._gaps: list[float] = []  # the differences there that are noise
        self._epsilon = 0.0

    def settings(self) -> dict[str, Any]:
        return {
            "max_epochs": self.max_epochs,
            "eta": self.eta,
            "trials": self.trials,
            "min_epochs": self.min_epochs,
            "percentile": self.percentile,
        }

    def tell(self, event: Measured | Failed) -> Verdict:
        verdict = super().tell(event)
        if isinstance(event, Measured):
            arm = self.arms[event.trial.id]
            curve = self._curves.setdefault(arm.id, [])
            curve.append(event.score)
            if arm.rung == self._highest < len(self._tops) and arm.state is not State.RUNNING:
                if arm.state is State.PAUSED:
                    self._measure_noise(curve)
                self._scores[arm.id] = event.score if arm.state is State.PAUSED else -math.inf
                self._grow_unless_stable()
        return verdict

    def _measure_noise(self, newcomer: list[float]) -> None:
        """Compare a curve that has reached the highest rung with the others there."""
        others = [self._curves[i] for i, score in self._scores.items() if score > -math.inf]
        if others:
            self._gaps.extend(crossing_gaps(np.array(others) - np.array(newcomer)))
        if self._gaps:
            self._epsilon = float(np.percentile(self._gaps, self.percentile))

    def _grow_unless_stable(self) -> None:
        """Add a rung if the ranking at the highest one is not that of the rung below."""
        below = self._rungs[self._highest - 1]
        earlier = {i: self._curves[i][below - 1] for i in self._scores}
        if not same_soft_ranking(earlier, self._scores, self._epsilon):
            self._highest += 1
            self._scores, self._gaps = {}, []

    def _close(self) -> None:
        """End the arms at the highest rung; the best of those with the most epochs is the run's best."""
        report = self.brackets[0]
        waiting = [arm for arm in self.arms.values() if arm.state is State.PAUSED]
        furthest = max((arm.rung for arm in waiting), default=0)
        if report.best is None:
            for arm in waiting:
                if arm.rung == furthest:
                    report.completed(arm)
        for arm in waiting:
            if arm.rung == self._highest:
                self._move(arm, Transition.CUT, f"no arm had to go beyond epoch {arm.epochs}: the ranking was stable")
        super()._close()


def crossing_gaps(differences: NDArray[np.float64]) -> list[float]:
    """How far apart two arms are whose curves have crossed and crossed back: differences that mean nothing.

    Args:
        differences: `[pairs, epochs]`, the scores of one arm of a pair less those of the other.

    Returns:
        The last difference, without its sign, of each pair whose order has changed at least twice. Equal scores have
        no order.

    Example:
        >>> crossing_gaps(np.array([[0.1, -0.1, 0.2], [0.1, -0.1, -0.2], [0.1, 0.0, 0.2]]))
        [0.2]
    """
    signs = np.sign(differences)
    ordered = np.where(signs != 0, np.arange(signs.shape[1]), 0)
    # Where there is no order, the latest one before: so a change of order is a change of sign between neighbours.
    latest = np.take_along_axis(signs, np.maximum.accumulate(ordered, axis=1), axis=1)
    changes = (latest[:, 1:] * latest[:, :-1] < 0).sum(axis=1)
    gaps: list[float] = np.abs(differences[changes >= 2, -1]).tolist()
    return gaps
