"""A study, whoever kept it: a metric, and for each trial its configuration and what it reported."""

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
    """What one trial reported, as its source holds it: in the order of the source, duplicates and gaps included.

    Args:
        steps: `[m]` float64, when, as the source counts.
        values: `[m]` float64, raw; NaN where there was no number.
        clock: `[m]` float64, the time of each report in seconds; `[0]` where it is unknown.
    """

    steps: NDArray[np.float64] = field(default_factory=_nothing)
    values: NDArray[np.float64] = field(default_factory=_nothing)
    clock: NDArray[np.float64] = field(default_factory=_nothing)

    @classmethod
    def of(cls, steps: Iterable[float], values: Iterable[float], clock: Iterable[float] = ()) -> Reports:
        """Reports from any sequences of numbers; the first two are equally long."""
        return cls(*(np.array(list(column), dtype=np.float64) for column in (steps, values, clock)))

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class StudyTrial:
    """One trial of a study.

    Args:
        config: what was trained.
        features: AP and HP as finite numbers, under the names of that study.
        reports: what it reported.
        end: how it ended: as planned, stopped early (pruned, dropped or cut), by an error, or not yet.
        value: what it returned, raw, which need not be what it reported; None where it returned nothing finite.
        seconds: how long it trained in all; None where that is unknown.
        number: its number in that study, from 0; None where it has none.
        name: what that study calls it; empty where it has a number only.
        resumed: it took up another trial, which had failed; its reports may begin in the middle.
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
    """What was read from one source. `bandits.studies.read_curves` makes curves of it.

    Args:
        source: as the user wrote it.
        metric: what was reported. An Optuna study gives no name: it is empty.
        trials: all, in the order in which they were started, as far as the source tells.
        kind: what the source is: a table of curves, a journal of a run, an Optuna study, or an export of another tool.
        policy: how its reports become curves; None for the policy of its kind.
        returned: what the trials returned, where that is something else than what they reported; None where it is
            the same.
        notes: what its reader guessed or left out, a sentence each.
    """

    source: str
    metric: Metric
    trials: tuple[StudyTrial, ...]
    kind: Kind = "table"
    policy: Policy | None = None
    returned: Metric | None = None
    notes: tuple[str, ...] = ()
