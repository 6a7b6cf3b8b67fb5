"""A curve table as an earlier study."""

from __future__ import annotations

from bandits.curves import Goal
from bandits.errors import CurveTableError
from bandits.objectives.curve_table import CurveTable
from bandits.studies.study import EarlierStudy, EarlierTrial, curve_until_gap

__all__ = ["study_of_table"]


def study_of_table(source: str, table: str, goal: Goal | None) -> EarlierStudy:
    """Read the rows of a table, each up to its first gap.

    A row that was measured to the table's last epoch is complete, and worth its last score; shorter ones were stopped.

    Args:
        source: as the user wrote it.
        table: name of a shipped table, or path of a file.
        goal: taken where neither the name nor the shape of the curves tells which way is better; None for none.

    Raises:
        UnknownPlugin, CurveTableError: there is no such table, or it cannot be read as one.
    """
    try:
        rows = CurveTable(table)
    except CurveTableError:
        rows = CurveTable(table, goal=goal)  # whatever else was wrong still is
    trials = []
    for number, (config, raw) in enumerate(zip(rows.configs, rows.scores.tolist(), strict=True)):
        curve = curve_until_gap(raw)
        if curve is None:
            continue
        complete = curve.tau == rows.max_epochs
        trials.append(
            EarlierTrial(
                config,
                rows.features(config),
                curve,
                end="completed" if complete else "stopped",
                value=float(curve.scores[-1]) if complete else None,
                seconds=None if rows.seconds is None else float(rows.seconds[number, : curve.tau].sum()),
                number=number,
            )
        )
    return EarlierStudy(source, rows.metric, tuple(trials), "table")
