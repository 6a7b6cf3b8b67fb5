"""Epochs on a command line: a number, or a share of the horizon."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from bandits.errors import SettingError

__all__ = ["epoch_from"]

_EPOCH = re.compile(r"[0-9]{1,9}")
_SHARE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%")


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
