"""Read a curve table as a study."""

from __future__ import annotations

import numpy as np

from bandits.curves import Goal
from bandits.errors import CurveTableError
from bandits.objectives.curve_table import CurveTable
from bandits.studies.study import Reports, Study, StudyTrial

__all__ = ["study_of_table"]


def study_of_table(source: str, table: str, goal: Goal | None) -> Study:
    """Read the rows of a table.

    A row that was measured to the table's last epoch is complete; shorter ones were stopped.

    Args:
        source: as the user wrote it.
        table: name of a shipped table, or path of a file.
        goal: used if neither the metric's name nor the shape of the curves tells which way is better; None for none.

    Raises:
        UnknownPlugin, CurveTableError: there is no such table, or it cannot be read as one.
    """
    try:
        rows = CurveTable(table)
    except CurveTableError:
        rows = CurveTable(table, goal=goal)  # raises again unless only the goal was missing
    trials = []
    for number, (config, scores) in enumerate(zip(rows.configs, rows.scores, strict=True)):
        measured = np.flatnonzero(np.isfinite(scores))
        if len(measured) == 0:
            continue
        tau = int(measured[-1]) + 1
        raw = rows.metric.orient(1.0) * scores[measured]
        trials.append(
            StudyTrial(
                config,
                rows.features(config),
                Reports.of(measured + 1, raw),
                end="completed" if tau == rows.max_epochs else "stopped",
                seconds=None if rows.seconds is None else float(rows.seconds[number, :tau].sum()),
                number=number,
            )
        )
    return Study(source, rows.metric, tuple(trials), "table", notes=rows.description.notes)
