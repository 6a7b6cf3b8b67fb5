"""A run's summary and its live view."""

import io

import numpy as np
from rich.console import Console

from bandits import EarlyStopper, Hyperband, Metric, ProbabilityRule, RandomSearch, run
from bandits.objectives import CurveTable
from bandits.predictors import LastSeenValue
from bandits.report.live import LiveView, picture
from bandits.report.summary import Summary
from bandits.report.terminal import summary_view

TABLE = CurveTable("metaqnn_cifar10")


def finished(loops=1, predictor=None):
    stopper = None if predictor is None else EarlyStopper(predictor, ProbabilityRule())
    return run(Hyperband(20, loops=loops, stopper=stopper), TABLE)


def text_of(renderable) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(renderable)
    return console.file.getvalue()


def shown(result) -> str:
    """What a terminal shows of a run that is no replay."""
    return text_of(summary_view(Summary("an objective", None, result, None)))


def test_rungs_are_summed_over_loops():
    """Two loops of R = 20: 18 arms start in the boldest bracket, 6 are promoted, 2 finish."""
    rows = [(row.bracket, row.loops, row.rung.epochs, row.rung.started, row.rung.promoted)
            for row in Summary("table:x", None, finished(2), None).rows()]  # fmt: skip

    expected = [
        ("s = 2", 2, 2, 18, 6),
        ("s = 2", 2, 7, 6, 2),
        ("s = 2", 2, 20, 2, 0),
        ("s = 1", 2, 7, 10, 2),
        ("s = 1", 2, 20, 2, 0),
        ("s = 0", 2, 20, 6, 0),
    ]
    assert expected == rows


def test_every_bracket_is_in_the_json():
    """Two loops are six brackets, each with its own best arm."""
    brackets = Summary("table:x", None, finished(2), None).as_json()["brackets"]

    assert ["loop 1, s = 2", "loop 1, s = 1", "loop 1, s = 0", "loop 2, s = 2", "loop 2, s = 1", "loop 2, s = 0"] == [
        bracket["name"] for bracket in brackets
    ]
    assert all(bracket["best_value"] is not None for bracket in brackets)


def test_a_predictor_that_said_nothing_is_explained():
    """One loop is too short to learn from: the note names how many curves are needed and how many there were."""
    result = finished(1, LastSeenValue(min_curves=50))

    note = text_of(summary_view(Summary("table:x", "last-seen-value", result, finished())))
    assert "nothing was dropped" in note
    assert "needs 50 curves that reach epoch 7" in note
    assert "--loops N" in note


def test_the_summary_compares_with_the_run_without_a_predictor():
    """Epochs spent, epochs of plain Hyperband, and the share saved stand in one line."""
    result, plain = finished(20, LastSeenValue()), finished(20)

    saved = 1 - result.epochs_trained / plain.epochs_trained
    shown = text_of(summary_view(Summary("table:x", "last-seen-value", result, plain)))
    assert f"{result.epochs_trained:,} epochs" in shown
    assert f"{plain.epochs_trained:,} epochs" in shown
    assert f"{saved:.1%} of the epochs saved" in shown


def test_the_live_picture_shows_where_the_run_stands():
    """Brackets, arms by state, best so far, epochs and time left."""
    shown = text_of(picture(finished(), elapsed=75.0))

    for words in ("17 of 17", "5 completed", "154 spent", "0:01:15 gone", "0:00:00 left", "s = 0"):
        assert words in shown


def test_the_live_view_draws_only_on_a_terminal():
    """A pipe gets no control codes; a terminal is drawn on."""
    pipe, screen = io.StringIO(), io.StringIO()
    for console in (Console(file=pipe), Console(file=screen, force_terminal=True)):
        view = LiveView(console)
        view._drawn -= 10
        with view:
            view(finished())

    assert "" == pipe.getvalue()
    assert "hyperband on metaqnn_cifar10" in screen.getvalue()


def test_audits_are_told():
    """A run that spared arms says how many, and how many of them beat the bar; the same in JSON."""
    result = run(RandomSearch(60, 20, EarlyStopper(LastSeenValue(min_curves=5)), burn_in=10), TABLE)
    summary = Summary("table:x", "last-seen-value", result, None)

    audits = summary.as_json()["audits"]
    assert audits["spared"] == len(result.scheduler.audits) > 0
    assert f"{audits['spared']} arms that would have been dropped went on as a check" in text_of(summary_view(summary))


def test_the_most_frequent_reason_of_failed_arms_is_shown():
    """Rows that end early fail in a replay; the summary says why, and no advice follows where nothing was measured."""
    curves = np.linspace(0.1, 0.9, 12).reshape(4, 3) + 0.0
    curves[:3, 2] = np.nan
    table = CurveTable.from_arrays(curves, [{} for _ in curves], metric=Metric("accuracy", "maximize"))

    text = text_of(summary_view(Summary("table:x", None, run(RandomSearch(4, 3), table), None)))
    assert "failed  3: the value of epoch 3 must be a finite number, got nan" in text

    curves[:, 0] = np.nan
    table = CurveTable.from_arrays(curves, [{} for _ in curves], metric=Metric("accuracy", "maximize"))
    text = text_of(summary_view(Summary("table:x", "last-seen-value", run(RandomSearch(4, 3), table), None)))
    assert "failed  4: the value of epoch 1" in text
    assert "nothing was dropped" not in text
