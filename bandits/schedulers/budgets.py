"""How much a run may train: a number of full trainings, or of epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from bandits.errors import SettingError
from bandits.errors.checks import check_choice, check_number

__all__ = ["Budget", "Unit"]

Unit = Literal["trainings", "epochs"]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend.

    Args:
        amount: how much, > 0; a whole number where it counts epochs.
        unit: "trainings" of `max_epochs` epochs each, or "epochs".

    Raises:
        SettingError: an argument breaks its rule.

    Example:
        >>> Budget.of("20").epochs(81), Budget.of("1600epochs").epochs(81), Budget.of(2.5).epochs(9)
        (1620, 1600, 22)
    """

    amount: float
    unit: Unit = "trainings"

    def __post_init__(self) -> None:
        check_choice("unit", self.unit, get_args(Unit))
        check_number("budget", self.amount, above=0)
        if self.unit == "epochs" and self.amount != int(self.amount):
            raise SettingError.broken("`budget`", "must be a whole number of epochs", self.amount)

    @classmethod
    def of(cls, value: Budget | float | str) -> Budget:
        """Read a budget: a number of full trainings ("20"), or of epochs ("1600epochs").

        Raises:
            SettingError: it is neither.
        """
        if isinstance(value, Budget):
            return value
        if isinstance(value, str):
            text = value.strip().lower().replace("_", "").replace(",", "")
            unit: Unit = "epochs" if text.endswith(("epochs", "epoch")) else "trainings"
            digits = text.removesuffix("s").removesuffix("epoch").removesuffix("training").strip()
            try:
                amount = float(digits)
            except ValueError:
                raise SettingError.broken("`budget`", _RULE, value) from None
            if not (math.isfinite(amount) and amount > 0):
                raise SettingError.broken("`budget`", _RULE, value)
            return cls(amount, unit)
        check_number("budget", value, above=0)
        return cls(float(value))

    def epochs(self, max_epochs: int) -> int:
        """How many epochs the budget has, rounded down.

        Args:
            max_epochs: epochs of a full training.
        """
        if self.unit == "epochs":
            return int(self.amount)
        return int(Fraction(str(self.amount)) * max_epochs)  # 2.3 trainings of 10 epochs are 23, not 22

    def at_least_one_training(self, max_epochs: int) -> int:
        """The same as `epochs`, for a run that must be able to train one arm in full.

        Raises:
            SettingError: the budget is less than that.
        """
        epochs = self.epochs(max_epochs)
        if epochs < max_epochs:
            rule = f"must be one full training or more ({max_epochs} epochs)"
            raise SettingError.broken("`budget`", rule, str(self))
        return epochs

    def __str__(self) -> str:
        amount = int(self.amount) if self.amount == int(self.amount) else self.amount
        return f"{amount}" if self.unit == "trainings" else f"{int(self.amount)}epochs"


_RULE = 'must be a number of full trainings, such as 20, or of epochs, such as "1600epochs"'
