"""`bandits run random --rule economic`: the best result for a budget."""

import json

import pytest


def test_the_rule_brings_its_predictor_and_ends_the_run(bandits):
    """Its budget is that of the run; `explain` tells what an arm and fresh arms are worth."""
    asked = ("run", "random", "--rule", "economic:budget=5", "--journal", "run.journal", "--json")
    code, out, err = bandits(*asked)
    told = json.loads(out)

    assert (code, err) == (0, "")
    assert told["epochs_trained"] <= 5 * 20
    assert told["dropped"] >= 1
    code, out, _ = bandits("explain", "run.journal", str(dropped_arm(bandits)))
    assert code == 0
    told = " ".join(out.split())
    assert "fresh arms are worth" in told or "of the budget" in told


def dropped_arm(bandits) -> int:
    """The number of an arm that a forecast dropped."""
    for trial in range(1, 40):
        _, out, _ = bandits("explain", "run.journal", str(trial))
        if "DROP" in out:
            return trial
    raise AssertionError("no arm was dropped")


def test_the_budget_of_the_run_is_the_rules(bandits):
    """It may be given either way, in trainings or epochs, with the same result."""
    runs = [
        json.loads(bandits("run", "random", *line.split(), "--json")[1])
        for line in ("--rule economic:4", "--rule economic --budget 4", "--rule economic --budget 80epochs")
    ]

    assert runs[0]["best_value"] == runs[1]["best_value"] == runs[2]["best_value"]
    spent = [told["epochs_trained"] for told in runs]
    assert spent[0] == spent[1] == spent[2] <= 80


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("random --rule economic", "`budget` of economic must be given, as in economic:budget=..."),
        ("random --rule economic:0.5", "`budget` must be one full training or more (20 epochs), got '0.5'"),
        ("random --rule economic:4 --budget 5", "`budget` of economic must be given once, got ['4', '5']"),
        ("hyperband --rule economic:4", "`stopper` must have a rule without a budget, since hyperband ends trainings"),
        ("random --rule economy:4", "(did you mean 'economic'?)"),
    ],
)
def test_what_cannot_be_is_one_sentence(bandits, line, sentence):
    """A missing budget, one below a training, two of them, an algorithm with rungs, a misspelt name."""
    code, out, err = bandits("run", *line.split())

    assert (code, out) == (2, "")
    assert sentence in " ".join(err.split())
