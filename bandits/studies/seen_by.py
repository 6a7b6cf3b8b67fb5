"""An earlier study with the features that a new objective gives its configurations."""

from __future__ import annotations

from dataclasses import replace

from bandits.objectives.base import Objective
from bandits.studies.study import Study

__all__ = ["seen_by"]


def seen_by(objective: Objective, study: Study) -> Study:
    """Encode the configurations of a study as an objective does, as far as they tell its parameters.

    A source knows only the choices and the ranges that it has seen, and leaves out what never changes; the objective
    knows them all. Features that follow from no parameter alone, such as the weights of a net, stay the source's.
    """
    encoder = objective.encoder
    if encoder is None:
        return study
    recorded = {name for trial in study.trials for name in trial.config}
    seen = (
        replace(trial, features={**trial.features, **encoder.encode_known(trial.config, recorded)})
        for trial in study.trials
    )
    return replace(study, trials=tuple(seen))
