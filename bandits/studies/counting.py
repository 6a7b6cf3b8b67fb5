"""Assign the reports of a study's trials to epochs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandits.errors import SettingError
from bandits.studies.epochs import TELLS_DIRECTION, first_step_of, goes_down, is_time_stamp
from bandits.studies.policies import Policy, settle
from bandits.studies.study import Reports

__all__ = ["count_epochs"]

Counted = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Epochs, ascending, `[m]`, and raw values, NaN for a gap, `[m]`."""


def count_epochs(trials: Sequence[Reports], policy: Policy, *, source: str) -> list[Counted]:
    """Find the epoch of each report.

    Args:
        trials: the reports of each trial of a study.
        policy: the study's policy.
        source: name of the study in messages.

    Returns:
        For each trial its epochs and its reports, one value for each epoch.

    Raises:
        SettingError: steps are time stamps, or not numbers.
    """
    _check_steps(np.concatenate([each.steps for each in trials]) if trials else np.empty(0), source)
    if policy.counts == "reports":
        return _by_report([settle(_numbered(each), each.values, policy) for each in trials])
    return _by_step(trials, policy)


def _check_steps(steps: NDArray[np.float64], source: str) -> None:
    odd = steps[~np.isfinite(steps)]
    if len(odd):
        raise SettingError.broken(f"steps of {source}", "must be finite numbers", float(odd[0]))
    if len(steps) and is_time_stamp(largest := float(steps.max())):
        rule = "must count epochs, batches or samples, up to 1,000,000,000; these look like time stamps"
        raise SettingError.broken(f"steps of {source}", rule, int(largest))


def _numbered(reports: Reports) -> NDArray[np.float64]:
    """The steps of the reports; if all steps are the same, nothing was counted, and reports are numbered instead."""
    same = len(reports) > 1 and bool((reports.steps == reports.steps[0]).all())
    return np.arange(1.0, len(reports) + 1) if same else reports.steps


def _by_report(reduced: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> list[Counted]:
    """If all trials reported at steps of the trial with the most reports, its k-th step is epoch k; otherwise each
    trial's k-th report is epoch k."""
    steps = max((steps for steps, _ in reduced), key=len, default=np.empty(0))
    if all(np.isin(own, steps).all() for own, _ in reduced):
        return [(np.searchsorted(steps, own).astype(np.int64) + 1, values) for own, values in reduced]
    return [(np.arange(1, len(own) + 1, dtype=np.int64), values) for own, values in reduced]


def _by_step(trials: Sequence[Reports], policy: Policy) -> list[Counted]:
    down = [goes_down(each.steps.tolist()) for each in trials]
    study_goes_down = any(down)
    usual = 0 if any(0 in each.steps for each, falls in zip(trials, down, strict=True) if not falls) else 1
    counted: list[Counted] = []
    for reports, falls in zip(trials, down, strict=True):
        steps, values = settle(reports.steps, reports.values, policy)
        whole = np.rint(steps).astype(np.int64)
        if falls or (study_goes_down and 0 < len(steps) < TELLS_DIRECTION):
            counted.append(((whole[-1] - whole + 1)[::-1], values[::-1]))
            continue
        epochs = whole - first_step_of(set(whole.tolist()), usual) + 1
        counted.append((epochs[epochs >= 1], values[epochs >= 1]))
    return counted
