"""A table of recorded learning curves, replayed as if it were training."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandits.curves import Goal, Metric, Trial
from bandits.errors import CurveTableError, SettingError
from bandits.objectives.base import Measurement, Objective
from bandits.objectives.curve_files.table_columns import Column, column_of
from bandits.objectives.curve_files.table_contents import ROW, read_table
from bandits.objectives.curve_files.table_metric import find_metric
from bandits.objectives.curve_files.table_report import TableReport, marks_of
from bandits.objectives.nearest_row import NearestRow
from bandits.samplers.table import TableSampler
from bandits.search_space import ABSENT, infer_space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["CurveTable"]


class CurveTable(Objective):
    """Replays recorded learning curves instead of training.

    Each configuration is a row, whose number is `config["row"]`. Rows are drawn without replacement, in an order that
    depends on the run's seed. An epoch that was not recorded has the value NaN, which fails the trial there.
    docs/files.md describes the files. Loading 1000 rows takes about 0.01 s with 20 epochs, 0.1 s with 500.

    Args:
        source: name of a shipped table (`bandits.objectives.SHIPPED_TABLES`), or path of a csv file; "#" and the name
            of the epoch columns may follow.
        metric: name and goal of the curves; if there are several families of epoch columns, its name selects one.
        goal: "maximize" or "minimize"; needed if the metric's name does not tell.
        duplicates: "drop" leaves out rows that copy an earlier one in every cell; "keep" keeps them.
        incomplete: "drop" leaves out rows that end early, have gaps or failed; "keep" replays them as they are.
        untrained_first: whether the first epoch column holds the untrained model and is left out; None means False for
            files, and what is known of a shipped table.

    Attributes:
        curves: `[n, T]` raw values, NaN where not recorded; read-only.
        seconds: `[n, T]` seconds of each epoch, or None; read-only.
        configs: `[n]` configurations, each with its `row`.
        ap, hp: names of the features that are architecture parameters and hyperparameters.
        description: what each column was taken for, and what was left out.

    Raises:
        SettingError, UnknownPlugin, CurveTableError: an argument breaks its rule, or the source cannot be read.

    Example:
        >>> len(CurveTable("metaqnn_cifar10"))
        1000
    """

    virtual_time = True

    curves: NDArray[np.float64]
    seconds: NDArray[np.float64] | None
    configs: tuple[Mapping[str, object], ...]
    ap: tuple[str, ...]
    hp: tuple[str, ...]
    description: TableReport

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        metric: Metric | None = None,
        goal: Goal | None = None,
        duplicates: Literal["drop", "keep"] = "drop",
        incomplete: Literal["keep", "drop"] = "keep",
        untrained_first: bool | None = None,
    ) -> None:
        read = read_table(source, metric, goal, duplicates, incomplete, untrained_first)
        self._fill(read.name, read.report.metric, read.curves, read.values, read.report.columns, seconds=read.seconds)
        self.description = read.report
        self.notes = read.report.notes
        counts = read.report.incomplete
        if counts.gaps and not counts.dropped:
            self.notes += (f"rows with gaps; a trial fails at its first gap: {counts.gaps:,}",)

    @classmethod
    def from_arrays(
        cls,
        curves: ArrayLike,
        configs: Sequence[Mapping[str, object]],
        *,
        metric: Metric,
        seconds: ArrayLike | None = None,
        name: str = "arrays",
    ) -> CurveTable:
        """Make a table from arrays; every row is kept as it is.

        Args:
            curves: `[n, T]` raw values, NaN where not recorded.
            configs: `[n]` configurations. Their numbers, booleans and texts become features. If a configuration lacks a
                key, it does not have that parameter; None and NaN are values that were not recorded. A key `row` is
                replaced by the number of the row.
            metric: metric of the curves.
            seconds: `[n, T]` seconds of each epoch, >= 0 wherever a value is recorded.
            name: name of the table in reports.

        Raises:
            CurveTableError: an array has the wrong shape or an infinite value.
            SettingError: the metric is no `Metric`.

        Example:
            >>> accuracy = Metric("accuracy", goal="maximize")
            >>> table = CurveTable.from_arrays([[0.2, 0.4], [0.3, 0.5]], [{"lr": 0.1}, {"lr": 0.2}], metric=accuracy)
            >>> table.configs[1]
            {'row': 1, 'lr': 0.2}
        """
        array = _floats("curves", curves)
        if array.ndim != 2 or array.size == 0:
            raise CurveTableError.broken("`curves`", "must have shape [n, T] with n, T >= 1", array.shape)
        if np.isinf(array).any():
            raise CurveTableError.broken("`curves`", "must hold finite values or NaN", float(array[np.isinf(array)][0]))
        if len(configs) != len(array):
            raise CurveTableError.broken("`configs`", f"must be {len(array)}, one for each row of curves", len(configs))
        clock = None
        if seconds is not None:
            clock = _floats("seconds", seconds)
            if clock.shape != array.shape:
                raise CurveTableError.broken("`seconds`", f"must have the shape of curves, {array.shape}", clock.shape)
            wrong = clock[~((clock >= 0) & np.isfinite(clock)) & ~np.isnan(array)]
            if wrong.size:
                rule = "must hold numbers >= 0 where curves have values"
                raise CurveTableError.broken("`seconds`", rule, float(wrong[0]))
        metric, ground = find_metric("", array, metric=metric, goal=None, source=name)
        names = {key: None for config in configs for key in config if key != ROW}
        values = {key: [_plain(key, config.get(key, ABSENT)) for config in configs] for key in names}
        columns = tuple(column_of(key, column) for key, column in values.items())
        table = cls.__new__(cls)
        table._fill(name, metric, array, values, columns, seconds=clock)
        table.description = TableReport(
            title=name,
            metric=metric,
            ground=ground,
            rows=len(table),
            epochs=table.max_epochs,
            first_epoch="",
            columns=columns,
            repeated=(0, False),
            incomplete=marks_of(array).counted(),
            timed=clock is not None,
            remarks=(),
            notes=(),
        )
        return table

    def _fill(
        self,
        name: str,
        metric: Metric,
        curves: NDArray[np.float64],
        values: Mapping[str, Sequence[object]],
        columns: Sequence[Column],
        *,
        seconds: NDArray[np.float64] | None,
    ) -> None:
        self.name = name
        self.metric = metric
        self.max_epochs = curves.shape[1]
        self.configurations = len(curves)
        self.curves = curves
        self.seconds = seconds
        for array in (curves, seconds):
            if array is not None:
                array.flags.writeable = False
        names = (ROW, *values)
        self.configs = tuple(
            {key: cell for key, cell in zip(names, cells, strict=True) if cell is not ABSENT}
            for cells in zip(range(len(curves)), *values.values(), strict=True)
        )
        features = {key: numbers for column in columns for key, numbers in column.features.items()}
        self._parameters = tuple(column.name for column in columns if column.features)
        self._features = [{key: numbers[row] for key, numbers in features.items()} for row in range(len(curves))]
        self.feature_names = tuple(features)
        self.ap = tuple(key for column in columns if column.role == "AP" for key in column.features)
        self.hp = tuple(key for column in columns if column.role == "HP" for key in column.features)
        self._replayed: dict[int, tuple[list[float], list[float]]] = {}

    def __len__(self) -> int:
        """The number of configurations."""
        return len(self.configs)

    @property
    def scores(self) -> NDArray[np.float64]:
        """The curves, oriented: `[n, T]`, larger is better, NaN where not recorded."""
        return self.curves if self.metric.goal == "maximize" else -self.curves

    def sampler(self, seed: int) -> TableSampler:
        """Draws every row once, in an order of its own for each seed, then all again in another order."""
        return TableSampler(self.configs, seed)

    @cached_property
    def space(self) -> Mapping[str, BaseDistribution] | None:  # type: ignore[override]
        """The parameters that samplers can choose, inferred from the feature columns; None if there are none.

        For nets given as texts, these are the numbers that describe them, such as their number of weights.
        """
        configs = [{name: config[name] for name in self._parameters if name in config} for config in self.configs]
        return infer_space(configs) or None

    def projection(self) -> NearestRow | None:
        """Finds the row nearest to the parameters that a sampler chose; rows repeat only after all were taken."""
        return None if self.space is None else NearestRow(self.configs, self.space)

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        """Numbers of the configuration's row, by feature name.

        Raises:
            SettingError: the configuration is no row of this table.
        """
        return self._features[self._row(config)]

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        """Replay epochs start + 1 to stop of the trial's row; takes about a microsecond for each epoch.

        Raises:
            SettingError: the configuration is no row of this table, or the epochs are not 0 <= start < stop <= T.
        """
        row = self._row(trial.config)
        if not 0 <= start < stop <= self.max_epochs:
            raise SettingError.broken("epochs", f"must satisfy 0 <= start < stop <= {self.max_epochs}", (start, stop))
        if row not in self._replayed:  # lists of Python floats are read ten times faster than arrays
            clock = [1.0] * self.max_epochs if self.seconds is None else np.nan_to_num(self.seconds[row]).tolist()
            self._replayed[row] = (self.curves[row].tolist(), clock)
        return _replay(*self._replayed[row], start, stop)

    def best_possible(self, epochs: tuple[int, ...]) -> float | None:
        """The best raw value that any row has at one of `epochs` (1 to T) and that a replay can reach.

        Returns:
            The value, or None if no row has one.
        """
        for epoch in epochs:
            if not 1 <= epoch <= self.max_epochs:
                raise SettingError.broken("epochs", f"must lie between 1 and {self.max_epochs}", epoch)
        lost = np.logical_or.accumulate(np.isnan(self.curves), axis=1)  # a replay ends at the first gap
        chosen = [epoch - 1 for epoch in epochs]
        reached = self.scores[:, chosen][~lost[:, chosen]]
        return self.metric.restore(float(reached.max())) if reached.size else None

    def _row(self, config: Mapping[str, object]) -> int:
        row = config.get(ROW)
        if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < len(self.configs):
            raise SettingError.broken(f"row of a configuration of {self.name}", f"must be 0 to {len(self) - 1}", row)
        return row


def _replay(values: Sequence[float], seconds: Sequence[float], start: int, stop: int) -> Iterator[Measurement]:
    for index in range(start, stop):
        yield Measurement(index + 1, values[index], seconds[index])


def _floats(argument: str, numbers: ArrayLike) -> NDArray[np.float64]:
    """A copy as an array of floats."""
    try:
        return np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CurveTableError(f"`{argument}` must be an array of numbers: {error}") from error


def _plain(name: str, value: object) -> object:
    """A configuration's value as a plain Python value; None for NaN."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        if np.isnan(value):
            return None
        raise CurveTableError.broken(f"{name!r} of a configuration", "must be finite", value)
    return value
