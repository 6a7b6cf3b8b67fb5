"""How much worse than the best row of a table the row is that a search returns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandits.objectives import CurveTable

__all__ = ["regret"]


def regret(table: CurveTable, row: int | None) -> float:
    """Regret of a row by its score at the table's last epoch, R.

    Args:
        table: of complete curves; rows without a score at R are not among those that it is measured by.
        row: what a search returns; None if it returns nothing.

    Returns:
        % of the way from the table's best row (0) to a median one (100); 100 as well for anything worse, for a row
        without a score at R, and for nothing.
    """
    ends: NDArray[np.float64] = table.scores[:, -1]
    if row is None or not np.isfinite(ends[row]):
        return 100.0
    best, median = np.nanmax(ends), np.nanmedian(ends)
    if best == median:
        return 100.0 * float(ends[row] < best)
    return float(np.clip(100 * (best - ends[row]) / (best - median), 0.0, 100.0))
