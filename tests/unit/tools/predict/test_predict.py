"""Rows of a table, sorted, forecast and checked, from Python."""

import numpy as np
import pytest

from bandits.cli.epochs import epoch_from
from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Forecast
from bandits.objectives import CurveTable
from bandits.predictors import LastSeenValue
from bandits.predictors.base import Forecaster, Predictor
from bandits.tools.predict import predict_table

NAN = np.nan
ACCURACY = Metric("accuracy", goal="maximize")


class Recorder(Predictor):
    """Needs nothing, forecasts the last score, and remembers what it was given."""

    name = "Recorder"

    def __init__(self):
        self.fits = []

    def curves_needed(self, horizon):
        return 0

    def fit(self, history, *, horizon, rng):
        self.fits.append({trial.id: history.curve(trial.id).tau for trial, _ in history.reaching(1)})
        return Last(horizon)


class Last(Forecaster):
    def __init__(self, horizon):
        self.horizon = horizon

    def forecast(self, trial, curve):
        if trial.id == 2:
            return Abstain("it does not like row 2")
        return Forecast(float(curve.scores[-1]), 0.1, self.horizon)


def table_of(curves, **config):
    configs = [{name: values[row] for name, values in config.items()} for row in range(len(curves))]
    return CurveTable.from_arrays(curves, configs, metric=ACCURACY)


def test_a_predictor_that_needs_no_other_curve_works_without_complete_rows():
    """Two partial rows and a silent one: forecasts, no best value, no check."""
    predictor = Recorder()
    curves = [[0.1, 0.2, NAN, NAN], [0.3, NAN, NAN, NAN], [0.1, NAN, NAN, NAN]]

    predictions = predict_table(table_of(curves), predictor)
    assert [0.2, 0.3, None] == [row.mean for row in predictions.forecasts]
    assert "it does not like row 2" == predictions.forecasts[2].reason
    assert (None, None, (0, 4)) == (predictions.best, predictions.check, predictions.training.shape)


def test_beginnings_of_forecast_rows_may_be_learned_from():
    """A history holds the complete rows, and each row that is forecast up to where it is cut."""
    predictor = Recorder()
    curves = [[0.1, 0.2, 0.3, 0.4], [0.2, 0.3, 0.4, NAN], [0.1, NAN, NAN, NAN]]

    predict_table(table_of(curves), predictor, at=2)
    assert {0: 4, 1: 2} == predictor.fits[0]


def test_a_test_row_is_never_complete_in_its_own_fit():
    """Five fits for ten complete rows; each has eight of them whole, and two cut."""
    predictor = Recorder()
    curves = np.linspace(0.1, 0.9, 40).reshape(10, 4)

    predictions = predict_table(table_of(curves), predictor, at=3)
    assert 5 == len(predictor.fits) == predictions.check.folds
    cut = [{row for row, tau in fit.items() if tau == 3} for fit in predictor.fits]
    assert [2] * 5 == [len(rows) for rows in cut]
    assert set(range(10)) == set.union(*cut)
    assert list(range(10)) == [row.row for row in predictions.check.forecasts]


def test_a_drawn_check_still_trains_on_all_other_rows():
    """With three of ten rows tested, each fit learns from eight, and a note says how many were drawn."""
    predictor = Recorder()

    predictions = predict_table(table_of(np.linspace(0.1, 0.9, 40).reshape(10, 4)), predictor, at=3, check=3)
    assert 3 == len(predictions.check.forecasts)
    assert {8} == {sum(tau == 4 for tau in fit.values()) for fit in predictor.fits}
    assert ("the check is on 3 of the 10 complete rows, drawn at random",) == predictions.notes


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"at": 4}, "`at` must be < 4, the horizon, got 4"),
        ({"at": True}, "`at` must be an integer >= 1, got True"),
        ({"horizon": 5}, "`horizon` must be <= 4, the last epoch of arrays, got 5"),
        ({"horizon": 1}, "`horizon` must be an integer >= 2, got 1"),
        ({"at": 1, "check": -1}, "`check` must be an integer >= 0, got -1"),
        ({"at": 1, "seed": -1}, "`seed` must be an integer >= 0, got -1"),
        ({}, "table arrays must have rows that end before epoch 4, or come with `at`, the epoch at which to cut them"),
    ],
)
def test_a_broken_rule_is_named(settings, message):
    """Arguments are checked before anything is fitted."""
    with pytest.raises(SettingError) as error:
        predict_table(table_of(np.linspace(0.1, 0.9, 40).reshape(10, 4)), Recorder(), **settings)

    assert message in str(error.value)


def test_too_few_complete_rows_are_an_error():
    """The message says how many are needed, for which epoch, and how many there are."""
    with pytest.raises(SettingError, match=r"must have 20 different rows measured up to epoch 2, .* got 1"):
        predict_table(table_of([[0.1, 0.2], [0.1, NAN]]), LastSeenValue())


def test_a_hyperparameter_that_no_partial_row_has_is_no_feature():
    """What is known of complete rows alone cannot help to forecast the others."""
    predictions = predict_table(
        table_of([[0.1, 0.2], [0.2, 0.4], [0.1, NAN]], test_accuracy=[0.3, 0.7, None], lr=[1, 2, None]), Recorder()
    )

    assert ("known only after training, not learned from: columns test_accuracy, lr",) == predictions.notes


@pytest.mark.parametrize(
    ("text", "epoch"), [("12", 12), ("25%", 25), ("29%", 29), (" 0.1 % ", 1), ("99.9%", 99), ("007", 7)]
)
def test_an_epoch_may_be_a_share(text, epoch):
    """Shares of 100 epochs, exact, rounded down, at least 1."""
    assert epoch == epoch_from(text, 100)


@pytest.mark.parametrize("text", ["", "%", "0%", "100%", "1e9%", "-3", "12.5", "5%%", "half"])
def test_what_is_no_epoch_is_refused(text):
    """The message shows both forms."""
    with pytest.raises(SettingError, match="must be an epoch such as 12, or a share such as 25%"):
        epoch_from(text, 100)


def test_gaps_are_filled_from_what_may_be_seen():
    """Complete rows teach whole; a row that is cut is filled from its first epochs alone."""
    predictor = Recorder()
    curves = [[0.1, NAN, 0.3, 0.5], [NAN, 0.2, 0.4, 0.6], [0.1, 0.2, NAN, NAN], [0.2, NAN, 0.4, NAN], [NAN, NAN, 3, 4]]

    whole = predict_table(table_of(curves), predictor)
    np.testing.assert_allclose(whole.training, [[0.1, 0.2, 0.3, 0.5], [0.2, 0.2, 0.4, 0.6], [3, 3, 3, 4]])
    assert [[0.1, 0.2], [0.2, 0.3, 0.4]] == [row.values.round(9).tolist() for row in whole.forecasts]
    assert ("with gaps, filled from the epochs before and after: rows 0, 1, 3, 4",) == whole.notes
    cut = predict_table(table_of(curves), predictor, at=2)
    assert {0: [0.1], 1: [0.2, 0.2], 4: []} == {row.row: row.values.tolist() for row in cut.check.forecasts}
    assert "none of its first 2 epochs has been measured" == cut.check.forecasts[-1].reason
    assert [[0.1, 0.2], [0.2]] == [row.values.tolist() for row in cut.forecasts]
