"""What a command line asks of a search that is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandits import registry
from bandits.curves import Goal
from bandits.errors import SettingError

if TYPE_CHECKING:
    from bandits.what_if import WhatIf

__all__ = ["WhatIfSpec"]


@dataclass(frozen=True, slots=True)
class WhatIfSpec:
    """Which search, and which pruner would have watched it.

    Args:
        sources: each as `bandits.earlier.read_study` takes it; several are one search.
        predictor: a name of `bandits list predictors`.
        max_epochs, risk, audit, confidence, margin, keep, top, orders, seed: see `bandits.what_if.what_if`.
        goal: "maximize" or "minimize", for a source that does not tell.
    """

    sources: tuple[str, ...]
    predictor: str = "srm"
    max_epochs: int | None = None
    risk: float = 0.1
    audit: float = 0.02
    confidence: float | None = None
    margin: float = 0.0
    keep: int = 1
    top: int = 5
    orders: int = 20
    goal: Goal | None = None
    seed: int = 0

    def ask(self, watch: Callable[[int], None] | None = None) -> WhatIf:
        """Read, replay: see `what_if`.

        Raises:
            SettingError, JournalError, UnknownPlugin, MissingDependency: what it says.
        """
        from bandits.earlier import read_studies  # these take half a second, which other commands need not wait
        from bandits.what_if import what_if

        if self.goal not in (None, "maximize", "minimize"):
            raise SettingError.broken("`goal`", "must be 'maximize' or 'minimize'", self.goal)
        predictor = registry.load("predictors", self.predictor)()
        study = read_studies(self.sources, goal=self.goal, argument="`SOURCE`")
        if self.goal not in (None, study.metric.goal):
            rule = f"must be {study.metric.goal!r} or left out, as {study.source} says"
            raise SettingError.broken("`goal`", rule, self.goal)
        if not study.trials:
            rule = "must hold a trial that has reported values (trial.report in Optuna) as it trained"
            raise SettingError.broken("`SOURCE`", rule, study.source)
        return what_if(
            study,
            predictor,
            max_epochs=self.max_epochs,
            risk=self.risk,
            audit=self.audit,
            confidence=self.confidence,
            margin=self.margin,
            keep=self.keep,
            top=self.top,
            orders=self.orders,
            seed=self.seed,
            watch=watch,
        )
