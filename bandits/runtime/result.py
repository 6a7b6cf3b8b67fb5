"""What a run found, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bandits.curves import Metric, Trial
from bandits.runtime.journal import Journal
from bandits.schedulers.base import BracketReport, Scheduler
from bandits.schedulers.lifecycle import State

__all__ = ["AuditOutcome", "Best", "Result"]


@dataclass(frozen=True, slots=True)
class AuditOutcome:
    """How the spared arms ended: a verdict would have dropped them, but they went on, to check the rule.

    Args:
        spared: how many there were.
        ended: how many of them have reached the epoch that was forecast.
        wrong: how many of these ended above the bar, although the verdict was to drop them.
    """

    spared: int
    ended: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Best:
    """The best arm so far, by its score where arms are compared: at the end of a rung or of its training.

    Args:
        trial: the arm.
        epoch: where it had that score; a lower rung counts (Li et al. 2018, Algorithm 1, returns the smallest
            intermediate loss seen).
        score: larger is better.
    """

    trial: Trial
    epoch: int
    score: float


@dataclass(slots=True)
class Result:
    """The state of a run: final once `run` has returned it, growing while a live view looks at it.

    Attributes:
        scheduler: the scheduler that made the decisions, with its arms and brackets.
        objective: name of what was trained.
        metric: what was measured.
        seed: of the run.
        workers: how many arms trained at a time.
        journal: the record of everything that happened.
        trials: every configuration tried, by id.
        epochs_trained: epochs that were measured.
        epochs_again: epochs that were trained a second time, because a model was lost; charged to a budget.
        models_alive: how many arms had begun and were not at their end, at most: each needs its model or a checkpoint.
        seconds: the clock at the end: recorded seconds of a table (1 an epoch where it has none), or measured ones.
        best: the best arm; None if none has reached a rung's end.
        table_best: the best raw value that any row of a table has where this algorithm compares arms; None if
            the objective is not a table.
        interrupted: True if the run was stopped from outside; what was measured until then is here.
    """

    scheduler: Scheduler
    objective: str
    metric: Metric
    seed: int
    workers: int
    journal: Journal
    trials: dict[int, Trial] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    epochs_trained: int = 0
    epochs_again: int = 0
    models_alive: int = 0
    seconds: float = 0.0
    best: Best | None = None
    table_best: float | None = None
    interrupted: bool = False

    @property
    def best_value(self) -> float | None:
        """The best raw value; None if no arm reached a rung's end."""
        return None if self.best is None else self.metric.restore(self.best.score)

    @property
    def best_trial(self) -> int | None:
        """Id of the best arm."""
        return None if self.best is None else self.best.trial.id

    @property
    def best_config(self) -> Mapping[str, object] | None:
        """Configuration of the best arm."""
        return None if self.best is None else self.best.trial.config

    @property
    def regret(self) -> float | None:
        """How much worse than `table_best` the best value is, >= 0, in raw units; None without a table."""
        if self.best is None or self.table_best is None:
            return None
        return abs(self.table_best - self.metric.restore(self.best.score))

    @property
    def brackets(self) -> list[BracketReport]:
        """What happened, bracket by bracket and rung by rung."""
        return self.scheduler.brackets

    @property
    def audits(self) -> AuditOutcome:
        """How often the rule was right about the arms that it spared."""
        ended = wrong = 0
        for trial_id, audit in self.scheduler.audits.items():
            if self.scheduler.arms[trial_id].epochs >= audit.horizon:
                ended += 1
                wrong += bool(self.scheduler.history.curve(trial_id).scores[audit.horizon - 1] > audit.bar)
        return AuditOutcome(len(self.scheduler.audits), ended, wrong)

    def count(self, state: State) -> int:
        """How many arms are in a state."""
        return self.scheduler.counts[state]

    def rows(self) -> list[dict[str, Any]]:
        """One row a trial, by id.

        Returns:
            Dictionaries with `trial`, `state` (a word), `epochs`, `value` (raw, of the last epoch; None before the
            first), `bracket`, `reason` (why it is in that state) and `config`.
        """
        rows = []
        for trial_id, trial in sorted(self.trials.items()):
            arm = self.scheduler.arms[trial_id]
            rows.append(
                {
                    "trial": trial_id,
                    "state": arm.state.value,
                    "epochs": arm.epochs,
                    "value": None if arm.score is None else self.metric.restore(arm.score),
                    "bracket": self.scheduler.brackets[arm.bracket].name,
                    "reason": self.reasons.get(trial_id, ""),
                    "config": dict(trial.config),
                }
            )
        return rows
