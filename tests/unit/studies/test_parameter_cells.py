"""The columns of a table that describe its configurations."""

from bandits.studies.writers.parameter_cells import Described, parameter_cells


def test_features_that_say_no_more_than_the_configuration_are_left_out() -> None:
    """One-hot choices follow from the parameter; what follows from none is a column."""
    trials = [
        Described({"lr": rate, "kind": "a"}, {"lr": rate, "kind=a": 1.0, "num_params": 7.0}) for rate in (0.1, 0.2)
    ]

    assert parameter_cells(trials) == {"lr": [0.1, 0.2], "kind": ["a", "a"], "num_params": [7.0, 7.0]}


def test_a_parameter_that_some_lack_has_a_column_that_says_so() -> None:
    """Its cell there holds the number that stands for it."""
    trials = [
        Described({"momentum": 0.9}, {"momentum": 0.9, "has momentum": 1.0}),
        Described({}, {"momentum": 0.5, "has momentum": 0.0}),
    ]

    assert parameter_cells(trials) == {"momentum": [0.9, 0.5], "has momentum": [1, 0]}


def test_none_that_was_chosen_has_a_column() -> None:
    """An empty cell alone would not tell it from one that was not recorded."""
    trials = [
        Described({"weights": None}, {"weights=None": 1.0, "weights=balanced": 0.0}),
        Described({"weights": "balanced"}, {"weights=None": 0.0, "weights=balanced": 1.0}),
    ]

    assert parameter_cells(trials) == {
        "weights": ["", "balanced"],
        "weights=None": [1, 0],
        "weights=balanced": [0, 1],
    }


def test_names_change_with_those_of_their_features() -> None:
    """A numbered parameter that a reader would take for an epoch has another name in a file."""
    trial = Described({"w1": "a"}, {"w1=a": 1.0, "has w1": 1.0, "w": 2.0})

    assert trial.renamed({"w1": "w1_"}) == Described({"w1_": "a"}, {"w1_=a": 1.0, "has w1_": 1.0, "w": 2.0})
