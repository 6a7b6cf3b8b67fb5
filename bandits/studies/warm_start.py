"""Read the curves of earlier studies, with which the predictor of a new run starts."""

from __future__ import annotations

from collections.abc import Sequence

from bandits.curves import Curve, Metric, Trial
from bandits.errors import SettingError
from bandits.objectives.base import Objective
from bandits.stopping.earlier.training_set import EarlierCurves
from bandits.studies.seen_by import seen_by
from bandits.studies.sources import read_study
from bandits.studies.study import Study, StudyTrial
from bandits.studies.study_curves import read_curves

__all__ = ["earlier_curves"]


def earlier_curves(sources: Sequence[str], objective: Objective, *, seed: int = 0) -> EarlierCurves:
    """Read earlier studies for a new objective.

    Curves are cut at the objective's longest training. Their features are those of the objective that every earlier
    trial has too, encoded as the objective encodes them (`seen_by`). Other features are ignored while earlier curves
    are in use. If the objective has no features, predictors learn from the curves alone.

    Args:
        sources: as `read_study` takes them.
        objective: the objective of the new run.
        seed: seed of the tests that drop misleading curves.

    Raises:
        SettingError: a source cannot be read, holds no curve, has the opposite goal, or shares no feature with the
            objective and the other sources.

    Example:
        >>> from bandits.objectives import CurveTable
        >>> earlier = earlier_curves(["table:metaqnn_svhn"], CurveTable("metaqnn_cifar10"))
        >>> earlier.names
        ('depth', 'lr', 'num_params')
    """
    metric = objective.metric
    studies = [seen_by(objective, read_study(source, goal=metric.goal)) for source in sources]
    known: list[tuple[StudyTrial, Curve]] = []
    notes: list[str] = []
    for study in studies:
        read = read_curves(study)
        if not read.pairs():
            raise SettingError.broken("`warm_start`", "must hold a measured epoch", study.source)
        if study.metric.goal != metric.goal:
            rule = f"must {metric.goal} its metric, like {metric.name} of {objective.name}; it {study.metric.goal}s"
            raise SettingError.broken("`warm_start`", rule, study.source)
        known += read.pairs()
        notes += [f"{study.source}: {sentence}" for sentence in read.account.sentences()]
    names = _shared_names(studies, [trial for trial, _ in known], objective)
    pairs: list[tuple[Trial, Curve]] = []
    for trial, curve in known:
        features = {name: trial.features[name] for name in names}
        cut = curve.prefix(min(curve.tau, objective.max_epochs))
        pairs.append((Trial(-1 - len(pairs), trial.config, features), cut))
    return EarlierCurves(pairs, sources=[_called(study, metric) for study in studies], notes=notes, seed=seed)


def _shared_names(studies: Sequence[Study], trials: Sequence[StudyTrial], objective: Objective) -> list[str]:
    """The names of features that the objective and every earlier trial have."""
    own = set(objective.features(objective.sampler(0).propose(0)))
    shared = own.intersection(*(trial.features for trial in trials))
    if own and not shared:
        theirs = sorted({name for trial in trials for name in trial.features})
        rule = (
            f"must share a feature with {objective.name} ({', '.join(sorted(own))}), and all sources the same one; "
            f"there are {', '.join(theirs) or 'none'}"
        )
        raise SettingError.broken("`warm_start`", rule, [study.source for study in studies])
    return sorted(shared)


def _called(study: Study, metric: Metric) -> str:
    """Name of a study in messages; with its metric, if that has another name than the objective's."""
    if study.metric.name in ("", metric.name):
        return study.source
    return f"{study.source} ({study.metric.name})"
