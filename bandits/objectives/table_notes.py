"""What was guessed, merged or left out when a table of one's own was read, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from bandits.objectives.csv_cells import words_of
from bandits.objectives.metric_words import names_a_metric
from bandits.objectives.phases import phase_of
from bandits.objectives.table_columns import Column, Role
from bandits.objectives.table_reader import CurveFile
from bandits.objectives.table_report import Incomplete

__all__ = ["known_role", "notes_of"]

_RESULTS = frozenset({"best", "end", "final", "last", "max", "mean", "min"})
_SETTINGS_AS_WELL = frozenset({"cost", "map", "prec", "precision", "top"})


def known_role(name: str, values: Sequence[object], file: CurveFile) -> tuple[Role | None, str]:
    """The role of a column that its name tells, and why; None where its values have to tell it.

    A column without a name is an index. A column of numbers whose name says a metric is a result; where the word may
    mean a setting as well (top_k, precision), only if the name says a phase, or the best, last or mean value.
    """
    if name in file.unnamed:
        return "label", "has no name: taken for an index"
    numbers = all(value is None or isinstance(value, int | float) for value in values)
    if numbers and names_a_metric(name):
        words = words_of(name)
        if not words & _SETTINGS_AS_WELL or words & _RESULTS or phase_of(name) or name == file.label:
            return "outcome", "called like a result"
    return None, ""


def notes_of(
    file: CurveFile, columns: Sequence[Column], repeated: tuple[int, bool], incomplete: Incomplete
) -> tuple[str, ...]:
    """Every guess, and everything that was left out, in a sentence each."""
    notes = list(file.notes)
    if file.left_out:
        notes.append(f"columns measured during training as well are left out: {', '.join(file.left_out)}")
    results = [column.name for column in columns if column.role == "outcome"]
    if results:
        notes.append(f"known only after training, not learned from: columns {', '.join(results)}")
    if file.unnamed:
        notes.append(f"without a name, taken for an index: columns {', '.join(sorted(file.unnamed))}")
    if repeated[0] and repeated[1]:
        notes.append(f"{repeated[0]:,} exact copies of other rows are left out")
    if incomplete.dropped and (incomplete.early or incomplete.gaps or incomplete.failed):
        notes.append(f"rows without a whole curve: {incomplete}")
    return tuple(notes)
