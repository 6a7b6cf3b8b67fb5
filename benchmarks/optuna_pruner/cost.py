"""CPU time of a report and its `should_prune`, by how many trials have finished, beside Optuna's own pruners.

    python -m benchmarks.optuna_pruner.cost [--trials 100 1000 5000] [--probes 8] [--quick] [--update-readme]

A study in memory, in an SQLite file and in a journal file is filled with made-up trials, half of them complete. Then
some more trials run through all of their epochs, asking after each one whether they should be pruned, whatever the
answer is. One process, one thread, process CPU time. What the storage takes is told apart: every method of it is timed,
and `study.get_trials`.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.pruners import BasePruner
from optuna.trial import TrialState

from bandits.integrations.optuna import PredictivePruner
from bandits.integrations.optuna.study.known_study import KnownStudy
from bandits.predictors import SRM, LastSeenValue
from bandits.stopping import EarlyStopper, ProbabilityRule, RiskControlledRule, StoppingRule
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.optuna_pruner.cost_study import EPOCHS, SPACE, Clock, Counted, filled, finished, reports

HERE = Path(__file__).resolve().parent

STORAGES = ("memory", "SQLite", "journal file")
OURS = "PredictivePruner"
BY_CONFIDENCE = "PredictivePruner, confidence=0.99"
PRUNERS: dict[str, Callable[[Counted], BasePruner]] = {
    OURS: lambda predictor: PredictivePruner(predictor, max_epochs=EPOCHS),
    BY_CONFIDENCE: lambda predictor: PredictivePruner(predictor, max_epochs=EPOCHS, confidence=0.99),
    "HyperbandPruner": lambda _: optuna.pruners.HyperbandPruner(1, EPOCHS, 3),
    "SuccessiveHalvingPruner": lambda _: optuna.pruners.SuccessiveHalvingPruner(),
    "MedianPruner": lambda _: optuna.pruners.MedianPruner(),
    "WilcoxonPruner": lambda _: optuna.pruners.WilcoxonPruner(),
    "NopPruner": lambda _: optuna.pruners.NopPruner(),
}


def measure(study: optuna.Study, storing: Clock, name: str, probes: int) -> dict[str, Any]:
    """Let some trials run through a study, the first one to fit what is to be fitted.

    Args:
        study: some trials are added to it, as failed ones.
        storing: runs while its trials are read or its storage is at work.
        name: of the pruner.
        probes: how many trials are timed.

    Returns:
        Milliseconds a report of the others: `own`, of the pruner without its storage, `forecast`, of that the reports
        after which there was a forecast, and `whole`, of `should_prune`; and CPU seconds of the first one's reports
        (`first`), in the pruner alone.
    """
    counter = Counted(SRM())
    study.pruner = PRUNERS[name](counter)
    pruning, inside = Clock(), 0.0
    pruning.watch(study.pruner, "prune")
    prune = study.pruner.prune

    def noting(*args: Any) -> bool:
        nonlocal inside
        before = storing.seconds
        try:
            return prune(*args)
        finally:
            inside += storing.seconds - before

    study.pruner.prune = noting  # type: ignore[method-assign, assignment]
    first, own, whole, with_forecast = 0.0, [], [], []
    for probe in range(probes + 1):
        params, curve = reports(1_000_000 + probe)
        study.enqueue_trial(params)
        trial = study.ask(SPACE)
        for step, value in enumerate(curve[:-1]):
            trial.report(value, step)
            before = pruning.seconds - inside
            forecasts, began = counter.forecasts, time.process_time()
            trial.should_prune()
            took, spent = time.process_time() - began, pruning.seconds - inside - before
            if probe == 0:
                first += spent
            else:
                whole.append(1000 * took)
                own.append(1000 * spent)
                with_forecast.append(counter.forecasts > forecasts)
        study.tell(trial, state=TrialState.FAIL)
    said = np.array(with_forecast)
    return {
        "reports": len(own),
        "first_s": round(first, 3),
        "own_ms": _summary(np.array(own)),
        "whole_ms": _summary(np.array(whole)),
        "forecast_share": round(float(said.mean()), 3),
        "forecast_ms": _summary(np.array(own)[said]) if said.any() else None,
    }


def _summary(values: np.ndarray) -> dict[str, float]:
    named = zip(("p05", "median", "p95"), np.quantile(values, (0.05, 0.5, 0.95)).tolist(), strict=True)
    return {name: round(value, 4) for name, value in named} | {"mean": round(float(values.mean()), 4)}


def fits(rule: StoppingRule, counts: list[int]) -> list[int]:
    """How many training sets there have been, one after another, when so many trials have finished.

    Which ones does not depend on the predictor, as long as the rule has something to say after each; so a quick one.
    """
    stopper = EarlyStopper(LastSeenValue(min_curves=10), rule, scratch_growth=1.0)
    known = KnownStudy(1.0, EPOCHS, 10, stopper)
    trials = [finished(number) for number in range(counts[-1])]
    for number, trial in enumerate(trials):
        trial.number = number
    seen, found, history = 0, [], None
    for n in range(1, counts[-1] + 1):
        known.update(trials[:n])
        if known.counts.complete >= 10 and known.waits() is None and known.history is not history:
            seen, history = seen + 1, known.history
        if n in counts:
            found.append(seen)
    return found


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--probes", type=int, default=8, help="trials whose reports are timed")
    parser.add_argument("--quick", action="store_true", help="small, to see that it works")
    parser.add_argument("--folder", help="for the storages' files, on a quick disk such as /dev/shm")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "cost.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.trials, arguments.probes = [50, 100], 2
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    counts = sorted(arguments.trials)
    rows: list[dict[str, Any]] = []
    for storage in STORAGES:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            for count, study in filled(storage, counts, Path(folder)):
                storing = Clock()
                storing.watch_storage(study._storage)
                for reading in ("get_trials", "_get_trials"):
                    storing.watch(study, reading)
                for name in PRUNERS:
                    row = {"storage": storage, "trials": count, "pruner": name}
                    rows.append(row | measure(study, storing, name, arguments.probes))
                    own, whole = rows[-1]["own_ms"]["median"], rows[-1]["whole_ms"]["median"]
                    print(
                        f"{storage:12} {count:5,} {name:34} own {own:8.3f} ms, should_prune {whole:8.3f} ms,"
                        f" first trial {rows[-1]['first_s']:.2f} s",
                        flush=True,
                    )
    renewed = {OURS: fits(RiskControlledRule(), counts), BY_CONFIDENCE: fits(ProbabilityRule(0.99), counts)}
    payload = {"benchmark": "optuna pruner, cost", "command": command(), "machine": machine(), "epochs": EPOCHS}
    write_results(arguments.out, payload | {"trials": counts, "rows": rows, "training_sets": renewed})
    text = report(rows, counts, renewed)
    print(text)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "cost", text)


def report(rows: list[dict[str, Any]], counts: list[int], renewed: dict[str, list[int]]) -> str:
    """The tables of the README."""
    by = {(row["storage"], row["trials"], row["pruner"]): row for row in rows}

    def table(head: str, columns: list[str], cells: Callable[[str], list[str]], names: list[str]) -> list[str]:
        lines = [f"| {head} | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
        return [*lines, *(f"| {name} | " + " | ".join(cells(name)) + " |" for name in names)]

    def own(name: str) -> list[str]:
        found = [by[storage, n, name]["own_ms"] for storage in STORAGES for n in counts]
        return [f"{ms['median']:.2f} ({ms['p95']:.2f})" for ms in found]

    def whole(name: str) -> list[str]:
        return [f"{by[storage, n, name]['whole_ms']['median']:.2f}" for storage in STORAGES for n in counts]

    def ours(name: str) -> list[str]:
        cells = []
        for n in counts:
            row = by["memory", n, name]
            said = row["forecast_ms"]
            cells += [f"{row['forecast_share']:.0%}", "-" if said is None else f"{said['median']:.2f}"]
            cells.append(f"{row['first_s']:.1f}")
        return cells

    each = [f"{n:,}" for n in counts]
    stored = [f"{storage}, {n}" for storage in STORAGES for n in each]
    names, forecasting = list(PRUNERS), [OURS, BY_CONFIDENCE]
    parts = [
        "CPU ms of a pruner for one report, storage not counted: median (95th percentile), by storage and finished"
        " trials:",
        "\n".join(table("pruner", stored, own, names)),
        "Of ours, in memory: share of reports that were answered by a forecast; median CPU ms of these; CPU seconds of"
        " the first trial's reports, in which everything is read and fitted:",
        "\n".join(
            table(
                "finished trials:",
                [f"{n}, {what}" for n in each for what in ("forecasts", "ms", "first s")],
                ours,
                forecasting,
            )
        ),
        "CPU ms of `should_prune`, storage counted, median:",
        "\n".join(table("pruner", stored, whole, names)),
        "Training sets, each of which is fitted once, that there have been by then:",
        "\n".join(table("finished trials:", each, lambda name: [str(n) for n in renewed[name]], forecasting)),
    ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
