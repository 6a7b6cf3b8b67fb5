"""Runs in Syne Tune's environment: its schedulers decide, epochs are read from a table.

Each line of the input is a search as JSON; the answer is a line that lists the stretches of training in their order,
each `[row, first epoch, last epoch, CPU seconds so far]`. It needs Syne Tune and NumPy alone, not this repository.
"""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

Stretch = tuple[int, int, int, float]
_IN_VAIN = 5000  # times that a scheduler may have nothing to suggest, one after the other, before a search ends


def stretches(
    scheduler: Any, curves: Sequence[Sequence[float]], budget: int, make_trial: Callable[[int, dict[str, Any]], Any]
) -> Iterator[Stretch]:
    """What one worker trains until the epochs are spent, told to the scheduler as Syne Tune's `Tuner` tells it.

    A paused trial goes on where it stopped. A value that is not finite fails the trial.

    Args:
        scheduler: its configurations are rows, {"row": 3}; the metric is "value", the resource "epoch".
        curves: `[n, T]` values.
        budget: epochs.
        make_trial: builds a trial from its id and configuration.
    """
    began = time.process_time()
    trials: list[Any] = []
    epochs: list[int] = []
    spent = in_vain = 0
    while spent < budget and in_vain < _IN_VAIN:
        suggestion = scheduler.suggest(len(trials))
        if suggestion is None:
            in_vain += 1
            continue
        in_vain = 0
        if suggestion.spawn_new_trial_id:
            number = len(trials)
            trials.append(make_trial(number, suggestion.config))
            epochs.append(0)
            scheduler.on_trial_add(trials[number])
        else:
            number = suggestion.checkpoint_trial_id
        row = int(trials[number].config["row"])
        first = epochs[number] + 1
        trained, sound = _train(scheduler, trials[number], curves[row], epochs[number], budget - spent)
        spent += trained
        epochs[number] += trained if sound else trained - 1
        yield row, first, first + trained - 1, time.process_time() - began


def _train(scheduler: Any, trial: Any, curve: Sequence[float], start: int, most: int) -> tuple[int, bool]:
    """Train a trial until the scheduler pauses or stops it.

    Returns:
        How many epochs, and whether the last one has a value.
    """
    for epoch in range(start + 1, min(start + most, len(curve)) + 1):
        if not math.isfinite(curve[epoch - 1]):
            scheduler.on_trial_error(trial)
            return epoch - start, False
        result = {"value": curve[epoch - 1], "epoch": epoch}
        if scheduler.on_trial_result(trial, result) != "CONTINUE":
            scheduler.on_trial_remove(trial)
            return epoch - start, True
        if epoch == len(curve):
            scheduler.on_trial_complete(trial, result)
    return min(most, len(curve) - start), True


def scheduler_for(name: str, goal: str, order: Sequence[int], max_epochs: int, seed: int) -> Any:
    """A scheduler of Syne Tune with its defaults (reduction factor 3, first rung at epoch 1)."""
    from syne_tune.config_space import randint
    from syne_tune.optimizer.baselines import ASHA, SyncHyperband

    space = {"row": randint(0, len(order) - 1)}
    common = {
        "metric": "value",
        "mode": goal,
        "resource_attr": "epoch",
        "random_seed": seed,
        "points_to_evaluate": [{"row": row} for row in order],
    }
    if name == "hyperband":
        return SyncHyperband(space, max_resource_level=max_epochs, **common)
    return ASHA(space, max_t=max_epochs, type=name.removeprefix("asha "), **common)


def main() -> None:
    """Answer searches until the input ends."""
    logging.disable(logging.WARNING)
    answers, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: PTH123, SIM115 - where Syne Tune prints its advice
    import numpy as np
    from syne_tune.backend.trial_status import Trial

    def trial(number: int, config: dict[str, Any]) -> Any:
        return Trial(number, config, datetime.now())  # a time that nothing depends on

    for line in sys.stdin:
        asked = json.loads(line)
        curves = np.load(asked["curves"]).tolist()
        chosen = scheduler_for(asked["scheduler"], asked["goal"], asked["order"], len(curves[0]), asked["seed"])
        print(json.dumps(list(stretches(chosen, curves, asked["budget"], trial))), file=answers, flush=True)


if __name__ == "__main__":
    main()
