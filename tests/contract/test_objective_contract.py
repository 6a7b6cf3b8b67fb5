"""Every built-in objective keeps the contract of objectives."""

import math

import pytest

from bandits.objectives.base import Objective
from bandits.testing import ObjectiveContract, ReplayObjective

OBJECTIVES = {
    "replay": ReplayObjective([[0.1, 0.2, 0.3, 0.4], [0.3, 0.2, 0.1, 0.0]]),
    "replay with a failure": ReplayObjective([[0.1, math.nan, math.nan]], goal="minimize", seconds=[2.0]),
    "replay of one epoch": ReplayObjective([[0.1]]),
}


class TestObjectives(ObjectiveContract):
    @pytest.fixture(params=OBJECTIVES.values(), ids=OBJECTIVES)
    def objective(self, request: pytest.FixtureRequest) -> Objective:
        """Every objective."""
        return request.param
