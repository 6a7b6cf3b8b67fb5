"""Which forecasts a command line asks for."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from bandits import registry
from bandits.curves import Goal
from bandits.errors import SettingError
from bandits.objectives.curve_table import CurveTable
from bandits.tools.predict import Predictions, predict_table

__all__ = ["PredictionSpec", "epoch_from"]

_EPOCH = re.compile(r"[0-9]{1,9}")
_SHARE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%")


@dataclass(frozen=True, slots=True)
class PredictionSpec:
    """Which curves to forecast, and how.

    Args:
        curves: path of a csv file, or "table:NAME" of a table that comes with the package.
        predictor: a name of `bandits list predictors`.
        at: the epoch at which rows are cut, or a share of the horizon such as "25%"; None uses all that was measured.
        horizon: the epoch that is forecast; None for the table's last.
        check: how many complete rows are forecast as a test, where `at` is given.
        goal: "maximize" or "minimize", for a file whose metric does not tell.
        seed: of everything random.
    """

    curves: str
    predictor: str = "srm"
    at: str | None = None
    horizon: int | None = None
    check: int = 200
    goal: Goal | None = None
    seed: int = 0

    def predict(self) -> Predictions:
        """Load, fit, forecast: see `predict_table`.

        Raises:
            SettingError, CurveTableError, UnknownPlugin, MissingDependency: what it says.
        """
        predictor = registry.load("predictors", self.predictor)()
        kind, _, name = self.curves.partition(":")
        table = CurveTable(name if kind == "table" and name else self.curves, goal=self.goal, duplicates="keep")
        at = None if self.at is None else epoch_from(self.at, self.horizon or table.max_epochs)
        return predict_table(table, predictor, at=at, horizon=self.horizon, check=self.check, seed=self.seed)


def epoch_from(text: str, horizon: int) -> int:
    """Read an epoch, "12", or a share of the horizon, "25%", which is rounded down to a whole epoch, 1 at least.

    Raises:
        SettingError: it is neither, or the share is not between 0 and 100 %.

    Example:
        >>> epoch_from("12", 50), epoch_from("25%", 50)
        (12, 12)
    """
    if match := _EPOCH.fullmatch(text.strip()):
        return int(match[0])
    if match := _SHARE.fullmatch(text.strip()):
        share = Fraction(match[1]) / 100  # exact: as a float, 29 % of 100 is less than 29
        if 0 < share < 1:
            return max(1, math.floor(share * horizon))
    raise SettingError.broken("`at`", "must be an epoch such as 12, or a share such as 25%", text)
