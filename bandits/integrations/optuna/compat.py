"""Private names of Optuna 4.0 to 5: no other file of this library uses any.

A pruner receives a `Study` and a `FrozenTrial`. Optuna's own pruners find their storage and ids in private attributes.
There is no other way to recognise that two `Study` objects are the same study, or to write an attribute to a running
trial.
"""

from __future__ import annotations

from contextlib import suppress

from optuna import exceptions
from optuna.storages import BaseStorage, _CachedStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

__all__ = ["StudyKey", "set_attribute", "storage_of", "study_key"]

# The first releases of Optuna 4 have no name for it.
_HAS_FINISHED: type[Exception] = getattr(exceptions, "UpdateFinishedTrialError", RuntimeError)

StudyKey = tuple[int, str]


def storage_of(study: Study) -> BaseStorage:
    """The storage of a study; the same object for all `Study` objects that were given this storage.

    (`create_study` and `load_study` wrap a database in a cache of their own.)
    """
    storage = study._storage
    return storage._backend if isinstance(storage, _CachedStorage) else storage


def study_key(study: Study) -> StudyKey:
    """What identifies a study in its storage: its id and its name. (The id of a deleted study may be used again.)"""
    return study._study_id, study.study_name


def set_attribute(study: Study, trial: FrozenTrial, name: str, value: object) -> None:
    """Write a user attribute to a trial; nothing happens if the trial has finished meanwhile.

    Raises:
        Exception: whatever the storage raises for another reason.
    """
    with suppress(_HAS_FINISHED):
        study._storage.set_trial_user_attr(trial._trial_id, name, value)
