"""The figures of a finished run, for `--json` and for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bandits.causes import Cause
from bandits.runtime.records import JobStarted, VerdictGiven
from bandits.runtime.result import Result
from bandits.samplers.q_learning import StageReport
from bandits.schedulers.base import BracketReport, RungReport
from bandits.schedulers.lifecycle import State
from bandits.stopping import EarlierCurves, EarlierStatus

__all__ = ["BracketRow", "Summary"]


@dataclass(frozen=True, slots=True)
class BracketRow:
    """One rung, summed over the loops in which its bracket ran.

    Args:
        bracket: name of the bracket, without the loop.
        loops: how many brackets of that name ran.
        rung: the sums.
    """

    bracket: str
    loops: int
    rung: RungReport


@dataclass(frozen=True, slots=True)
class Summary:
    """A run beside the same run without its predictor.

    Args:
        spec: the objective as the user wrote it.
        predictor: name of the predictor; None without one.
        result: the run.
        baseline: the same algorithm, seed and workers without a predictor; None if the objective is not a replay.
        stages: results of each stage of a learning sampler; empty without one.
        sampler: name of the sampler that the user chose; None for the objective's or the algorithm's own.
        notes: what the reader of the objective's data guessed or left out.
    """

    spec: str
    predictor: str | None
    result: Result
    baseline: Result | None
    stages: tuple[StageReport, ...] = ()
    sampler: str | None = None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        result, baseline = self.result, self.baseline
        best, earlier = result.best, self.warm_start()
        return {
            "algorithm": result.scheduler.name,
            "settings": result.scheduler.settings(),
            "predictor": self.predictor,
            "sampler": self.sampler,
            "stopper": None if result.scheduler.stopper is None else result.scheduler.stopper.settings(),
            "warm_start": None if earlier is None else {**asdict(earlier), "says": earlier.sentence()},
            "objective": self.spec,
            "metric": result.metric.name,
            "goal": result.metric.goal,
            "seed": result.seed,
            "workers": result.workers,
            "max_epochs": result.scheduler.max_epochs,
            "trials": len(result.trials),
            "completed": result.count(State.COMPLETED),
            "dropped": result.count(State.DROPPED),
            "cut": result.count(State.CUT),
            "failed": result.count(State.FAILED),
            "audits": asdict(result.audits),
            "epochs_trained": result.epochs_trained,
            "epochs_again": result.epochs_again,
            "models_alive": result.models_alive,
            "epochs_without_predictor": None if baseline is None else baseline.epochs_trained,
            "best_value": result.best_value,
            "best_trial": result.best_trial,
            "best_epoch": None if best is None else best.epoch,
            "best_config": None if best is None else dict(best.trial.config),
            "best_value_without_predictor": None if baseline is None else baseline.best_value,
            "table_best": result.table_best,
            "regret": result.regret,
            "seconds": result.seconds,
            "seconds_without_predictor": None if baseline is None else baseline.seconds,
            "interrupted": result.interrupted,
            **({"notes": list(self.notes)} if self.notes else {}),
            "stages": [asdict(stage) for stage in self.stages],
            "brackets": [self._bracket(bracket) for bracket in result.brackets],
        }

    def _bracket(self, bracket: BracketReport) -> dict[str, Any]:
        best = bracket.best_score
        return {
            "name": bracket.name,
            "best_trial": bracket.best,
            "best_value": None if best is None else self.result.metric.restore(best),
            "rungs": [asdict(rung) for rung in bracket.rungs],
        }

    def warm_start(self) -> EarlierStatus | None:
        """How the curves of earlier studies were used; None if the run had none."""
        scheduler = self.result.scheduler
        earlier: EarlierCurves | None = getattr(scheduler.stopper, "earlier", None)
        return None if earlier is None else earlier.status(scheduler.training)

    def rows(self) -> Iterator[BracketRow]:
        """Rungs, summed over loops; in the order in which the brackets first ran."""
        sums: dict[tuple[str, int], RungReport] = {}
        loops: dict[tuple[str, int], int] = {}
        for bracket in self.result.brackets:
            name = bracket.name.rpartition(", ")[2] if bracket.name.startswith("loop ") else bracket.name
            for index, rung in enumerate(bracket.rungs):
                total = sums.setdefault((name, index), RungReport(rung.epochs))
                loops[name, index] = loops.get((name, index), 0) + 1
                total.started += rung.started
                total.finished += rung.finished
                total.dropped += rung.dropped
                total.failed += rung.failed
                total.promoted += rung.promoted
        for (name, index), total in sums.items():
            yield BracketRow(name, loops[name, index], total)

    def why_arms_failed(self) -> list[tuple[str, int]]:
        """The reasons why arms failed, the most frequent first, and how many arms failed for each."""
        failed = (arm.id for arm in self.result.scheduler.arms.values() if arm.state is State.FAILED)
        return Counter(self.result.reasons.get(trial_id, "") for trial_id in failed).most_common()

    def why_nothing_was_dropped(self) -> list[str]:
        """Why a predictor dropped no arm: the last reason of each cause and job end; empty if an arm was dropped."""
        silent = self.result.scheduler.stopper is None or self.result.best is None
        if silent or self.result.count(State.DROPPED):
            return []
        last: dict[tuple[str, int], str] = {}
        stops: dict[int, int] = {}  # by arm
        for record in self.result.journal.records():
            if isinstance(record, JobStarted):
                stops[record.trial] = record.stop
            elif isinstance(record, VerdictGiven) and Cause.named(record.cause).nothing_to_judge_by:
                last[record.cause, stops[record.trial]] = record.reason
        return list(last.values()) or ["no forecast was certain enough, or there was no bar to compare it with"]
