"""The words and numbers of a command line, and what they become: objectives, runs, predictions."""

from bandits.spec.objectives import DEFAULT_OBJECTIVE, ObjectiveSpec
from bandits.spec.predictions import PredictionSpec, epoch_from
from bandits.spec.runs import RunSpec

__all__ = ["DEFAULT_OBJECTIVE", "ObjectiveSpec", "PredictionSpec", "RunSpec", "epoch_from"]
