"""The sizes of rungs and brackets, computed in integers only.

Rules of this file:

1. No logarithm and no float decides a size. `math.log(243, 3)` is 4.999..., which loses a bracket;
   multiplying until the limit is passed does not.
2. Epochs are whole. A rung at R / eta^k is rounded to the nearest epoch (halves up) and is at least 1.
3. A bracket's last rung is always R itself.

Source: Li et al., "Hyperband" (JMLR 18, 2018), Algorithm 1 and Table 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "BracketPlan",
    "Rung",
    "Sizes",
    "asynchronous_rungs",
    "halving_bracket",
    "hyperband_brackets",
    "most_halvings",
    "top_k_bracket",
]

Sizes = Literal["ceil", "floor"]


@dataclass(frozen=True, slots=True)
class Rung:
    """`arms` configurations train until they have `epochs` epochs in all."""

    arms: int
    epochs: int


@dataclass(frozen=True, slots=True)
class BracketPlan:
    """One successive halving: at each rung fewer arms train for more epochs.

    Args:
        s: how often the arms are cut (the paper's s: the most aggressive bracket has the largest).
        rungs: from the first to the last; the last one has R epochs.
    """

    s: int
    rungs: tuple[Rung, ...]

    @property
    def arms(self) -> int:
        """How many configurations start."""
        return self.rungs[0].arms

    @property
    def epochs(self) -> int:
        """Epochs that the whole bracket trains when every arm resumes where it paused and none fails."""
        total, before = 0, 0
        for rung in self.rungs:
            total += rung.arms * (rung.epochs - before)
            before = rung.epochs
        return total


def most_halvings(limit: int, eta: int) -> int:
    """floor(log_eta(limit)), exactly: the largest s with eta^s <= limit (`limit` >= 1, `eta` >= 2)."""
    s = 0
    while eta ** (s + 1) <= limit:
        s += 1
    return s


def _nearest_epoch(epochs: int, divisor: int) -> int:
    """epochs / divisor, rounded to the nearest whole epoch, halves up, at least 1."""
    return max(1, (2 * epochs + divisor) // (2 * divisor))


def halving_bracket(arms: int, max_epochs: int, eta: int, s: int) -> BracketPlan:
    """The rungs of one successive halving.

    Args:
        arms: n, how many start; >= eta^s.
        max_epochs: R, epochs of the last rung; >= eta^s.
        eta: the arms are cut to 1 in eta at each rung.
        s: how often.

    Returns:
        s + 1 rungs: floor(n / eta^i) arms at R / eta^(s - i) epochs.
    """
    rungs = tuple(Rung(arms // eta**i, _nearest_epoch(max_epochs, eta ** (s - i))) for i in range(s + 1))
    return BracketPlan(s, rungs)


def top_k_bracket(arms: int, max_epochs: int, k: int, first_epochs: int) -> BracketPlan:
    """One cut, to k arms, after the first few epochs.

    Args:
        arms: how many start, >= 1.
        max_epochs: R, epochs of the last rung.
        k: how many go on, >= 1; all of them if fewer start.
        first_epochs: epochs of the first rung, between 1 and R; at R, there is no cut.
    """
    first = Rung(arms, first_epochs)
    if first_epochs == max_epochs:
        return BracketPlan(0, (first,))
    return BracketPlan(1, (first, Rung(min(k, arms), max_epochs)))


def hyperband_brackets(max_epochs: int, eta: int, sizes: Sizes = "ceil") -> tuple[BracketPlan, ...]:
    """The brackets of one outer loop of Hyperband, the most aggressive first.

    Args:
        max_epochs: R, >= 1.
        eta: >= 2.
        sizes: how n comes from (s_max + 1) eta^s / (s + 1). "ceil" is Algorithm 1 of the paper; "floor"
            takes the floor of (s_max + 1) / (s + 1) first and gives the sizes of the paper's Table 1.

    Returns:
        s_max + 1 plans.

    Example:
        >>> [plan.arms for plan in hyperband_brackets(81, 3)]
        [81, 34, 15, 8, 5]
        >>> [plan.arms for plan in hyperband_brackets(81, 3, sizes="floor")]
        [81, 27, 9, 6, 5]
    """
    s_max = most_halvings(max_epochs, eta)
    plans = []
    for s in range(s_max, -1, -1):
        arms = -(-(s_max + 1) * eta**s // (s + 1)) if sizes == "ceil" else (s_max + 1) // (s + 1) * eta**s
        plans.append(halving_bracket(arms, max_epochs, eta, s))
    return tuple(plans)


def asynchronous_rungs(min_epochs: int, max_epochs: int, eta: int) -> tuple[int, ...]:
    """Epochs of ASHA's rungs: min_epochs * eta^k below R, then R (Li et al., "Massively parallel hyperparameter
    tuning", MLSys 2020, Algorithm 2)."""
    rungs, epochs = [], min_epochs
    while epochs < max_epochs:
        rungs.append(epochs)
        epochs *= eta
    return (*rungs, max_epochs)
