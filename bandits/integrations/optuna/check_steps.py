"""The steps at which a trial is checked, as in Optuna's own pruners."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["is_check_due"]


def is_check_due(steps: Iterable[int], *, warmup: int, interval: int) -> bool:
    """Whether a check is due after the last report, or overdue because steps were not reported.

    Args:
        steps: the reported steps, at least one.
        warmup: no check is due before this step.
        interval: number of steps between two checks from then on.

    Example:
        >>> [is_check_due(steps, warmup=2, interval=3) for steps in ([1], [1, 3], [1, 3, 4], [1, 3, 4, 6])]
        [False, True, False, True]
    """
    *before, last = sorted(steps)[-2:]
    due = last - (last - warmup) % interval
    return last >= warmup and all(step < due for step in before)
