"""Read the reports of a study as curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve
from bandits.studies.account import Account
from bandits.studies.counting import count_epochs
from bandits.studies.epochs import EpochGrid, goes_down, grid_of, stride_of
from bandits.studies.policies import POLICIES
from bandits.studies.study import Study, StudyTrial

__all__ = ["StudyCurves", "TrialCurve", "read_curves"]


@dataclass(frozen=True, slots=True, eq=False)
class TrialCurve:
    """A trial and its curve.

    Args:
        trial: the trial as its source holds it.
        epochs: `[m]` int64, ascending: the epochs of its reports, in the source's own unit.
        scores: `[m]` float64, larger is better, NaN for a gap: its reports.
        curve: a score for each epoch of the study's grid up to the trial's last finite report; None without one.
        measured: places on the curve, from 1, that were reported and not filled; None if all were reported.
        score: the trial's result, larger is better: the value that it returned; or the last score of its curve, if the
            source does not hold returned values and the trial is completed. None if it has no result.
    """

    trial: StudyTrial
    epochs: NDArray[np.int64]
    scores: NDArray[np.float64]
    curve: Curve | None
    measured: tuple[int, ...] | None
    score: float | None


@dataclass(frozen=True, slots=True, eq=False)
class StudyCurves:
    """A study with its curves.

    Args:
        study: the study as its source holds it.
        trials: all trials, in the study's order.
        grid: the epochs for which curves have a score, in the source's own unit.
        counts_down: whether its trials reported at steps that go down.
        account: what was filled, merged or left out.
    """

    study: Study
    trials: tuple[TrialCurve, ...]
    grid: EpochGrid
    counts_down: bool
    account: Account

    def pairs(self) -> list[tuple[StudyTrial, Curve]]:
        """The trials that have a curve, and their curves."""
        return [(read.trial, read.curve) for read in self.trials if read.curve is not None]


def read_curves(study: Study, *, last: int | None = None) -> StudyCurves:
    """Read the reports of a study as curves, by the policy of its kind.

    Args:
        study: the content of a source.
        last: later epochs are left out; in the source's own unit, >= 1; None for no limit.

    Raises:
        SettingError: steps are time stamps.

    Example:
        >>> from bandits.curves import Metric
        >>> from bandits.studies.study import Reports
        >>> trial = StudyTrial({}, {}, Reports.of([1, 2, 4], [0.1, float("nan"), 0.4]))
        >>> read = read_curves(Study("mine", Metric("acc", "maximize"), (trial,)))
        >>> [round(score, 6) for score in read.trials[0].curve.scores.tolist()]
        [0.1, 0.2, 0.3, 0.4]
        >>> read.account.sentences()
        ['2 epochs without a finite report (1 report held no finite number): filled from the reports before and after']
    """
    policy = study.policy or POLICIES[study.kind]
    reports = [trial.reports for trial in study.trials]
    counted = count_epochs(reports, policy, source=study.source)
    end = max((int(epochs[-1]) for epochs, _ in counted if len(epochs)), default=1)
    end = end if last is None else min(end, last)
    grid = _grid(study.trials, [epochs.tolist() for epochs, _ in counted], end)
    trials = tuple(
        _trial_curve(study, trial, epochs, values, grid)
        for trial, (epochs, values) in zip(study.trials, counted, strict=True)
    )
    down = policy.counts == "steps" and any(goes_down(each.steps.tolist()) for each in reports)
    return StudyCurves(study, trials, grid, down, _account(study, trials, grid, end, down=down))


def _grid(trials: Sequence[StudyTrial], epochs: Sequence[Sequence[int]], end: int) -> EpochGrid:
    """The epochs for which curves have a score; completed trials that reach the end decide, if there are any."""
    to_the_end = [
        own
        for trial, own in zip(trials, epochs, strict=True)
        if trial.end == "completed" and own and own[-1] + stride_of(own) > end
    ]
    return grid_of(to_the_end or epochs, end)


def _trial_curve(
    study: Study, trial: StudyTrial, epochs: NDArray[np.int64], values: NDArray[np.float64], grid: EpochGrid
) -> TrialCurve:
    scores = study.metric.orient(1.0) * values
    there = np.isfinite(scores) & (epochs <= grid.epochs[-1])
    curve = grid.curve(epochs[there], scores[there])
    measured: tuple[int, ...] | None = None
    if curve is not None:
        own = set(epochs[there].tolist())
        places = tuple(place for place, epoch in enumerate(grid.epochs[: curve.tau], start=1) if epoch in own)
        measured = places if len(places) < curve.tau else None
    score: float | None = None
    if trial.value is not None:
        score = (study.returned or study.metric).orient(trial.value)
    elif trial.end == "completed" and curve is not None and study.kind != "optuna":
        score = float(curve.scores[-1])
    return TrialCurve(trial, epochs, scores, curve, measured, score)


def _account(study: Study, trials: Sequence[TrialCurve], grid: EpochGrid, end: int, *, down: bool) -> Account:
    """What was filled, merged or left out."""
    held = set(grid.epochs) if not grid.is_every_epoch else None
    finite = [read.epochs[np.isfinite(read.scores)].tolist() for read in trials]
    notes = list(study.notes)
    if down:
        notes.append("steps go down: read as counted down from the first one, which is epoch 1")
    if held is not None:
        notes.append(
            f"steps go up to {end:,}: an epoch is the interval between two reports, and the last of {len(grid):,}"
            f" epochs is step {end:,}"
        )
    return Account(
        gaps=sum(int((~np.isfinite(read.trial.reports.values)).sum()) for read in trials),
        filled=sum(read.curve.tau - len(read.measured) for read in trials if read.curve and read.measured is not None),
        same_step=(study.policy or POLICIES[study.kind]).same_step,
        merged=sum(len(read.trial.reports) - len(read.epochs) for read in trials),
        between=0 if held is None else sum(epoch <= end and epoch not in held for own in finite for epoch in own),
        later=sum(epoch > end for own in finite for epoch in own),
        empty=sum(read.curve is None and len(read.trial.reports) > 0 for read in trials),
        notes=tuple(notes),
    )
