"""A budget: full trainings, or epochs."""

import pytest

from bandits.errors import SettingError
from bandits.schedulers.budgets import Budget


@pytest.mark.parametrize(
    ("value", "epochs"),
    [(20, 1620), ("20", 1620), (" 2.5 ", 202), ("20 trainings", 1620), ("1training", 81), ("1600epochs", 1600),
     ("1,600 epochs", 1600), ("1e3epochs", 1000), (Budget(3), 243), (0.5, 40)],
)  # fmt: skip
def test_a_budget_is_read(value: Budget | float | str, epochs: int) -> None:
    """Numbers and texts count full trainings, here of 81 epochs; "epochs" says otherwise."""
    assert Budget.of(value).epochs(81) == epochs


@pytest.mark.parametrize("value", ["", "many", "0", "-3", "nan", "inf", "2h", "1.5epochs", 0, -1, float("nan"), True])
def test_what_is_no_budget_is_refused(value: float | str) -> None:
    """One sentence names the setting and the value."""
    with pytest.raises(SettingError, match=r"`budget` must be .*, got "):
        Budget.of(value)


@pytest.mark.parametrize("value", [20, 2.3, "1600epochs", 1e6, 1 / 3])
def test_its_text_is_read_again(value: float | str) -> None:
    """A budget and the budget of its text are equal."""
    budget = Budget.of(value)

    assert Budget.of(str(budget)) == budget


def test_parts_of_trainings_are_not_lost_to_rounding() -> None:
    """2.3 trainings of 10 epochs are 23 epochs; as floats they would be 22."""
    assert Budget.of(2.3).epochs(10) == 23


def test_less_than_one_training_is_refused_where_one_is_needed() -> None:
    """The sentence says how many epochs a training has."""
    with pytest.raises(SettingError, match=r"`budget` must be one full training or more \(9 epochs\), got '8epochs'"):
        Budget.of("8epochs").at_least_one_training(9)
