"""What a pruner knows in this process about each study that it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from bandits.integrations.optuna.compat import StudyKey, storage_of, study_key
from bandits.integrations.optuna.judge import StudyJudge
from bandits.integrations.optuna.settings import PrunerSettings
from bandits.integrations.optuna.trial_verdict import TrialVerdict

__all__ = ["FollowedStudies", "FollowedStudy"]


@dataclass(eq=False, slots=True)
class FollowedStudy:
    """What this process knows of a study.

    Args:
        judge: the judge of its trials.
        verdicts: the remembered verdict on each trial, by number.
        late: verdicts that came too late for their report, by number.
        ended: its completed and pruned trials when it was last read.
    """

    judge: StudyJudge
    verdicts: dict[int, TrialVerdict] = field(default_factory=dict)
    late: dict[int, Future[TrialVerdict]] = field(default_factory=dict)
    ended: Sequence[FrozenTrial] = ()

    def is_gone(self, ended: Sequence[FrozenTrial]) -> bool:
        """Whether the study was deleted, and another one has its name and id now."""
        if len(ended) < len(self.ended):
            return True
        pairs = zip(self.ended[:1], ended[:1], strict=True) if self.ended else ()
        return any(a.number == b.number and a.datetime_complete != b.datetime_complete for a, b in pairs)


class FollowedStudies:
    """Studies by storage and key; a study is forgotten with its storage object. For one thread at a time.

    Args:
        settings: settings of the pruner.
    """

    def __init__(self, settings: PrunerSettings) -> None:
        self._settings = settings
        self._studies: WeakKeyDictionary[BaseStorage, dict[StudyKey, FollowedStudy]] = WeakKeyDictionary()

    def __len__(self) -> int:
        """The number of storages with known studies."""
        return len(self._studies)

    def update(self, study: Study, ended: Sequence[FrozenTrial]) -> FollowedStudy:
        """What is known of a study, given its completed and pruned trials by now."""
        studies, key = self._studies.setdefault(storage_of(study), {}), study_key(study)
        followed = studies.get(key)
        if followed is None or followed.is_gone(ended):
            sign = 1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0
            followed = studies[key] = FollowedStudy(StudyJudge(sign, self._settings))
        followed.ended = ended
        return followed
