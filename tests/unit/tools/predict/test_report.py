"""Forecasts of a table as figures, as a terminal table and as a plot."""

import io
import json
import math

import numpy as np
import pytest
from rich.console import Console

from bandits.config.entry import Entry
from bandits.curves import Metric
from bandits.forecasts import Abstain, Forecast, Link
from bandits.report.listings import predictor_listing
from bandits.tools.predict import Check, Predictions, RowForecast
from bandits.tools.predict.html import figure_of
from bandits.tools.predict.picture import picture_of
from bandits.tools.predict.plot import save_plot
from bandits.tools.predict.report import ForecastReport, config_text, forecast_view

HORIZON = 10
ACCURACY, LOSS = Metric("accuracy", goal="maximize"), Metric("loss", goal="minimize")


def row_of(row, answer, *, metric=ACCURACY, values=(0.1, 0.2, 0.3), truth=None, **config):
    return RowForecast(row, config or {"lr": 0.1 * row}, np.array(values), answer, metric, truth)


def report_of(rows, *, training=None, metric=ACCURACY, check=None, coverage=0.9):
    curves = np.tile(np.linspace(0.1, 0.8, HORIZON), (20, 1)) if training is None else np.asarray(training)
    ends = curves[:, -1]
    best = None if not len(ends) else float(ends.max() if metric.goal == "maximize" else ends.min())
    predictions = Predictions("runs", "SRM", metric, HORIZON, None, curves, best, tuple(rows), check, ("a note",))
    return ForecastReport("runs.csv", "srm", predictions, coverage)


def text_of(renderable, width=160):
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    return console.file.getvalue()


def good(score):
    return Forecast(score, 0.05, HORIZON)


def test_intervals_and_probabilities_are_those_of_the_forecast():
    """A Gaussian with mean 0.7 and std 0.05: 90 % lie within 1.645 std, 2.3 % above 0.8."""
    row = report_of([row_of(3, good(0.7))]).as_json()["forecasts"][0]

    expected = {"row": 3, "epochs": 3, "last": 0.3, "mean": 0.7, "low": 0.6178, "high": 0.7822}
    assert expected == pytest.approx({key: row[key] for key in expected}, abs=1e-4)
    assert row["probability_best"] == pytest.approx(0.02275, abs=1e-5)


def test_an_interval_without_a_finite_end_is_null_in_json_and_inf_in_the_table():
    """A loss whose error overflows has a lower end and no upper one; JSON has no infinity."""
    forecast = Forecast(-1.0, 600.0, HORIZON, Link.LOG_LOSS)
    report = report_of([row_of(0, forecast, metric=LOSS)], metric=LOSS)

    row = report.as_json()["forecasts"][0]
    assert (1.0, None) == (row["mean"], row["high"])
    assert 0.0 <= row["low"] < 1e-300
    assert "to inf" in text_of(forecast_view(report))
    assert "Infinity" not in json.dumps(report.as_json(), allow_nan=False)


def test_a_zero_loss_is_not_minus_zero():
    """Turning a score of 0 into a loss gives 0."""
    row = report_of([row_of(0, Forecast(0.0, 0.1, HORIZON), metric=LOSS)], metric=LOSS).as_json()["forecasts"][0]

    assert "0.0" == str(row["mean"])


def test_rows_without_a_forecast_come_last_with_their_reason():
    """The best forecast stands first; a reason that all silent rows share is said once more at the top."""
    rows = [
        row_of(0, Abstain("it is odd")),
        row_of(1, good(0.4)),
        row_of(2, good(0.6)),
        row_of(3, Abstain("it is odd")),
    ]

    lines = text_of(forecast_view(report_of(rows))).splitlines()
    assert any("no forecast for 2 of 4 rows: it is odd" in line for line in lines)
    start = next(place for place, line in enumerate(lines) if line.startswith("row"))
    assert ["2", "1", "0", "3"] == [line.split()[0] for line in lines[start + 1 :]]
    assert "none" in lines[-1] and "it is odd" in lines[-1]
    assert any("a note" in line for line in lines)


def test_numbers_have_the_digits_that_their_intervals_are_worth():
    """An interval 0.16 wide is shown to the third decimal, one that is 1,645 wide to none."""
    narrow = text_of(forecast_view(report_of([row_of(0, good(0.7))])))
    wide = text_of(forecast_view(report_of([row_of(0, Forecast(70000.0, 500.0, HORIZON))])))

    assert "0.618 to 0.782" in narrow
    assert "69178 to 70822" in wide


def test_without_complete_rows_there_is_no_best_to_beat():
    """A predictor that needs no other curve still forecasts; the probability is unknown."""
    report = report_of([row_of(0, good(0.7))], training=np.empty((0, HORIZON)))

    assert None is report.as_json()["best"] is report.as_json()["forecasts"][0]["probability_best"]
    assert "from no complete row of" in text_of(forecast_view(report))
    assert (0.61, 0.79) == pytest.approx(picture_of(report).frame.ends, abs=0.6)


def test_a_long_configuration_is_cut_so_that_every_value_is_seen():
    """Each value first, then the line; values that are missing are left out."""
    config = {"net": "[C(64,3,1), C(128,3,1), D(1,5)]", "lr": 0.00123456, "momentum": None}

    assert "net=[C(64,3,1), C(1…, lr=0.001235" == config_text(config, config)
    assert "net=[C(64…" == config_text(config, config, width=10)


def check_of(pairs):
    rows = [row_of(row, good(mean), truth=truth) for row, (mean, truth) in enumerate(pairs)]
    return Check(tuple(rows), folds=5)


def test_the_check_is_measured_as_usual():
    """R2 1 - 0.02 / 0.05, Spearman's 0.8, median error and coverage by hand; rows without a forecast do not count."""
    pairs = [(0.5, 0.4), (0.4, 0.5), (0.6, 0.6), (0.7, 0.7)]
    rows = (*check_of(pairs).forecasts, row_of(9, Abstain("it is odd"), truth=0.1))
    check = Check(rows, folds=5)

    assert 4 == len(check.answered)
    assert check.r2() == pytest.approx(1 - 0.02 / 0.05)
    assert check.rank_correlation() == pytest.approx(0.8)
    assert check.median_error() == pytest.approx(0.05)
    assert 0.5 == check.coverage(0.9)
    assert 1.0 == check.coverage(0.99)


@pytest.mark.parametrize("pairs", [[], [(0.5, 0.5)], [(0.5, 0.4), (0.6, 0.4)]])
def test_what_is_not_defined_is_none(pairs):
    """No forecast, one forecast and equal truths have neither R2 nor rank correlation."""
    check = check_of(pairs)

    assert (None, None) == (check.r2(), check.rank_correlation())
    assert (check.median_error() is None) == (not pairs)


def test_huge_truths_do_not_overflow():
    """Losses of 1e300 have an R2."""
    rows = [row_of(row, Forecast(-mean, 1.0, HORIZON), metric=LOSS, truth=truth)
            for row, (mean, truth) in enumerate([(2.0, 1.0), (3.0, 2.0), (1e300, 1e300)])]  # fmt: skip

    assert Check(tuple(rows), folds=5).r2() == pytest.approx(1.0)


def test_a_thousand_rows_are_drawn_as_a_few_and_the_plot_says_so():
    """The 40 best of 1,000 forecasts stand before 150 of 1,000 complete rows."""
    rows = [row_of(row, good(row / 1000)) for row in range(1000)]
    training = np.tile(np.linspace(0.1, 0.8, HORIZON), (1000, 1))

    drawn = picture_of(report_of(rows, training=training))
    assert list(range(999, 959, -1)) == [row.row for row in drawn.rows]
    assert 150 == len(drawn.behind)
    assert (
        "rows in grey: 1,000 complete (150 of them drawn); in colour: 40 of 1,000 partial (the best forecasts)"
        in (drawn.captions[0])
    )


def test_where_nothing_is_partial_the_check_is_drawn_with_its_truths():
    """Forty rows of the check, the best and the worst forecast among them."""
    check = check_of([(row / 100, row / 100) for row in range(100)])

    drawn = picture_of(report_of([], check=check))
    assert (40, 99, 0) == (len(drawn.rows), drawn.rows[0].row, drawn.rows[-1].row)
    assert [0.99, 0.0] == [drawn.rows[0].truth, drawn.rows[-1].truth]


def test_a_few_wild_values_do_not_flatten_the_plot():
    """A loss of 1e34 among losses near 1 and a forecast of 1e34 lie outside the frame; the others lie inside."""
    training = np.tile(np.linspace(2.0, 1.0, HORIZON), (20, 1)) + np.linspace(0.0, 0.1, 20)[:, None]
    training[3] = 1e34
    rows = [row_of(row, Forecast(-1.1 - row / 100, 0.05, HORIZON), metric=LOSS, values=(2.0, 1.9)) for row in range(9)]
    rows.append(row_of(9, Forecast(-1e34, 1e33, HORIZON), metric=LOSS, values=(1e34,)))

    drawn = picture_of(report_of(rows, training=training, metric=LOSS))
    low, high = drawn.frame.ends
    assert 0.5 < low < 1.0 and 2.0 < high < 4.0
    assert not drawn.frame.logarithmic


def test_losses_over_orders_of_magnitude_have_a_logarithmic_axis():
    """A fall from 1000 to 1 is drawn on a logarithmic axis; the same rise of a score is not."""
    training = np.tile(np.geomspace(1000.0, 1.0, HORIZON), (20, 1))
    rows = [row_of(0, Forecast(-1.0, 0.1, HORIZON), metric=LOSS, values=(1000.0, 500.0))]

    assert picture_of(report_of(rows, training=training, metric=LOSS)).frame.logarithmic
    rising = report_of([row_of(0, good(1000.0))], training=training[:, ::-1])
    assert not picture_of(rising).frame.logarithmic


def test_the_page_shows_what_the_picture_holds():
    """A curve and a forecast a row, the interval cut at the frame, names and configurations where the mouse is."""
    rows = [row_of(7, good(0.7), optimizer="<adam>"), row_of(8, Forecast(0.5, 1e9, HORIZON))]
    picture = picture_of(report_of(rows))

    figure = json.loads(figure_of(picture).to_json())
    assert 1 + 2 * 2 == len(figure["data"])
    ends = [trace for trace in figure["data"] if "error_y" in trace]
    assert {(0, 0.7), (1, 0.5)} == {(trace["x"][0], trace["y"][0]) for trace in ends}
    assert all(0.0 < trace["error_y"]["array"][0] < 1e10 for trace in ends)
    texts = " ".join(trace.get("hovertemplate") or "" for trace in figure["data"])
    assert "row 7" in texts and "optimizer=&lt;adam" in texts
    assert "rows in grey: 20 complete" in json.dumps(figure["layout"]["annotations"])
    assert list(picture.frame.ends) == figure["layout"]["yaxis"]["range"]


@pytest.mark.parametrize("ending", ["png", "html"])
def test_odd_reports_are_drawn(tmp_path, ending):
    """Nothing but abstentions, nothing but forecasts, infinite ends, values on a logarithmic axis: never an error."""
    fall = np.tile(np.geomspace(1000.0, 1.0, HORIZON), (20, 1))
    wild = Forecast(-1.0, 600.0, HORIZON, Link.LOG_LOSS)
    reports = [
        report_of([row_of(0, Abstain("it is odd"))], training=np.empty((0, HORIZON))),
        report_of([row_of(0, good(0.7))], training=np.empty((0, HORIZON))),
        report_of([row_of(0, wild, metric=LOSS, values=(1000.0,))], training=fall, metric=LOSS),
        report_of([], check=check_of([])),
    ]
    for report in reports:
        picture = save_plot(report, str(tmp_path / f"a.{ending}"))
        assert all(math.isfinite(end) for end in picture.frame.ends)
        assert (tmp_path / f"a.{ending}").stat().st_size > 1000


def test_a_plug_in_is_listed_without_needs():
    """A plug-in's row has its name and origin, and three empty cells."""
    shown = text_of(predictor_listing([Entry("mine", "a:b", "plug-in from somewhere", plugin="somewhere")]))

    assert ["mine", "plug-in from somewhere"] == [cell.strip() for cell in shown.splitlines()[-1].split("  ") if cell]
