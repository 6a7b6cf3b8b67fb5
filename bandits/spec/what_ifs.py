"""What a command line asks of a search that is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bandits import registry
from bandits.curves import Goal
from bandits.errors import SettingError

if TYPE_CHECKING:
    from bandits.tools.what_if import WhatIf

__all__ = ["WhatIfSpec"]


@dataclass(frozen=True, slots=True)
class WhatIfSpec:
    """Which search, and which pruner would have watched it.

    Args:
        sources: each as `bandits.studies.read_study` takes it; several are one search.
        predictor: a name of `bandits list predictors`.
        goal: "maximize" or "minimize", for a source that does not tell.
        settings: further arguments of `bandits.tools.what_if.what_if`, which documents them.
    """

    sources: tuple[str, ...]
    predictor: str = "srm"
    goal: Goal | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, watch: Callable[[int], None] | None = None) -> WhatIf:
        """Read, replay: see `what_if`.

        Raises:
            SettingError, JournalError, UnknownPlugin, MissingDependency: what it says.
        """
        from bandits.studies import read_studies  # these take half a second, which other commands need not wait
        from bandits.tools.what_if import what_if

        if self.goal not in (None, "maximize", "minimize"):
            raise SettingError.broken("`goal`", "must be 'maximize' or 'minimize'", self.goal)
        predictor = registry.load("predictors", self.predictor)()
        study = read_studies(self.sources, goal=self.goal, argument="`SOURCE`")
        metric = study.returned or study.metric
        if self.goal not in (None, metric.goal):
            rule = f"must be {metric.goal!r} or left out, as {study.source} says"
            raise SettingError.broken("`goal`", rule, self.goal)
        if not any(len(trial.reports) for trial in study.trials):
            rule = "must hold a trial that has reported values (trial.report in Optuna) as it trained"
            raise SettingError.broken("`SOURCE`", rule, study.source)
        return what_if(study, predictor, **self.settings, watch=watch)
