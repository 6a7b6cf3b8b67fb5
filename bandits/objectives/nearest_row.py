"""The row of a table that comes nearest to parameters that a sampler chose."""

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
    """Turns parameters into the nearest row that was not taken yet; when all are taken, it starts again.

    Every parameter counts the same: a number by its distance in widths of its range (of the logarithm of its range,
    where it is drawn so), a choice by 0 or 1, and so does what a row or the parameters lack. The distance is Euclidean;
    among equal rows, the first.

    Args:
        configs: `[n]` the rows, one at least.
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
        """The configuration of the nearest free row, which is taken then."""
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
        """Where each parameter stands in its distribution: 0 to 1, or the number of the choice; NaN where it lacks."""
        params = params_in(config, self._space)
        return {
            name: place_of(params[name], distribution) if name in params else np.nan
            for name, distribution in self._space.items()
        }
