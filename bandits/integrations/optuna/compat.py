"""What has no public name in Optuna, from 4.0 to 5: no other file of this library uses such names.

A pruner is handed a `Study` and a `FrozenTrial`. Which storage they are kept in, and under which id, Optuna tells its
own pruners by private attributes; there is no other way to share what is known among the `Study` objects of one study,
or to write an attribute to a trial that is running.
"""

from __future__ import annotations

from contextlib import suppress

from optuna import exceptions
from optuna.storages import BaseStorage, _CachedStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

__all__ = ["StudyKey", "set_attribute", "storage_of", "study_key"]

# The first releases of Optuna 4 have no name of its own for it.
_HAS_FINISHED: type[Exception] = getattr(exceptions, "UpdateFinishedTrialError", RuntimeError)

StudyKey = tuple[int, str]


def storage_of(study: Study) -> BaseStorage:
    """Where a study is kept; the same object for all `Study` objects that were given this storage.

    (`create_study` and `load_study` put a cache of their own before a database.)
    """
    storage = study._storage
    return storage._backend if isinstance(storage, _CachedStorage) else storage


def study_key(study: Study) -> StudyKey:
    """What tells a study from the others of its storage: its id and its name. (An id may be given again.)"""
    return study._study_id, study.study_name


def set_attribute(study: Study, trial: FrozenTrial, name: str, value: object) -> None:
    """Write a user attribute to a trial; nothing happens where the trial has finished meanwhile.

    Raises:
        Exception: whatever the storage raises for another reason.
    """
    with suppress(_HAS_FINISHED):
        study._storage.set_trial_user_attr(trial._trial_id, name, value)
