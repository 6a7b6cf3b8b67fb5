"""Find the row of a table that is nearest to the parameters that a sampler chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bandits.search_space import choices_of, params_in, place_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["NearestRow"]


class NearestRow:
    """Finds the nearest row that was not taken yet; when all are taken, all rows are free again.

    Every parameter has the same weight. The distance of numbers is divided by the width of their range (in logarithms,
    for a logarithmic range). It is 0 or 1 for choices, and 1 if only one side has the parameter. Distances add up as in
    Euclidean space; the first of equally near rows is taken.

    Args:
        configs: `[n]` the rows, at least one.
        space: the distribution of each parameter by name.

    Cost: a call takes O(n d) for n rows and d parameters, some 10 microseconds for 1000 rows.
    """

    def __init__(self, configs: Sequence[Mapping[str, object]], space: Mapping[str, BaseDistribution]) -> None:
        self._configs = configs
        self._space = dict(space)
        places = [self._places(config) for config in configs]
        self._rows = {name: np.array([row[name] for row in places]) for name in space}
        self._free = np.ones(len(configs), dtype=np.bool_)

    def __call__(self, params: Mapping[str, object]) -> Mapping[str, object]:
        """Take the nearest free row, and return its configuration."""
        squares = np.zeros(len(self._configs))
        for name, place in self._places(params).items():
            squares += self._squares(name, place)
        squares[~self._free] = np.inf
        row = int(squares.argmin())
        self._free[row] = False
        if not self._free.any():
            self._free[:] = True
        return self._configs[row]

    def _squares(self, name: str, place: float) -> NDArray[np.float64]:
        rows = self._rows[name]
        if choices_of(self._space[name]) is not None:
            return np.asarray(rows != place, dtype=np.float64)
        return np.nan_to_num(np.square(rows - place), nan=1.0)

    def _places(self, config: Mapping[str, object]) -> dict[str, float]:
        """The place of each parameter in its distribution: 0 to 1, or the index of the choice; NaN if missing."""
        params = params_in(config, self._space)
        return {
            name: place_of(params[name], distribution) if name in params else np.nan
            for name, distribution in self._space.items()
        }
