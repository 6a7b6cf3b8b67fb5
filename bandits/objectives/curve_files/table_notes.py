"""Sentences on what was guessed, merged or left out when a user's table was read."""

from __future__ import annotations

from collections.abc import Sequence

from bandits.objectives.curve_files.metric_words import is_nameless, names_a_result
from bandits.objectives.curve_files.table_columns import Column, Role
from bandits.objectives.curve_files.table_reader import CurveFile
from bandits.objectives.curve_files.table_report import Incomplete

__all__ = ["known_role", "notes_of"]


def known_role(name: str, values: Sequence[object], file: CurveFile) -> tuple[Role | None, str]:
    """The role of a column by its name, and the reason; None if its values decide.

    A column without a name is an index. A column of numbers is a result if its name is that of the curves, of the best
    or last value of a metric, of its value on the test set, or of the time of training.
    """
    if name in file.unnamed:
        return "label", "has no name: taken for an index"
    numbers = all(isinstance(value, int | float) for value in values if value is not None)
    if numbers and (names_a_result(name) or (name == file.label and not is_nameless(name))):
        return "outcome", "called like a result"
    return None, ""


def notes_of(
    file: CurveFile, columns: Sequence[Column], repeated: tuple[int, bool], incomplete: Incomplete
) -> tuple[str, ...]:
    """Every guess, and everything that was left out, in a sentence each."""
    notes = list(file.notes)
    if file.left_out:
        notes.append(f"other columns that were measured during training are left out: {', '.join(file.left_out)}")
    results = [column.name for column in columns if column.role == "outcome"]
    if results:
        notes.append(f"known only after training, not learned from: columns {', '.join(results)}")
    if file.unnamed:
        notes.append(f"without a name, taken for an index: columns {', '.join(sorted(file.unnamed))}")
    if repeated[0] and repeated[1]:
        notes.append(f"exact copies of other rows, left out: {repeated[0]:,}")
    if incomplete.dropped and (incomplete.early or incomplete.gaps or incomplete.failed):
        notes.append(f"rows without a complete curve: {incomplete}")
    return tuple(notes)
