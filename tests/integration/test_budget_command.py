"""`bandits run --budget`: every algorithm goes on until it is spent."""

import json

import pytest


@pytest.mark.parametrize(
    "algorithm", ["random", "halving", "hyperband", "dehb", "asha", "asha-stopping", "pasha", "median", "top-k"]
)
def test_every_algorithm_spends_its_budget(bandits, algorithm):
    """Loops go on, or more trials start, until less than a training is left."""
    code, out, err = bandits("run", algorithm, "--budget", "6", "--objective", "table:metaqnn_cifar10", "--json")
    told = json.loads(out)

    assert (0, "") == (code, err)
    assert 5 * 20 < told["epochs_trained"] <= 6 * 20
    assert told["best_value"] is not None


def test_a_budget_in_epochs(bandits):
    """Exact where jobs fit."""
    code, out, _ = bandits("run", "random", "--budget", "130epochs", "--json")

    assert 0 == code
    assert 120 == json.loads(out)["epochs_trained"]


def test_loops_that_were_given_stay(bandits):
    """The run ends with the algorithm, or with the budget, whichever comes first."""
    code, out, _ = bandits("run", "hyperband:loops=1", "--budget", "300", "--json")

    assert (0, 154) == (code, json.loads(out)["epochs_trained"])


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("hyperband --budget 0.5", "`budget` must be one full training or more (20 epochs), got '0.5'"),
        ("hyperband --budget 2h", "`budget` must be a number of full trainings, such as 20, or of epochs"),
    ],
)
def test_what_is_no_budget_is_one_sentence(bandits, line, sentence):
    """Exit code 2, and nothing is run."""
    code, _, err = bandits("run", *line.split())

    assert 2 == code
    assert sentence in " ".join(err.split())


def test_freeze_thaw_forecasts_with_the_curve_process(bandits):
    """It needs no setting; its forecasts, values and reasons are in the journal, and `explain` shows them."""
    code, out, err = bandits("run", "freeze-thaw", "--budget", "3", "--journal", "run.journal", "--json")
    told = json.loads(out)

    assert (0, "") == (code, err)
    assert "CurveProcess" == told["settings"]["predictor"]["name"]
    assert told["epochs_trained"] <= 60
    assert 20 == told["best_epoch"]

    code, out, _ = bandits("explain", "run.journal", str(told["best_trial"]))
    assert 0 == code
    words = " ".join(out.split())
    assert "one of the first 6 arms" in words or "a fresh configuration" in words
    assert "trains from epoch" in words
    assert "completed: trained all 20 epochs" in words


def test_a_run_without_an_algorithm_is_freeze_thaw(bandits):
    """`bandits run` spends 20 full trainings with freeze-thaw; options mean the same as with its name."""
    code, out, err = bandits("run", "--trials", "2", "--json")
    told = json.loads(out)

    assert (0, "", "freeze-thaw") == (code, err, told["algorithm"])
    assert "20" == told["settings"]["budget"]
    assert bandits("run", "freeze-thaw", "--trials", "2", "--json") == (0, out, "")


def test_freeze_thaw_with_another_predictor(bandits):
    """`--predictor` names who forecasts; nothing is dropped, so there is no rule."""
    code, out, _ = bandits("run", "freeze-thaw", "--predictor", "srm", "--budget", "2", "--json")
    assert (0, "SRM") == (code, json.loads(out)["settings"]["predictor"]["name"])

    code, _, err = bandits("run", "freeze-thaw", "--risk", "0.1")
    assert 2 == code
    assert "`risk` must be left out with freeze-thaw, which drops no arm" in " ".join(err.split())
