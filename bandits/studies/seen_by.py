"""Encode an earlier study as a new objective encodes its configurations."""

from __future__ import annotations

from dataclasses import replace

from bandits.objectives.base import Objective
from bandits.studies.study import Study

__all__ = ["seen_by"]


def seen_by(objective: Objective, study: Study) -> Study:
    """Encode the configurations of a study as an objective does, as far as they hold its parameters.

    A source knows only the choices and ranges that occurred in it, and leaves out parameters that never change; the
    objective knows them all. Features that do not come from a single parameter, such as the number of weights of a
    net, are taken from the source.
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
