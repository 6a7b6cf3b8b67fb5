"""One small run for each rule, every decision of which is on file: a change of behaviour shows as a changed line.

The files are rewritten by

    python tests/golden/test_decision_trace.py

Read the difference before you commit it.
"""

import dataclasses
from enum import Enum
from pathlib import Path

import pytest

from bandits import EarlyStopper, Hyperband, ProbabilityRule, RiskControlledRule, run
from bandits.predictors import LastSeenValue
from bandits.runtime.record_format import kind_of
from bandits.runtime.records import Record
from bandits.schedulers import FreezeThaw, RandomSearch, Scheduler
from bandits.stopping import EconomicRule, StoppingRule
from bandits.testing import ReplayObjective

RULES: dict[str, StoppingRule] = {
    "probability": ProbabilityRule(confidence=0.8),
    "risk_control": RiskControlledRule(risk=0.2, audit=0.05),
}
WORKERS = (1, 2)
# Words that have changed since the files were written.
SINCE_CALLED = {"uncensored curves": "fair curves", "forecast this poor": "looks as bad"}
NO_DECISIONS = {"predictor_settings", "refit_growth"}  # settings of the stopper that say how the trace was made
every_rule = pytest.mark.parametrize("rule", RULES)
any_number_of_workers = pytest.mark.parametrize("workers", WORKERS)


def table(loops: int) -> list[list[float]]:
    """17 losses a loop that fall from about 5 at paces of their own; one in 17 diverges after epoch 1."""
    rows = []
    for i in range(17 * loops):
        start, end, pace = 4.0 + (7 * i % 13) / 6, 0.5 + (5 * i % 17) / 10, 0.3 + (3 * i % 7) / 10
        row = [end + (start - end) / (1 + pace * epoch**1.5) for epoch in range(1, 10)]
        rows.append([row[0], *[float("nan")] * 8] if i % 17 == 9 else row)
    return rows


def line(record: Record) -> str:
    """A record in a line: its kind, then its fields; floats to six digits."""
    return " ".join([kind_of(record), *(f"{f.name}={said(getattr(record, f.name))}" for f in fields(record))])


def fields(record: Record) -> list[dataclasses.Field]:
    """The fields that say something, but for those that repeat what a reason says."""
    found = (field for field in dataclasses.fields(record) if field.name != "cause")
    return [field for field in found if getattr(record, field.name) not in (None, {})]


def said(value: object) -> str:
    """A value in as few characters as tell it apart."""
    if isinstance(value, dict):
        return repr({name: each for name, each in value.items() if name not in NO_DECISIONS})
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:.6g}"
    text = repr(value)
    for now, then in SINCE_CALLED.items():
        text = text.replace(now, then)
    return text


def trace(rule: str, workers: int) -> str:
    """A few loops of Hyperband with a stopper that learns from few curves."""
    loops = 2 if rule == "probability" else 4
    stopper = EarlyStopper(LastSeenValue(min_curves=4), RULES[rule], refit_growth=1.5)
    objective = ReplayObjective(table(loops), goal="minimize", seconds=[1.0, 1.5, 0.75])
    result = run(Hyperband(max_epochs=9, loops=loops, stopper=stopper), objective, seed=1, workers=workers)
    return "".join(f"{line(record)}\n" for record in result.journal.records())


def file_for(rule: str, workers: int) -> Path:
    """Where the trace is kept."""
    return Path(__file__).with_name(f"hyperband_{rule}_{workers}_workers.txt")


@every_rule
@any_number_of_workers
def test_decisions_are_those_on_file(rule: str, workers: int) -> None:
    """Line by line: jobs, epochs, forecasts, verdicts, promotions and cuts."""
    expected = file_for(rule, workers).read_text().splitlines()
    actual = trace(rule, workers).splitlines()

    for number, (was, now) in enumerate(zip(expected, actual, strict=False), start=1):
        assert was == now, f"line {number} of {file_for(rule, workers).name}"
    assert len(expected) == len(actual)


@every_rule
@any_number_of_workers
def test_the_trace_has_something_of_everything(rule: str, workers: int) -> None:
    """What is on file shows drops, doubts, cuts, promotions and a failure; a trace without them would prove little."""
    text = file_for(rule, workers).read_text()

    for sign in ("drop=True", "drop=False", "forecast=", "state=dropped", "state=cut", "state=queued", "TrialFailed"):
        assert sign in text
    assert ("to check the rule" in text) == (rule == "risk_control")


def losses(scheduler: Scheduler, workers: int) -> str:
    """What a scheduler does with 34 losses of nine epochs, some of which diverge."""
    objective = ReplayObjective(table(2), goal="minimize", seconds=[1.0, 1.5, 0.75])
    result = run(scheduler, objective, seed=1, workers=workers)
    return "".join(f"{line(record)}\n" for record in result.journal.records())


def freeze_thaw_trace(workers: int) -> str:
    """Six trainings' worth of losses; the last value and the growth of others are forecast."""
    return losses(FreezeThaw(max_epochs=9, budget=6, trials=34), workers)


def freeze_thaw_file(workers: int) -> Path:
    """Where the trace is kept."""
    return Path(__file__).with_name(f"freeze_thaw_{workers}_workers.txt")


@any_number_of_workers
def test_decisions_of_freeze_thaw_are_those_on_file(workers: int) -> None:
    """Line by line: jobs with their reasons, forecasts and values; epochs, pauses, and what was never resumed."""
    text = freeze_thaw_file(workers).read_text()

    assert text.splitlines() == freeze_thaw_trace(workers).splitlines()
    for sign in ("is worth most", "nothing is known", "state=paused", "state=cut", "forecast="):
        assert sign in text


def economic_trace(workers: int) -> str:
    """Random search within six trainings' worth of losses."""
    stopper = EarlyStopper(LastSeenValue(min_curves=2), EconomicRule(budget=6))
    return losses(RandomSearch(34, 9, stopper=stopper), workers)


def economic_file(workers: int) -> Path:
    """Where the trace is kept."""
    return Path(__file__).with_name(f"random_economic_{workers}_workers.txt")


@any_number_of_workers
def test_decisions_of_the_economic_rule_are_those_on_file(workers: int) -> None:
    """Line by line: epochs, forecasts, what an epoch of an arm and of fresh arms is worth, the last epochs."""
    text = economic_file(workers).read_text()

    assert text.splitlines() == economic_trace(workers).splitlines()
    for sign in ("fresh arms are worth no less", "it is worth more", "of the budget", "state=completed"):
        assert sign in text


if __name__ == "__main__":
    for count in WORKERS:
        economic_file(count).write_text(economic_trace(count))
    for count in WORKERS:
        freeze_thaw_file(count).write_text(freeze_thaw_trace(count))
    for kind in RULES:
        for count in WORKERS:
            file_for(kind, count).write_text(trace(kind, count))
