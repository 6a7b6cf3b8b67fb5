"""What every stopping rule must do, as tests to inherit."""

from __future__ import annotations

import json

from bandits.curves import Metric
from bandits.forecasts import Forecast
from bandits.stopping.rules import StoppingRule
from bandits.verdicts import Drop, Keep

__all__ = ["StoppingRuleContract"]


class StoppingRuleContract:
    """What every stopping rule must do. Supply the fixture `rule`."""

    _forecasts = (
        *(Forecast(mean, std, horizon=9) for mean in (-3.0, 0.2, 0.7) for std in (0.0, 0.1, 2.0)),
        Forecast(0.2, 0.3, horizon=9, samples=(-1.0, 0.2, 0.5)),
    )
    _bars = (-5.0, -3.0, 0.0, 0.2, 0.4, 0.7, 1.0, 50.0)

    def test_settings_build_it_again(self, rule: StoppingRule) -> None:
        """Its settings are plain JSON values and arguments of its class."""
        twin = type(rule)(**json.loads(json.dumps(rule.settings())))

        assert rule.settings() == twin.settings()
        assert rule.keep == twin.keep >= 1

    def test_every_verdict_has_a_reason(self, rule: StoppingRule) -> None:
        """A verdict is `Keep` or `Drop`, and says why, in scores and in a metric's own units."""
        for forecast in self._forecasts:
            for bar in self._bars:
                verdict = rule.judge(forecast, bar=bar)
                assert isinstance(verdict, Keep | Drop)
                assert verdict.reason
                assert verdict.words(Metric("loss", "minimize"))

    def test_is_deterministic(self, rule: StoppingRule) -> None:
        """The same forecast and bar get the same verdict."""
        for forecast in self._forecasts:
            for bar in self._bars:
                assert rule.judge(forecast, bar=bar) == rule.judge(forecast, bar=bar)

    def test_a_higher_bar_never_saves_an_arm(self, rule: StoppingRule) -> None:
        """An arm that is dropped at a bar is dropped at every higher bar."""
        for forecast in self._forecasts:
            drops = [isinstance(rule.judge(forecast, bar=bar), Drop) for bar in self._bars]
            assert sorted(drops) == drops, f"{forecast} is dropped at {drops} for bars {self._bars}"

    def test_keeps_a_sure_winner(self, rule: StoppingRule) -> None:
        """An arm that will beat the bar for certain is kept."""
        assert isinstance(rule.judge(Forecast(0.7, 0.0, horizon=9), bar=0.2), Keep)
