"""A study from any source: a metric, and for each trial its configuration and its reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Metric
from bandits.studies.policies import Kind, Policy

__all__ = ["End", "Kind", "Reports", "Study", "StudyTrial"]

End = Literal["completed", "stopped", "failed", "running"]


def _nothing() -> NDArray[np.float64]:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Reports:
    """The reports of one trial as in its source: in the same order, with duplicates and gaps.

    Args:
        steps: `[m]` float64, the source's steps.
        values: `[m]` float64, raw values; NaN if a report was no number.
        clock: `[m]` float64, the time of each report in seconds; `[0]` if unknown.
    """

    steps: NDArray[np.float64] = field(default_factory=_nothing)
    values: NDArray[np.float64] = field(default_factory=_nothing)
    clock: NDArray[np.float64] = field(default_factory=_nothing)

    @classmethod
    def of(cls, steps: Iterable[float], values: Iterable[float], clock: Iterable[float] = ()) -> Reports:
        """Make reports from any sequences of numbers; the first two must have the same length."""
        return cls(*(np.array(list(column), dtype=np.float64) for column in (steps, values, clock)))

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class StudyTrial:
    """One trial of a study.

    Args:
        config: its configuration.
        features: AP and HP as finite numbers, under the names of this study.
        reports: its reports.
        end: how it ended: completed, stopped early (pruned, dropped or cut), failed, or not yet.
        value: the raw value that it returned, which may be another metric than it reported; None if it returned no
            finite number.
        seconds: its training time; None if unknown.
        number: its number in this study, from 0; None if it has none.
        name: its name in this study; empty if it has only a number.
        resumed: whether it continued another trial, which had failed; its reports may then begin in the middle.
    """

    config: Mapping[str, object]
    features: Mapping[str, float]
    reports: Reports
    end: End = "completed"
    value: float | None = None
    seconds: float | None = None
    number: int | None = None
    name: str = ""
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """The content of one source. `bandits.studies.read_curves` makes curves of it.

    Args:
        source: as the user wrote it.
        metric: the metric of the reports. For an Optuna study its name is empty.
        trials: all trials, in the order in which they were started, as far as the source tells.
        kind: kind of the source: a table of curves, a journal of a run, an Optuna study, or an export of another tool.
        policy: how its reports become curves; None for the policy of its kind.
        returned: the metric that the trials returned, if it differs from the reported one; None if it is the same.
        notes: what its reader guessed or left out, a sentence each.
    """

    source: str
    metric: Metric
    trials: tuple[StudyTrial, ...]
    kind: Kind = "table"
    policy: Policy | None = None
    returned: Metric | None = None
    notes: tuple[str, ...] = ()
