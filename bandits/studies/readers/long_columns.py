"""The columns of a csv file with one report in each row: run, step, value, and others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bandits.errors import SettingError
from bandits.objectives.curve_files.csv_cells import is_missing, number_in
from bandits.objectives.curve_files.csv_file import CsvFile
from bandits.objectives.curve_files.csv_forms import RUN_NAMES, STEP_NAMES, VALUE_NAMES, named_column
from bandits.objectives.curve_files.metric_words import names_a_metric
from bandits.objectives.curve_files.phases import phase_of
from bandits.studies.readers.choices import keep_one_phase, listed

__all__ = ["LongColumns", "find_columns", "settings_in"]

# Possible names of columns, as `plain_name` writes them; the first that exists is taken.
_METRIC_NAMES = ("key", "metric", "metrickey", "metricname", "tag")
_CLOCK_NAMES = ("timestamp", "walltime", "time", "datetime", "date")
_NEEDED = (
    "must have columns for the run (run_id, run, run_name or trial), the step (step, epoch or iteration) and the value "
    "(value, or the column that is named after #)"
)


@dataclass(frozen=True, slots=True)
class LongColumns:
    """The indices of the columns; None for a column that does not exist.

    Args:
        run, step, value: these always exist.
        metric: name of the metric.
        phase: training, validation or test.
        clock: the time of the report.
        notes: guesses, in sentences.
    """

    run: int
    step: int
    value: int
    metric: int | None
    phase: int | None
    clock: int | None
    notes: tuple[str, ...]

    def taken(self) -> set[int]:
        """The indices of all existing columns."""
        places = {self.run, self.step, self.value, self.metric, self.phase, self.clock}
        return {place for place in places if place is not None}


def find_columns(file: CsvFile, asked: str, source: str, argument: str) -> LongColumns:
    """Find the columns of a file.

    Args:
        file: a file with one report in each row.
        asked: requested name of a metric, or of the column that holds the values; empty for none.
        source: as the user wrote it.
        argument: name of the argument that holds the source, for messages.

    Raises:
        SettingError: there is no run, step or value, or several columns may hold the values.
    """
    run, step = named_column(file.header, RUN_NAMES), named_column(file.header, STEP_NAMES)
    value, notes = _value_column(file, asked, source, argument)
    if run is None or step is None or value is None:
        raise SettingError.broken(argument, f"{_NEEDED}; it has {listed(file.header, most=20)}", source)
    metric = None if asked in file.header else named_column(file.header, _METRIC_NAMES)
    clock = named_column(file.header, _CLOCK_NAMES)
    phase = next((place for place in range(len(file.header)) if _tells_phase(file, place)), None)
    return LongColumns(run, step, value, metric, phase if phase != metric else None, clock, notes)


def settings_in(file: CsvFile, columns: LongColumns, rows: Sequence[int]) -> list[int]:
    """The columns with one value for each run and no other known role."""
    known = {*RUN_NAMES, *STEP_NAMES, *VALUE_NAMES, *_METRIC_NAMES, *_CLOCK_NAMES}
    others = {place for place in range(len(file.header)) if named_column([file.header[place]], tuple(known)) == 0}
    candidates = [p for p in range(len(file.header)) if p not in others | columns.taken() | file.unnamed]
    return [place for place in candidates if _is_constant(file, columns.run, place, rows)]


def _value_column(file: CsvFile, asked: str, source: str, argument: str) -> tuple[int | None, tuple[str, ...]]:
    if asked in file.header:
        return file.header.index(asked), ()
    value = named_column(file.header, VALUE_NAMES)
    if value is not None or asked:
        return value, ()
    metrics = [name for place, name in enumerate(file.header) if names_a_metric(name) and _has_numbers(file, place)]
    kept, left_out = keep_one_phase(metrics, "columns")
    if len(kept) > 1:
        rule = f"must end with # and the name of the column that holds the values ({listed(kept, most=20)})"
        raise SettingError.broken(argument, rule, source)
    if not kept:
        return None, ()
    return file.header.index(kept[0]), (*left_out, f"column {kept[0]!r} is read, as its name says a metric")


def _has_numbers(file: CsvFile, place: int) -> bool:
    return all(number_in(row[place]) is not None for row in file.rows)


def _tells_phase(file: CsvFile, place: int) -> bool:
    """Whether each cell of a column is the name of a phase, and at least two phases appear."""
    cells = {row[place].strip() for row in file.rows if not is_missing(row[place])}
    return len(cells) > 1 and all(phase_of(cell) is not None for cell in cells)


def _is_constant(file: CsvFile, run: int, place: int, rows: Iterable[int]) -> bool:
    held: dict[str, str] = {}
    return all(held.setdefault(file.rows[row][run], file.rows[row][place]) == file.rows[row][place] for row in rows)
