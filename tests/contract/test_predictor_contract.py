"""Every built-in predictor keeps the contract of predictors."""

import pytest

from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.testing import OraclePredictor, PredictorContract, SpyPredictor

PREDICTORS = {
    "SRM": SRM(min_curves=10),
    "LastSeenValue": LastSeenValue(min_curves=5),
    "oracle": OraclePredictor([[i / 10] * 8 for i in range(10)]),
    "spy": SpyPredictor(LastSeenValue(min_curves=5)),
}


class TestPredictors(PredictorContract):
    @pytest.fixture(params=PREDICTORS.values(), ids=PREDICTORS)
    def predictor(self, request: pytest.FixtureRequest) -> Predictor:
        """Every predictor."""
        return request.param
