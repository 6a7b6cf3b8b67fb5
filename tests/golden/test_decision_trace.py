"""One small run, every decision of which is on file: a change of behaviour shows as a changed line.

The file is rewritten by

    python tests/golden/test_decision_trace.py

Read the difference before you commit it.
"""

import dataclasses
from enum import Enum
from pathlib import Path

import pytest

from bandits import EarlyStopper, Hyperband, ProbabilityRule, run
from bandits.predictors import LastSeenValue
from bandits.runtime.records import Record
from bandits.testing import ReplayObjective

WORKERS = (1, 2)


def table() -> list[list[float]]:
    """34 losses that fall from about 5 at paces of their own; two of them diverge after epoch 1."""
    rows = []
    for i in range(34):
        start, end, pace = 4.0 + (7 * i % 13) / 6, 0.5 + (5 * i % 17) / 10, 0.3 + (3 * i % 7) / 10
        row = [end + (start - end) / (1 + pace * epoch**1.5) for epoch in range(1, 10)]
        rows.append([row[0], *[float("nan")] * 8] if i % 17 == 9 else row)
    return rows


def line(record: Record) -> str:
    """A record in a line: its kind, then its fields; floats to six digits."""
    return " ".join([type(record).__name__, *(f"{f.name}={said(getattr(record, f.name))}" for f in fields(record))])


def fields(record: Record) -> list[dataclasses.Field]:
    """The fields that say something."""
    return [field for field in dataclasses.fields(record) if getattr(record, field.name) is not None]


def said(value: object) -> str:
    """A value in as few characters as tell it apart."""
    if isinstance(value, Enum):
        return str(value.value)
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def trace(workers: int) -> str:
    """Two loops of Hyperband with a stopper that learns from few curves."""
    stopper = EarlyStopper(LastSeenValue(min_curves=4), ProbabilityRule(confidence=0.8), refit_growth=1.5)
    objective = ReplayObjective(table(), goal="minimize", seconds=[1.0, 1.5, 0.75])
    result = run(Hyperband(max_epochs=9, loops=2, stopper=stopper), objective, seed=1, workers=workers)
    return "".join(f"{line(record)}\n" for record in result.journal.records())


def file_for(workers: int) -> Path:
    """Where the trace is kept."""
    return Path(__file__).with_name(f"hyperband_{workers}_workers.txt")


@pytest.mark.parametrize("workers", WORKERS)
def test_decisions_are_those_on_file(workers: int) -> None:
    """Line by line: jobs, epochs, forecasts, verdicts, promotions and cuts."""
    expected = file_for(workers).read_text().splitlines()
    actual = trace(workers).splitlines()

    for number, (was, now) in enumerate(zip(expected, actual, strict=False), start=1):
        assert was == now, f"line {number} of {file_for(workers).name}"
    assert len(expected) == len(actual)


@pytest.mark.parametrize("workers", WORKERS)
def test_the_trace_has_something_of_everything(workers: int) -> None:
    """What is on file shows drops, doubts, cuts, promotions and a failure; a trace without them would prove little."""
    text = file_for(workers).read_text()

    for sign in ("drop=True", "drop=False", "forecast=", "state=dropped", "state=cut", "state=queued", "TrialFailed"):
        assert sign in text


if __name__ == "__main__":
    for count in WORKERS:
        file_for(count).write_text(trace(count))
