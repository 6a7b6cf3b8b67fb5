"""A study, whoever kept it: a metric, and for each trial its configuration and what it reported."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, Metric
from bandits.studies.policies import Kind, Policy

__all__ = ["EarlierStudy", "EarlierTrial", "End", "Kind", "Reports", "Study", "StudyTrial", "curve_until_gap"]

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


# What readers that are not yet moved to the types above return.


@dataclass(frozen=True, slots=True)
class EarlierTrial:
    """One trial of an earlier study.

    Args:
        config: what was trained.
        features: AP and HP as finite numbers, under the names of that study.
        curve: its scores until it ended, failed, or had a gap; larger is better.
        end: how it ended: as planned, stopped early (pruned, dropped or cut), by an error, or not yet.
        value: the score that counts as its result; None where it has none. Larger is better.
        seconds: how long it trained in all; None where that is unknown.
        measured: the epochs at which it was measured, ascending, the curve's last one among them, where some were left
            out (the curve is filled in between); None where it was measured after each.
        number: its number in that study, from 0; None where it has none.
        name: what that study calls it; empty where it has a number only.
    """

    config: Mapping[str, object]
    features: Mapping[str, float]
    curve: Curve
    end: End = "completed"
    value: float | None = None
    seconds: float | None = None
    measured: tuple[int, ...] | None = None
    number: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class EarlierStudy:
    """What was read from one source.

    Args:
        source: as the user wrote it.
        metric: what was measured. An Optuna study gives no name: it is empty.
        trials: those with a measured epoch, in the order in which they were started, as far as the source tells.
        kind: what the source is: a table of curves, a journal of a run, an Optuna study, or an export of another tool.
    """

    source: str
    metric: Metric
    trials: tuple[EarlierTrial, ...]
    kind: Kind = "table"


def curve_until_gap(scores: Iterable[float]) -> Curve | None:
    """The scores before the first that is not finite; None where that is the first of all."""
    measured = list(takewhile(math.isfinite, scores))
    return Curve(np.array(measured)) if measured else None
