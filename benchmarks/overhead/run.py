"""CPU time per reported epoch of scheduler, loop and in-memory journal, beside Optuna's HyperbandPruner.

    python benchmarks/overhead/run.py [--trials 100 1000 5000 50000] [--out FILE] [--update-readme]

Both sides replay the same synthetic curves, one epoch at a time, without a predictor, in one process. Process CPU
time, best of `--repeats` runs.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import machine, update_readme, write_results

from bandits import ASHA, Hyperband, SuccessiveHalving, run
from bandits.curves import Metric, Trial
from bandits.objectives import Measurement, Objective
from bandits.samplers.base import Sampler
from bandits.schedulers import Scheduler

HERE = Path(__file__).parent
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


def ours(scheduler: Scheduler, objective: Ramps) -> tuple[float, int]:
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1000, 5000, 50000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "overhead.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    objective, rows = Ramps(), []
    run(Hyperband(MAX_EPOCHS), objective)  # imports and caches
    for trials in arguments.trials:
        sides = {
            "bandits hyperband": lambda n=trials: ours(
                Hyperband(MAX_EPOCHS, ETA, max(1, round(n / PER_LOOP))), objective
            ),
            "bandits halving": lambda n=trials: ours(SuccessiveHalving(MAX_EPOCHS, ETA, trials=n), objective),
            "bandits asha": lambda n=trials: ours(ASHA(MAX_EPOCHS, ETA, trials=n), objective),
            "bandits asha-stopping": lambda n=trials: ours(ASHA(MAX_EPOCHS, ETA, trials=n, form="stopping"), objective),
        }
        if trials <= OPTUNA_MAX_TRIALS:
            sides["optuna HyperbandPruner"] = lambda n=trials: optunas(n, objective)
        for name, side in sides.items():
            repeats = 1 if "optuna" in name and trials > 1000 else arguments.repeats
            runs = [side() for _ in range(repeats)]
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
    write_results(arguments.out, {"benchmark": "overhead", "command": sys.argv, "machine": machine(), "rows": rows})
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", table(rows, arguments.trials))


def table(rows: list[dict], trials: list[int]) -> str:
    names = list(dict.fromkeys(row["side"] for row in rows))
    cells = {(row["side"], row["trials"]): f"{row['ms_per_epoch']['best']:.4f}" for row in rows}
    lines = ["| CPU ms per epoch, trials: | " + " | ".join(f"{n:,}" for n in trials) + " |"]
    lines.append("|---|" + "---:|" * len(trials))
    lines += [f"| {name} | " + " | ".join(cells.get((name, n), "-") for n in trials) + " |" for name in names]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
