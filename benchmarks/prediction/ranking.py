"""Does the default rank arms at least as well as their last value does? See README.md beside this file.

python -m benchmarks.prediction.ranking [--tables ...] [--splits N] [--fresh] [--update-readme]
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.objectives import SHIPPED_TABLES, CurveTable
from bandits.predictors import SRM
from bandits.rng import rng_for
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.lib.scoring import yardstick_of
from benchmarks.stress.families import STRESS
from benchmarks.stress.plateaus import PLATEAUS

HERE = Path(__file__).resolve().parent

TABLES = (*SHIPPED_TABLES, *PLATEAUS, *STRESS)
CURVES = (30, 100)
SHARES = (0.10, 0.25, 0.50)
MOST_TRAINING = max(CURVES)  # test arms come after so many, whatever the size of the training set
TEST_ARMS = 400
MADE_UP_ARMS = 500
SEED = 1  # settings of the default were compared on splits of seed 0
ALLOWED = 0.01  # by which the mean rank correlation may be lower, less two standard errors


@dataclass(frozen=True)
class Job:
    """A fit, and its forecasts after each share of the curve."""

    table: str
    curves: int
    split: int

    @property
    def key(self) -> str:
        """Tells jobs apart."""
        return f"{self.table} / {self.curves} / {self.split}"


@cache
def load(name: str) -> tuple[list[tuple[Trial, Curve]], float]:
    """The complete rows of a table, and the interquartile range of their ends."""
    made_up = {**STRESS, **PLATEAUS}
    table = made_up[name](MADE_UP_ARMS, SEED) if name in made_up else CurveTable(name)
    rows = np.flatnonzero(np.isfinite(table.curves).all(axis=1)).tolist()
    arms = [(Trial(row, {}, table.features(table.configs[row])), Curve(table.scores[row])) for row in rows]
    return arms, yardstick_of(table.scores[rows, -1]).unit


def measure(job: Job) -> tuple[str, list[dict[str, Any]]]:
    """The job's key, and one result for each share of the curve; an arm without a forecast keeps its last value."""
    arms, unit = load(job.table)
    order = rng_for(SEED, "split", job.split).permutation(len(arms))
    test = [arms[i] for i in order[MOST_TRAINING : MOST_TRAINING + TEST_ARMS]]
    horizon = test[0][1].tau
    history = History.from_curves([arms[i] for i in order[: job.curves]])
    forecaster = SRM().fit(history, horizon=horizon, rng=rng_for(SEED, "fit", job.split))
    ends = np.array([curve.scores[-1] for _, curve in test])
    results = []
    for share in SHARES:
        tau = max(1, round(share * horizon))
        answers = forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in test])
        last = np.array([curve.scores[tau - 1] for _, curve in test])
        means = np.array([a.mean if isinstance(a, Forecast) else value for a, value in zip(answers, last, strict=True)])
        results.append(
            {
                "table": job.table,
                "curves": job.curves,
                "split": job.split,
                "share": share,
                "rank": rank_correlation(means, ends),
                "rank_last": rank_correlation(last, ends),
                "error": float(np.median(np.abs(means - ends))) / unit,
                "error_last": float(np.median(np.abs(last - ends))) / unit,
                "abstained": sum(not isinstance(answer, Forecast) for answer in answers),
            }
        )
    return job.key, results


def rank_correlation(said: np.ndarray, ends: np.ndarray) -> float:
    """Spearman's; 0 where all forecasts are the same."""
    return float(spearmanr(said, ends).statistic) if np.ptp(said) > 0 else 0.0


def run(jobs: Sequence[Job], processes: int, partial: Path) -> list[dict[str, Any]]:
    """Do the jobs that are not yet in the partial file; each result is put down as it comes."""
    partial.parent.mkdir(parents=True, exist_ok=True)
    lines = partial.read_text(encoding="utf-8").splitlines() if partial.exists() else []
    done: dict[str, list[dict[str, Any]]] = dict(json.loads(line) for line in lines)
    waiting = [job for job in jobs if job.key not in done]
    with partial.open("a", encoding="utf-8") as file:
        for number, (key, results) in enumerate(_measured(waiting, processes), start=1):
            done[key] = results
            file.write(json.dumps([key, results]) + "\n")
            file.flush()
            if number % 100 == 0 or number == len(waiting):
                print(f"{number} of {len(waiting)} jobs", file=sys.stderr, flush=True)
    return [result for job in jobs for result in done[job.key]]


def _measured(jobs: Sequence[Job], processes: int) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    if processes == 1:
        yield from map(measure, jobs)
        return
    with Pool(processes) as pool:
        yield from pool.imap_unordered(measure, jobs)


def summarise(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a table, size and share: means over the splits, and the paired differences with two standard errors."""
    cells: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for result in results:
        cells[result["table"], result["curves"], result["share"]].append(result)
    rows = []
    for (table, curves, share), found in cells.items():
        row: dict[str, Any] = {"table": table, "curves": curves, "share": share, "splits": len(found)}
        for what in ("rank", "error"):
            own, last = (np.array([result[key] for result in found]) for key in (what, f"{what}_last"))
            apart = own - last
            row |= {what: own.mean(), f"{what}_last": last.mean(), f"{what}_difference": apart.mean()}
            row[f"{what}_two_errors"] = 2 * apart.std(ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else 0.0
        row["abstained"] = sum(result["abstained"] for result in found)
        rows.append({key: round(float(value), 5) if isinstance(value, float) else value for key, value in row.items()})
    return rows


def ranks_worse(row: Mapping[str, Any]) -> bool:
    """Whether the rank correlation may be lower than the last value's by more than what is allowed."""
    return bool(row["rank_difference"] - row["rank_two_errors"] < -ALLOWED)


def errs_more(row: Mapping[str, Any]) -> bool:
    """Whether the median error is larger than the last value's by more than two standard errors."""
    return bool(row["error_difference"] > row["error_two_errors"])


def report(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line a table and size, a column a share; where a goal is missed, bold."""
    by = {(row["table"], row["curves"], row["share"]): row for row in rows}
    shares = sorted({row["share"] for row in rows})
    head = [f"{what}, {share:.0%}" for what in ("rank", "error") for share in shares]
    lines = [f"| table | curves | {' | '.join(head)} |", "|---|---:" + "|---:" * len(head) + "|"]
    for table, curves in dict.fromkeys((row["table"], row["curves"]) for row in rows):
        cells = [by[table, curves, share] for share in shares]
        ranks = [_marked(f"{c['rank']:.3f} ({c['rank_difference']:+.3f})", ranks_worse(c)) for c in cells]
        errors = [_marked(f"{c['error']:.3f} ({c['error_last']:.3f})", errs_more(c)) for c in cells]
        lines.append(f"| {table} | {curves} | {' | '.join(ranks + errors)} |")
    splits = max(row["splits"] for row in rows)
    count = f"{sum(map(ranks_worse, rows))} and {sum(map(errs_more, rows))} of {len(rows)} cells"
    opening = f"{splits} splits. Rank correlation and error miss their goals in {count}, which are bold."
    return "\n\n".join([opening, "\n".join(lines)])


def _marked(text: str, missed: bool) -> str:
    return f"**{text}**" if missed else text


def main() -> None:
    """Run what the command line asks for."""
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES, metavar="NAME", help="only these")
    parser.add_argument("--splits", type=int, default=20, help="random splits into training and test arms")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many processes work")
    parser.add_argument("--fresh", action="store_true", help="forget what an interrupted run has measured")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "ranking.json", help="where the JSON goes")
    parser.add_argument("--update-readme", action="store_true", help="put the table into README.md")
    arguments = parser.parse_args()
    partial = arguments.out.with_suffix(".partial.jsonl")
    if arguments.fresh:
        partial.unlink(missing_ok=True)
    places = product(range(arguments.splits), arguments.tables, CURVES)  # an interrupted run has seen every table
    jobs = [Job(table, curves, split) for split, table, curves in places]
    rows = summarise(run(jobs, arguments.processes, partial))
    settings = {"shares": SHARES, "seed": SEED, "splits": arguments.splits, "made_up_arms": MADE_UP_ARMS}
    payload = {"benchmark": "ranking", "command": command(), "machine": machine(), "settings": settings, "rows": rows}
    write_results(arguments.out, payload)
    partial.unlink()
    text = report(rows)
    print(text)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "ranking", text)


if __name__ == "__main__":
    main()
