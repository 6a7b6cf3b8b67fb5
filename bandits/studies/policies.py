"""How reports become curves: one policy for each kind of source.

For every source: a report that is no finite number is a gap, and so is an epoch without a report. A gap between two
finite reports is filled by linear interpolation. Gaps before the first finite report get its value. A curve ends with
its last finite report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["MEAN_OVER_SEEDS", "POLICIES", "Kind", "Policy", "SameStep", "settle"]

Kind = Literal["table", "journal", "optuna", "export"]
SameStep = Literal["first", "last", "mean"]
Steps = NDArray[np.float64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Policy:
    """How reports become a curve.

    Args:
        same_step: which value counts if a step was reported more than once: the "first", the "last" or the "mean".
            With "last", a run that goes back to a step has been restarted there, and its earlier reports from that step
            on are replaced.
        counts: what epochs count. With "steps", a step is a number of epochs (see `bandits.studies.epochs`). With
            "reports", steps only order the reports: if all trials reported at steps of the trial with the most
            reports, its k-th step is epoch k; otherwise each trial's k-th report is epoch k.
    """

    same_step: SameStep = "first"
    counts: Literal["steps", "reports"] = "steps"


POLICIES: Mapping[Kind, Policy] = {
    "optuna": Policy("first"),  # as Optuna itself, which ignores a second report at a step
    "journal": Policy("first"),
    "table": Policy("first"),
    "export": Policy("last", counts="reports"),
}
"""The policy of each kind of source."""

MEAN_OVER_SEEDS = Policy("mean", counts="reports")
"""For exports whose trials hold the reports of several runs that differ by their seed alone."""


def settle(steps: Steps, values: Values, policy: Policy) -> tuple[Steps, Values]:
    """Reduce reports to one value for each step.

    Args:
        steps: `[m]` in the order in which they were reported.
        values: `[m]` float64, NaN for a gap.
        policy: the policy of their source.

    Returns:
        Steps, ascending, `[n]`, n <= m, and the value of each, `[n]`.
    """
    unique, first, place = np.unique(steps, return_index=True, return_inverse=True)
    if len(unique) == len(steps):
        order = np.argsort(steps)
        return steps[order], values[order]
    if policy.same_step == "first":
        return unique, values[first]
    if policy.same_step == "mean":
        finite = np.isfinite(values)
        counts = np.bincount(place[finite], minlength=len(unique))
        sums = np.bincount(place[finite], weights=values[finite], minlength=len(unique))
        return unique, np.divide(sums, counts, out=np.full(len(unique), np.nan), where=counts > 0)
    kept: dict[float, float] = {}
    for step, value in zip(steps.tolist(), values.tolist(), strict=True):
        if step in kept:
            kept = {earlier: said for earlier, said in kept.items() if earlier < step}
        kept[step] = value
    ordered = sorted(kept)
    return np.array(ordered), np.array([kept[step] for step in ordered])
