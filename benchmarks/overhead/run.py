"""CPU time per reported epoch of scheduler, loop and in-memory journal, beside Optuna's HyperbandPruner.

    python -m benchmarks.overhead [--trials 100 1000 5000 50000] [--out FILE] [--update-readme]

Both sides replay the same synthetic curves, one epoch at a time, without a predictor, in one process. Process CPU
time, best of `--repeats` runs.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bandits import ASHA, Hyperband, SuccessiveHalving, run
from bandits.curves import Metric, Trial
from bandits.objectives import Measurement, Objective
from bandits.samplers.base import Sampler
from bandits.schedulers import Scheduler
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

MAX_EPOCHS, ETA, ROWS = 81, 3, 1000
PER_LOOP = Hyperband(MAX_EPOCHS, ETA).total_trials
OPTUNA_MAX_TRIALS = 5000  # its cost per epoch grows with the trials; beyond this it takes minutes


class Ramps(Objective):
    """Saturating curves that cost nothing to replay."""

    name, metric, max_epochs, virtual_time = "ramps", Metric("accuracy", "maximize"), MAX_EPOCHS, True

    def __init__(self) -> None:
        numbers = random.Random(0)
        qualities = [numbers.random() for _ in range(ROWS)]
        self.curves = [[q * (1 - 0.9**t) + numbers.random() / 50 for t in range(1, MAX_EPOCHS + 1)] for q in qualities]

    def sampler(self, seed: int) -> Sampler:  # noqa: ARG002 - rows in order
        return Rows()

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:  # noqa: ARG002 - none
        return {}

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        curve = self.curves[trial.id % ROWS]
        for epoch in range(start, stop):
            yield Measurement(epoch + 1, curve[epoch], 1.0)


class Rows(Sampler):
    def propose(self, trial_id: int) -> Mapping[str, object]:
        return {"row": trial_id % ROWS}


OURS: dict[str, Callable[[int], Scheduler]] = {
    "bandits hyperband": lambda trials: Hyperband(MAX_EPOCHS, ETA, max(1, round(trials / PER_LOOP))),
    "bandits halving": lambda trials: SuccessiveHalving(MAX_EPOCHS, ETA, trials=trials),
    "bandits asha": lambda trials: ASHA(MAX_EPOCHS, ETA, trials=trials),
    "bandits asha-stopping": lambda trials: ASHA(MAX_EPOCHS, ETA, trials=trials, form="stopping"),
}
OPTUNAS = "optuna HyperbandPruner"


def ours(build: Callable[[int], Scheduler], trials: int, objective: Ramps) -> tuple[float, int]:
    scheduler = build(trials)
    began = time.process_time()
    result = run(scheduler, objective)
    return time.process_time() - began, result.epochs_trained


def optunas(trials: int, objective: Ramps) -> tuple[float, int]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=MAX_EPOCHS, reduction_factor=ETA)
    study = optuna.create_study(
        direction="maximize", pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0), study_name="overhead"
    )
    began, epochs = time.process_time(), 0
    for number in range(trials):
        trial = study.ask()
        curve, pruned = objective.curves[number % ROWS], False
        for epoch in range(MAX_EPOCHS):
            trial.report(curve[epoch], epoch + 1)
            epochs += 1
            if trial.should_prune():
                pruned = True
                break
        if pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, curve[-1])
    return time.process_time() - began, epochs


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1000, 5000, 50000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "overhead.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    objective, rows = Ramps(), []
    run(Hyperband(MAX_EPOCHS), objective)  # imports and caches
    for trials in arguments.trials:
        for name in [*OURS, *([OPTUNAS] if trials <= OPTUNA_MAX_TRIALS else [])]:
            repeats = 1 if name == OPTUNAS and trials > 1000 else arguments.repeats
            side = partial(optunas, trials) if name == OPTUNAS else partial(ours, OURS[name], trials)
            runs = [side(objective) for _ in range(repeats)]
            per_epoch = [1000 * seconds / epochs for seconds, epochs in runs]
            rows.append(
                {
                    "side": name,
                    "trials": trials,
                    "epochs": runs[0][1],
                    "ms_per_epoch": {"best": min(per_epoch), "median": statistics.median(per_epoch)},
                    "repeats": repeats,
                }
            )
            print(f"{name:24} {trials:7,} trials {runs[0][1]:9,} epochs {min(per_epoch):8.4f} ms per epoch", flush=True)
    write_results(arguments.out, {"benchmark": "overhead", "command": command(), "machine": machine(), "rows": rows})
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", table(rows, arguments.trials))


def table(rows: list[dict[str, Any]], trials: list[int]) -> str:
    names = list(dict.fromkeys(row["side"] for row in rows))
    cells = {(row["side"], row["trials"]): f"{row['ms_per_epoch']['best']:.4f}" for row in rows}
    lines = ["| CPU ms per epoch, trials: | " + " | ".join(f"{n:,}" for n in trials) + " |"]
    lines.append("|---|" + "---:|" * len(trials))
    lines += [f"| {name} | " + " | ".join(cells.get((name, n), "-") for n in trials) + " |" for name in names]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
