"""The order in which the trials of a study reported, for storages in which Optuna does not tell it."""

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

    Optuna reads reports from a database in no fixed order. SQLite returns them by step, so that a trial whose steps go
    down would look like one whose steps go up.

    Args:
        storage: a database.
        name: name of the study.

    Returns:
        The steps for each trial number; empty if the tables differ from those of Optuna 4 and 5.
    """
    order: dict[int, list[int]] = {}
    try:
        with storage.engine.connect() as connection:
            for number, step in connection.execute(_QUERY, {"name": name}):
                order.setdefault(number, []).append(step)
    except SQLAlchemyError:
        return {}
    return order
