"""Random or learning samplers, with and without early stopping, and what they should hear of arms that were dropped.

    python -m benchmarks.samplers [--seeds 10] [--problems NAME ...] [--sides NAME ...] [--processes N]
        [--out FILE] [--update-readme]

Each side has one worker and 30 full trainings; it is judged after 15 and 30 of them by whom it would return.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bandits import EarlyStopper, Hyperband, RandomSearch, run
from bandits.predictors import SRM
from bandits.runtime import Result
from bandits.runtime.records import Epoch, Record, TrialStarted
from bandits.samplers import OptunaSampler
from bandits.schedulers import Scheduler
from bandits.schedulers.lifecycle import State
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.samplers.problems import FORMULAS, TABLES, Problem, problem_of
from benchmarks.samplers.report import summarize, text_of

HERE = Path(__file__).resolve().parent

BUDGETS = (15, 30)  # full trainings
ETA = 3
BURN_IN = 10  # full trainings of random search before a forecast may drop an arm; TPE begins to learn there, too
MOST_TRIALS = 2000  # the budget ends before

SAMPLERS: Mapping[str, Mapping[str, Any] | None] = {
    "random": None,
    "uniform": {"sampler": "random"},
    "tpe": {},
    "tpe, a third random": {"random_share": 1 / 3},
}
DROPPED: Mapping[str, Mapping[str, Any] | None] = {
    "random": None,
    "tpe, forecast": {"dropped": "forecast"},
    "tpe, measured": {"dropped": "measured"},
    "tpe, nothing": {"dropped": "nothing"},
}
SIDES: Mapping[str, tuple[str, bool, Mapping[str, Any] | None]] = {
    **{
        f"{scheduler}: {name}": (scheduler, False, how)
        for scheduler in ("random search", "hyperband")
        for name, how in SAMPLERS.items()
    },
    **{
        f"{scheduler} + srm: {name}": (scheduler, True, how)
        for scheduler in ("random search", "hyperband")
        for name, how in DROPPED.items()
    },
}
"""The scheduler, whether arms are dropped early, and how OptunaSampler is set up (None: the objective's sampler)."""


@dataclass
class Follower:
    """A journal that keeps nothing, and holds whom a method would return: the best value seen so far at any epoch.

    Among equals the longer trained one, then the earlier one.
    """

    problem: Problem
    budgets: list[int]
    spent: int = 0
    regrets: list[float] = field(default_factory=list)
    trials: int = 0
    over: bool = False
    _configs: dict[int, Mapping[str, object]] = field(default_factory=dict)
    _best: tuple[float, int] = (-math.inf, 0)
    _incumbent: int = -1

    def append(self, record: Record) -> None:
        if isinstance(record, TrialStarted):
            self._configs[record.trial] = record.config
            self.trials += 1
            self.over |= self.problem.most is not None and self.trials > self.problem.most
        elif isinstance(record, Epoch) and not self.over:
            self.spent += 1
            score = self.problem.objective.metric.orient(record.value)
            if (score, record.epoch) > self._best:
                self._best, self._incumbent = (score, record.epoch), record.trial
            if self.spent == self.budgets[len(self.regrets)]:
                self.regrets.append(self.regret())
                self.over = len(self.regrets) == len(self.budgets)

    def regret(self) -> float:
        """Of the incumbent, %."""
        return self.problem.regret(self.problem.end(self._configs[self._incumbent]))

    def records(self, trial: int | None = None) -> Iterator[Record]:  # noqa: ARG002 - none is kept
        return iter(())


def scheduler_of(name: str, epochs: int, stopper: EarlyStopper | None) -> Scheduler:
    if name == "random search":
        return RandomSearch(MOST_TRIALS, epochs, stopper, burn_in=BURN_IN)
    loops = math.ceil(MOST_TRIALS / Hyperband(epochs, ETA).total_trials)
    return Hyperband(epochs, ETA, loops, stopper)


def one_run(task: tuple[str, str, int]) -> dict[str, Any]:
    name, side, seed = task
    began = time.process_time()
    problem = problem_of(name, seed)
    epochs = problem.objective.max_epochs
    follower = Follower(problem, [budget * epochs for budget in BUDGETS])
    scheduler, stops, how = SIDES[side]
    stopper = EarlyStopper(SRM(), seed=seed) if stops else None

    def watch(result: Result) -> None:  # noqa: ARG001 - the journal tells
        if follower.over:
            raise KeyboardInterrupt

    sampler = None if how is None else OptunaSampler(seed=seed, **how)
    machine_ = scheduler_of(scheduler, epochs, stopper)
    result = run(machine_, problem.objective, sampler=sampler, seed=seed, journal=follower, watch=watch)
    regrets = follower.regrets
    return {
        "problem": name,
        "side": side,
        "seed": seed,
        "regrets": [*regrets, *[follower.regret()] * (len(BUDGETS) - len(regrets))],
        "trials": follower.trials,
        "dropped": result.count(State.DROPPED),
        "cpu_seconds": round(time.process_time() - began, 2),
    }


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--problems", nargs="+", default=[*TABLES, *FORMULAS], choices=[*TABLES, *FORMULAS])
    parser.add_argument("--sides", nargs="+", default=list(SIDES), choices=SIDES)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=HERE / "results" / "samplers.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    pairs = [(problem, side) for problem in arguments.problems for side in arguments.sides]
    runs = []
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        for seed in range(arguments.seeds):
            runs += pool.map(one_run, [(problem, side, seed) for problem, side in pairs], chunksize=1)
            write(arguments.out, runs, seed + 1)
            print(f"seed {seed}: {sum(r['cpu_seconds'] for r in runs):.0f} s of CPU so far", flush=True)
    text = text_of(summarize(runs, BUDGETS), BUDGETS)
    print(text)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


def write(path: Path, runs: list[dict[str, Any]], seeds: int) -> None:
    """After every seed, so that what is done is not lost."""
    settings = {"budgets": BUDGETS, "eta": ETA, "burn_in": BURN_IN, "seeds": seeds}
    payload = {"benchmark": "samplers", "command": command(), "machine": machine(), "settings": settings}
    write_results(path, {**payload, "rows": summarize(runs, BUDGETS), "runs": runs})


if __name__ == "__main__":
    main()
