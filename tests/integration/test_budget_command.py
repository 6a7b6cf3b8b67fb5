"""`bandits run --budget`: every algorithm goes on until it is spent."""

import json

import pytest


@pytest.mark.parametrize(
    "algorithm", ["random", "halving", "hyperband", "asha", "asha-stopping", "pasha", "median", "top-k"]
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
