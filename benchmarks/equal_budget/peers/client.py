"""A scheduler of Syne Tune searches a table: its decisions, our epochs and accounts."""

from __future__ import annotations

import atexit
import json
import math
import subprocess
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from bandits.objectives import CurveTable
from bandits.samplers.base import Sampler
from benchmarks.equal_budget.case import Account, Reading
from benchmarks.equal_budget.peers.environment import python_of

__all__ = ["charge", "syne_tune"]

Stretch = tuple[int, int, int, float]


def syne_tune(scheduler: str, table: CurveTable, order: Sampler, account: Account, *, seed: int) -> list[Reading]:
    """Let a scheduler of Syne Tune search a table, with one worker, until the epochs are spent.

    What it would return is the row with the best value at any epoch, as `Tuner.best_config` does.

    Args:
        scheduler: "hyperband" (synchronous), "asha stopping" or "asha promotion".
        table: what is searched.
        order: of the rows.
        account: of the epochs.
        seed: of the scheduler.
    """
    rows = [int(str(order.propose(number)["row"])) for number in range(len(table))]
    with tempfile.TemporaryDirectory() as folder:
        curves = Path(folder) / "curves.npy"
        np.save(curves, table.curves)
        asked = {
            "scheduler": scheduler,
            "goal": "max" if table.metric.goal == "maximize" else "min",
            "curves": str(curves),
            "order": rows,
            "budget": account.budgets[-1],
            "seed": seed,
        }
        answer = _answer(json.dumps(asked))
    return charge(account, table, json.loads(answer))


def charge(account: Account, table: CurveTable, stretches: Iterable[Stretch]) -> list[Reading]:
    """Charge what was trained; each stretch is `(row, first epoch, last epoch, CPU seconds so far)`."""
    scores = table.scores
    best: tuple[float, int | None] = (-math.inf, None)
    tried: set[int] = set()
    seconds = 0.0
    for row, first, last, seconds in stretches:
        tried.add(row)
        for epoch in range(first, last + 1):
            if scores[row, epoch - 1] > best[0]:
                best = (float(scores[row, epoch - 1]), row)
            account.charge(best[1], len(tried), seconds)
    return account.close(best[1], len(tried), seconds)


@cache
def _server() -> subprocess.Popen[str]:
    """One for this process, with which it ends."""
    command = [str(python_of()), str(Path(__file__).with_name("server.py"))]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(server.communicate)
    return server


def _answer(question: str) -> str:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    print(question, file=server.stdin, flush=True)
    answer = server.stdout.readline()
    if not answer:
        raise RuntimeError("Syne Tune's process has ended before it answered")
    return answer
