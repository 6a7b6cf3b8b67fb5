"""What it costs to read a study whose steps are large, and to prune in it.

    python -m benchmarks.large_steps [--out FILE] [--update-readme]

A study of 30 trials with 50 reports each, the last one at step 50, 1,000 (every 20th step) or 1,000,000 (every
20,000th). Each figure comes from a process of its own: CPU seconds, and the largest memory less that before.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import optuna

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM
from bandits.rng import rng_for
from bandits.studies.readers.optuna import study_of_optuna
from bandits.tools.what_if import what_if
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

REPORTS, TRIALS = 50, 30
LAST_STEPS = (50, 1_000, 1_000_000)
LR = optuna.distributions.FloatDistribution(1e-5, 1e-2, log=True)


def values_of(trial: int) -> list[float]:
    """What a trial reports: a curve that rises to an end of its own, with noise."""
    rng = rng_for(0, "curve", trial)
    end = rng.uniform(50, 200)
    return [end * (1 - 0.85**report) + rng.normal(0, 2) for report in range(1, REPORTS + 1)]


def search(last_step: int, pruner: optuna.pruners.BasePruner) -> tuple[optuna.Study, list[float]]:
    """A study, and the CPU seconds that `should_prune` took after each report."""
    seconds: list[float] = []

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("lr", LR.low, LR.high, log=True)
        values = values_of(trial.number)
        for report, value in enumerate(values, start=1):
            trial.report(value, report * (last_step // REPORTS))
            began = time.process_time()
            stop = trial.should_prune()
            seconds.append(time.process_time() - began)
            if stop:
                raise optuna.TrialPruned
        return values[-1]

    sampler = optuna.samplers.RandomSampler(seed=1)
    study = optuna.create_study(direction="maximize", pruner=pruner, sampler=sampler)
    study.optimize(objective, n_trials=TRIALS)
    return study, seconds


def replayed(last_step: int) -> None:
    """What `bandits what-if` does, without random orders."""
    study, _ = search(last_step, optuna.pruners.NopPruner())
    measured(lambda: what_if(study_of_optuna(study), SRM(), orders=0))


def imported(last_step: int) -> None:
    """What `bandits import` does."""
    from bandits.studies.writers import import_study

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/study.db"
        study, _ = search(last_step, optuna.pruners.NopPruner())
        saved = optuna.create_study(direction="maximize", storage=url)
        saved.add_trials(study.trials)
        measured(lambda: import_study(url, f"{folder}/curves.csv"))


def pruned(last_step: int) -> None:
    """The report that took longest, in a study with the pruner."""
    worst: list[float] = []

    def go() -> None:
        worst.append(max(search(last_step, PredictivePruner(SRM(), max_epochs=last_step))[1]))

    measured(go, worst)


JOBS: dict[str, Callable[[int], None]] = {
    "`bandits what-if`": replayed,
    "`bandits import`": imported,
    "`PredictivePruner`, longest report": pruned,
}


def measured(work: Callable[[], object], seconds: list[float] | None = None) -> None:
    """Print the CPU seconds of some work, or those that it notes, and how far memory grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    work()
    spent = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"seconds": seconds[0] if seconds else spent, "mebibytes": grown}))


def in_a_process(job: str, last_step: int) -> dict[str, float]:
    """The figures of one job in a process of its own."""
    arguments = [sys.executable, "-m", "benchmarks.large_steps", "--job", job, "--last-step", str(last_step)]
    out = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, float] = json.loads(out)
    return figures


def table(figures: dict[str, dict[str, dict[str, float]]]) -> str:
    """The figures as a table for people."""
    lines = ["| what | " + " | ".join(f"up to step {last:,}" for last in LAST_STEPS) + " |"]
    lines.append("|---|" + "---:|" * len(LAST_STEPS))
    for job, of_steps in figures.items():
        cells = (f"{cell['seconds']:.2g} s, {cell['mebibytes']:.0f} MiB" for cell in of_steps.values())
        lines.append(f"| {job} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    parser = argument_parser(__doc__)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--last-step", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "large_steps.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    if arguments.job is not None:
        JOBS[arguments.job](arguments.last_step)
        return
    figures = {job: {f"{last}": in_a_process(job, last) for last in LAST_STEPS} for job in JOBS}
    print(table(figures))
    write_results(
        arguments.out,
        {"benchmark": "large_steps", "command": command(), "machine": machine(), "figures": figures},
    )
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", table(figures))


if __name__ == "__main__":
    main()
