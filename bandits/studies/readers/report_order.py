"""In which order the trials of a study reported, where Optuna does not tell."""

from __future__ import annotations

from collections.abc import Mapping

from optuna.storages import RDBStorage
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

__all__ = ["reporting_order"]

_QUERY = text(
    "SELECT trials.number, reports.step FROM trial_intermediate_values AS reports"
    " JOIN trials ON trials.trial_id = reports.trial_id JOIN studies ON studies.study_id = trials.study_id"
    " WHERE studies.study_name = :name ORDER BY reports.trial_intermediate_value_id"
)


def reporting_order(storage: RDBStorage, name: str) -> Mapping[int, list[int]]:
    """The steps of each trial in the order in which they were reported.

    Optuna reads them from a database in whatever order that finds quickest: SQLite by step, so that a trial which
    counts down would look like one that counts up.

    Args:
        storage: a database.
        name: of the study.

    Returns:
        By the number of the trial; empty where the tables are not as they were in Optuna 4 and 5.
    """
    order: dict[int, list[int]] = {}
    try:
        with storage.engine.connect() as connection:
            for number, step in connection.execute(_QUERY, {"name": name}):
                order.setdefault(number, []).append(step)
    except SQLAlchemyError:
        return {}
    return order
