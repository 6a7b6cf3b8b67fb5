"""Forecasts for a table as rows: what `bandits predict` prints, as one JSON object or in a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bandits.tools.facts import facts_table
from bandits.tools.predict import Check, Predictions, RowForecast

__all__ = ["ForecastReport", "check_sentence", "config_text", "forecast_view"]

_ROWS_SHOWN = 50
_CONFIG_WIDTH, _VALUE_WIDTH = 60, 16
_MOST_DIGITS, _LONG = 8, 1e7


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """Predictions, with the table and the predictor as the user wrote them.

    Args:
        file: the table as the user wrote it.
        predictor: name and settings of the predictor, likewise.
        predictions: the result.
        coverage: probability of the intervals that are shown, in (0, 1).
    """

    file: str
    predictor: str
    predictions: Predictions
    coverage: float

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints; values in the metric's units, null where there is no finite number."""
        predictions, check = self.predictions, self.predictions.check
        return {
            "predictor": self.predictor,
            "file": self.file,
            "metric": predictions.metric.name,
            "goal": predictions.metric.goal,
            "horizon": predictions.horizon,
            "at": predictions.at,
            "coverage": self.coverage,
            "training_curves": len(predictions.training),
            "best": predictions.best,
            "forecasts": [self._row(row) for row in predictions.forecasts],
            "check": None if check is None else self._check(check),
            "notes": list(predictions.notes),
        }

    def _row(self, row: RowForecast) -> dict[str, Any]:
        low, high = row.interval(self.coverage) or (math.inf, math.inf)
        best = self.predictions.best
        return {
            "row": row.row,
            "epochs": row.epochs,
            "last": row.last,
            "mean": row.mean,
            "low": _finite(low),
            "high": _finite(high),
            "probability_best": None if best is None else row.probability_better(best),
            "abstained": row.reason,
            "cause": row.cause,
        }

    def _check(self, check: Check) -> dict[str, Any]:
        return {
            "rows": len(check.answered),
            "abstained": len(check.forecasts) - len(check.answered),
            "folds": check.folds,
            "r2": check.r2(),
            "rank_correlation": check.rank_correlation(),
            "median_error": check.median_error(),
            "coverage": check.coverage(self.coverage),
            "forecasts": [{**self._row(row), "truth": row.truth} for row in check.forecasts],
        }


def forecast_view(report: ForecastReport) -> RenderableType:
    """The training rows, one line for each forecast with the best first, the check and the notes."""
    facts = facts_table(_facts(report))
    forecasts = report.predictions.forecasts
    return Group(facts, Text(), _table(report, forecasts)) if forecasts else facts


def _facts(report: ForecastReport) -> Iterable[tuple[str, str]]:
    predictions, check = report.predictions, report.predictions.check
    cut = "" if predictions.at is None else f", from the first {predictions.at}"
    yield "forecast", f"{predictions.metric.name} at epoch {predictions.horizon}{cut}, by {report.predictor}"
    best = "" if predictions.best is None else f"; the best ended at {predictions.best:.6g}"
    count = len(predictions.training)
    rows = {0: "no complete row", 1: "one complete row"}.get(count, f"{count:,} complete rows")
    yield "learned", f"from {rows} of {report.file}{best}"
    if check is not None:
        yield "check", check_sentence(check, report.coverage)
    if not predictions.forecasts:
        yield "note", f"every row reaches epoch {predictions.horizon}, so there is nothing else to forecast"
    silent = [row for row in predictions.forecasts if row.reason is not None]
    if silent:
        same = len({row.reason for row in silent}) == 1
        why = f": {silent[0].reason}" if same else ", for the reasons below"
        yield "note", f"no forecast for {len(silent):,} of {len(predictions.forecasts):,} rows{why}"
    if len(predictions.forecasts) > _ROWS_SHOWN:
        left = len(predictions.forecasts) - _ROWS_SHOWN
        yield "note", f"the {_ROWS_SHOWN} best forecasts are shown; --json prints the other {left:,} as well"
    for note in predictions.notes:
        yield "note", note


def check_sentence(check: Check, coverage: float) -> str:
    """The errors of such forecasts on complete rows, in a line."""
    answered = check.answered
    if not answered:
        reason = next((row.reason for row in check.forecasts), None)
        return f"no forecast for any of {len(check.forecasts):,} complete rows: {reason}"
    some = "" if len(answered) == len(check.forecasts) else f" of {len(check.forecasts):,}"
    parts = [f"on {len(answered):,}{some} complete rows that the fit had not seen:"]
    r2, rank, error = check.r2(), check.rank_correlation(), check.median_error()
    inside = check.coverage(coverage)
    figures = [
        None if r2 is None else f"R2 {r2:.3f}",
        None if rank is None else f"rank correlation {rank:.3f}",
        None if error is None else f"median error {error:.3g}",
        None if inside is None else f"{inside:.0%} ended inside their {coverage:.4g} interval",
    ]
    parts.append(", ".join(figure for figure in figures if figure))
    return " ".join(parts)


def _table(report: ForecastReport, forecasts: Iterable[RowForecast]) -> Table:
    """The best forecasts first; rows without one last, with the reason."""
    metric, best = report.predictions.metric, report.predictions.best
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("row", justify="right", no_wrap=True)
    for column in ("epochs", "last", "forecast", f"{report.coverage:.4g} interval", "P(new best)"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("configuration", no_wrap=True, overflow="ellipsis")
    ordered = sorted(forecasts, key=lambda row: math.inf if row.mean is None else -metric.orient(row.mean))
    varying = _varying([row.config for row in ordered])
    digits = _digits(ordered, report.coverage)
    for row in ordered[:_ROWS_SHOWN]:
        last = "-" if row.last is None else _number(row.last, digits)
        config, interval = config_text(row.config, varying), row.interval(report.coverage)
        if row.mean is None or interval is None:
            table.add_row(str(row.row), str(row.epochs), last, "none", "", "", Text(f"{row.reason}; {config}"))
            continue
        low, high = (_number(end, digits) for end in interval)
        chance = None if best is None else row.probability_better(best)
        shown = "-" if chance is None else f"{chance:.2f}"
        mean = _number(row.mean, digits)
        table.add_row(str(row.row), str(row.epochs), last, mean, f"{low} to {high}", shown, Text(config))
    return table


def _digits(rows: list[RowForecast], coverage: float) -> int:
    """How many decimals show a typical forecast and a typical interval to three digits."""
    sizes = [abs(row.mean) for row in rows if row.mean]
    widths = [high - low for low, high in (row.interval(coverage) or (0.0, 0.0) for row in rows)]
    usual = [median(values) for values in (sizes, widths) if values and 0.0 < median(values) < math.inf]
    return min(max((2 - math.floor(math.log10(value)) for value in usual), default=3), _MOST_DIGITS)


def _number(value: float, digits: int) -> str:
    """A number with so many decimals; very long numbers as powers of ten."""
    return f"{value:.{max(digits, 0)}f}" if abs(value) < _LONG else f"{value:.3g}"


def _varying(configs: list[Mapping[str, object]]) -> list[str]:
    """Names of the parameters whose values differ between configurations."""
    return [name for name in configs[0] if len({repr(config[name]) for config in configs}) > 1 or len(configs) == 1]


def config_text(config: Mapping[str, object], names: Iterable[str], width: int = _CONFIG_WIDTH) -> str:
    """Some values of a configuration in a line of limited width; long values are cut, so that each is shown."""
    text = ", ".join(f"{name}={_plain(config[name])}" for name in names if config[name] is not None)
    return _cut(text, width)


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else _cut(str(value), _VALUE_WIDTH)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
