"""A curve table as an earlier study."""

from __future__ import annotations

from bandits.curves import Goal
from bandits.earlier.studies import EarlierStudy, EarlierTrial, curve_until_gap
from bandits.errors import CurveTableError
from bandits.objectives.curve_table import CurveTable

__all__ = ["study_of_table"]


def study_of_table(source: str, table: str, goal: Goal) -> EarlierStudy:
    """Read the rows of a table, each up to its first gap.

    Args:
        source: as the user wrote it.
        table: name of a shipped table, or path of a file.
        goal: taken where neither the name nor the shape of the curves tells which way is better.

    Raises:
        UnknownPlugin, CurveTableError: there is no such table, or it cannot be read as one.
    """
    try:
        rows = CurveTable(table)
    except CurveTableError:
        rows = CurveTable(table, goal=goal)  # whatever else was wrong still is
    trials = []
    for config, raw in zip(rows.configs, rows.scores.tolist(), strict=True):
        curve = curve_until_gap(raw)
        if curve is not None:
            trials.append(EarlierTrial(config, rows.features(config), curve))
    return EarlierStudy(source, rows.metric, tuple(trials))
