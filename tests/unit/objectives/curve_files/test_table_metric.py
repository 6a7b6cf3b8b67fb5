"""The metric of a table and its goal: as told, as named, or as the curves go."""

import numpy as np
import pytest

from bandits.curves import Goal, Metric
from bandits.errors import CurveTableError, SettingError
from bandits.objectives.curve_files.table_metric import find_metric

RISING = np.array([[0.1, 0.2], [0.3, 0.5]])
MIXED = np.array([[0.1, 0.2], [0.5, 0.3]])


def find(
    label: str, curves: np.ndarray = MIXED, metric: Metric | None = None, goal: Goal | None = None
) -> tuple[Metric, str]:
    return find_metric(label, curves, metric=metric, goal=goal, source="runs.csv")


@pytest.mark.parametrize(
    ("label", "goal"),
    [
        ("acc", "maximize"),
        ("val_acc", "maximize"),
        ("Validation Accuracy", "maximize"),
        ("f1", "maximize"),
        ("val.loss", "minimize"),
        ("test-perplexity", "minimize"),
        ("error_rate", "minimize"),
    ],
)
def test_a_word_in_the_name_tells_the_goal(label: str, goal: Goal) -> None:
    """Known words decide, whatever the curves do."""
    ground = f"because the epoch columns are called {label!r}"

    assert (Metric(label, goal), ground) == find(label)


@pytest.mark.parametrize("label", ["", "epoch", "Ep", "y", "loss_of_accuracy"])
def test_else_the_curves_tell_it(label: str) -> None:
    """Without a word, or with two that disagree, the way the curves go decides."""
    name = label if label == "loss_of_accuracy" else "value"

    assert (Metric(name, "maximize"), "because 100% of the curves rise from first to last value") == find(label, RISING)
    assert (Metric(name, "minimize"), "because 100% of the curves fall from first to last value") == find(
        label, -RISING
    )


def test_gaps_do_not_count() -> None:
    """First and last value are the recorded ones, and curves without a value have no say."""
    nan = np.nan
    curves = np.array([[nan, 0.1, 0.2], [0.1, 0.3, nan], [nan, nan, nan]])

    assert "maximize" == find("y", curves)[0].goal


def test_what_is_told_wins() -> None:
    """A given metric or goal is taken as it is."""
    assert (Metric("acc", "minimize"), "as given") == find("acc", goal="minimize")
    assert (Metric("x", "minimize"), "as given") == find("acc", metric=Metric("x", "minimize"))
    assert (Metric("x", "minimize"), "as given") == find("acc", metric=Metric("x", "minimize"), goal="minimize")


def test_nothing_tells() -> None:
    """Then the goal must be given."""
    with pytest.raises(
        CurveTableError, match=r"^goal of runs.csv must be given \('maximize' or 'minimize'\).*got 'y'$"
    ):
        find("y", MIXED)


def test_wrong_settings() -> None:
    """A goal or metric that is none, or two that disagree, are refused."""
    with pytest.raises(SettingError, match=r"^`goal` must be one of 'maximize', 'minimize', or None, got 'up'$"):
        find("y", goal="up")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"^`metric` must be a Metric.*got 'accuracy'$"):
        find("y", metric="accuracy")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"^`goal` must be 'minimize', that of metric 'x', got 'maximize'$"):
        find("y", metric=Metric("x", "minimize"), goal="maximize")
