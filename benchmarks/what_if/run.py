"""Is the answer of `bandits what-if` right?

    python -m benchmarks.what_if [--seeds 4] [--tables NAME ...] [--processes N] [--out FILE] [--update-readme]

120 rows of each shipped table, drawn at random by the seed, are the trials of a search: the first 60 are over, and
what-if is asked about them, in their own order and in 8 random ones, with the default predictor and settings. Two
things are then held against its answer:

1. The same 60 trials in a real Optuna study with the pruner that what-if names. The very trials that what-if says
   must be pruned, each after the epoch that it says.
2. The other 60 trials, in a real Optuna study of their own with that pruner: what the user gets who switches it on
   for the next search. The share of the epochs that it saves should be what what-if says of the first 60.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import FloatDistribution, IntDistribution

from bandits.objectives import SHIPPED_TABLES
from bandits.predictors import SRM
from bandits.rng import rng_for
from bandits.search_space import infer_space
from bandits.studies import Study, read_curves, read_study
from bandits.tools.what_if import PastTrial, Settings, what_if
from bandits.tools.what_if.trials import past_trials
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

TRIALS, ORDERS = 60, 8


def two_searches(table: str, seed: int) -> tuple[Study, Study]:
    """A search that is over, and the next one: different rows of a table."""
    study = read_study(f"table:{table}")
    rows = rng_for(seed, "rows").permutation(len(study.trials))[: 2 * TRIALS].tolist()
    trials = [replace(study.trials[row], number=None) for row in rows]
    return replace(study, trials=tuple(trials[:TRIALS])), replace(study, trials=tuple(trials[TRIALS:]))


def really(trials: tuple[PastTrial, ...], settings: Settings) -> optuna.Study:
    """An Optuna study whose objective replays these trials, one after another, under the pruner."""
    space = infer_space([trial.params for trial in trials])
    study = optuna.create_study(direction="maximize", pruner=settings.pruner())
    for past in trials:
        study.enqueue_trial({name: past.params[name] for name in space})

    def objective(trial: optuna.Trial) -> float:
        past = trials[trial.number]
        for name, distribution in space.items():
            assert isinstance(distribution, IntDistribution | FloatDistribution)  # features of tables are numbers
            if isinstance(distribution, IntDistribution):
                trial.suggest_int(name, distribution.low, distribution.high, log=distribution.log)
            else:
                trial.suggest_float(name, distribution.low, distribution.high, log=distribution.log)
        for epoch, score in past.reports:
            trial.report(score, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        if past.value is None:  # its row ends here
            raise optuna.TrialPruned
        return past.value

    study.optimize(objective, n_trials=len(trials))
    return study


def ended(study: optuna.Study) -> list[int]:
    """After how many epochs each trial ended."""
    return [trial.last_step or 0 for trial in study.trials]


def one_question(task: tuple[str, int]) -> dict[str, Any]:
    table, seed = task
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    over, following = two_searches(table, seed)
    began = time.process_time()
    answer = what_if(over, SRM(), orders=ORDERS, seed=seed)
    seconds = time.process_time() - began
    settings = answer.settings
    same = ended(really(answer.trials, settings))
    trials = past_trials(read_curves(following), settings.max_epochs)
    real = ended(really(trials, settings))
    epochs = [trial.epochs for trial in trials]
    completed = [place for place, trial in enumerate(trials) if trial.value is not None]
    best = max(completed, key=lambda place: trials[place].value or 0.0)
    return {
        "table": table,
        "seed": seed,
        "trials": TRIALS,
        "orders": ORDERS,
        "max_epochs": settings.max_epochs,
        "said_own_order": answer.saved_share(answer.own),
        "said": answer.mean_saved(answer.others),
        "said_range": [pick(map(answer.saved_share, answer.others)) for pick in (min, max)],
        "said_best_kept": sum(map(answer.best_survives, answer.others)),
        "same_as_optuna": same == list(answer.own.epochs),
        "pruned_by_optuna": sum(a < trial.epochs for a, trial in zip(same, answer.trials, strict=True)),
        "saved": 1 - sum(real) / sum(epochs),
        "best_kept": real[best] == epochs[best],
        "cpu_seconds": seconds,
    }


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--tables", nargs="+", default=list(SHIPPED_TABLES))
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=HERE / "results" / "what_if.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    tasks = [(table, seed) for table in arguments.tables for seed in range(arguments.seeds)]
    runs = []
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        for done in pool.imap(one_question, tasks):
            runs.append(done)
            print(f"{done['table']} {done['seed']}: said {done['said']:.2f}, saved {done['saved']:.2f}", flush=True)
    rows = [summary(table, [run for run in runs if run["table"] == table]) for table in arguments.tables]
    rows.append(summary("all", runs))
    text = table_of(rows)
    print(text)
    settings = {"trials": TRIALS, "orders": ORDERS, "seeds": arguments.seeds}
    payload = {"benchmark": "what_if", "command": command(), "machine": machine(), "settings": settings}
    write_results(arguments.out, {**payload, "rows": rows, "runs": runs})
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


def summary(table: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """One row of the table."""
    errors = [run["said"] - run["saved"] for run in runs]
    return {
        "table": table,
        "searches": len(runs),
        "same_as_optuna": sum(run["same_as_optuna"] for run in runs),
        "pruned_by_optuna": sum(run["pruned_by_optuna"] for run in runs),
        "said": statistics.fmean(run["said"] for run in runs),
        "saved": statistics.fmean(run["saved"] for run in runs),
        "mean_error": statistics.fmean(errors),
        "mean_absolute_error": statistics.fmean(map(abs, errors)),
        "in_range": sum(run["said_range"][0] <= run["saved"] <= run["said_range"][1] for run in runs),
        "said_best_kept": sum(run["said_best_kept"] for run in runs) / sum(run["orders"] for run in runs),
        "best_kept": sum(run["best_kept"] for run in runs),
        "cpu_seconds": statistics.fmean(run["cpu_seconds"] for run in runs),
    }


def table_of(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| table | same as Optuna | said | saved next | error | mean distance | inside the range | best kept, said | "
        "best kept next | CPU s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        n, error, distance = row["searches"], round(100 * row["mean_error"]), 100 * row["mean_absolute_error"]
        lines.append(
            f"| {row['table']} | {row['same_as_optuna']} of {n} | {row['said']:.0%} | {row['saved']:.0%} "
            f"| {error:+d} | {distance:.0f} | {row['in_range']} of {n} "
            f"| {row['said_best_kept']:.0%} | {row['best_kept']} of {n} | {row['cpu_seconds']:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
