"""What every stopping rule must do, as tests to inherit."""

from __future__ import annotations

import json

import numpy as np

from bandits.curves import Metric
from bandits.forecasts import Forecast, Link
from bandits.rng import rng_for
from bandits.stopping.calibration_set import CalibrationSet, Scale
from bandits.stopping.rules import StoppingRule
from bandits.verdicts import Drop, Keep

__all__ = ["StoppingRuleContract"]


class StoppingRuleContract:
    """What every stopping rule must do, and every rule that `learn` makes of it. Supply the fixture `rule`."""

    _horizon = 9
    _forecasts = (
        *(Forecast(mean, std, horizon=9) for mean in (-3.0, 0.2, 0.7) for std in (0.0, 0.1, 2.0)),
        Forecast(0.2, 0.3, horizon=9, samples=(-1.0, 0.2, 0.5)),
    )
    _bars = (-5.0, -3.0, 0.0, 0.2, 0.4, 0.7, 1.0, 50.0)

    def _calibration(self, curves: int, *, equal: bool = False) -> CalibrationSet:
        """Errors of honest forecasts, which do not depend on the ends; a third of the curves are audits."""
        epochs = (1, 4, 8)
        ends = np.full(curves, 0.5) if equal else np.linspace(-4.0, 0.9, curves)
        errors = rng_for(0, "contract", curves).normal(size=(curves, len(epochs)))
        audited = np.arange(curves) >= curves - curves // 3
        return CalibrationSet(self._horizon, epochs, Scale(Link.IDENTITY, 1e-9), ends, errors, 0.01, audited)

    def _judges(self, rule: StoppingRule) -> list[StoppingRule]:
        """The rule, and those that it learns from a calibration set."""
        learnt = rule.learn(self._calibration(60))
        return [rule] if isinstance(learnt, Keep) else [rule, *learnt.values()]

    def test_settings_build_it_again(self, rule: StoppingRule) -> None:
        """Its settings are plain JSON values and arguments of its class."""
        twin = type(rule)(**json.loads(json.dumps(rule.settings())))

        assert rule.settings() == twin.settings()
        assert rule.keep == twin.keep >= 1
        assert 0.0 <= rule.audit == twin.audit <= 1.0

    def test_every_verdict_has_a_reason(self, rule: StoppingRule) -> None:
        """A verdict is `Keep` or `Drop`, and says why, in scores and in a metric's own units; a `Drop` shows the
        forecast that it rests on."""
        for judge in self._judges(rule):
            for forecast in self._forecasts:
                for bar in self._bars:
                    verdict = judge.judge(forecast, bar=bar)
                    assert isinstance(verdict, Keep | Drop)
                    assert verdict.reason
                    assert verdict.words(Metric("loss", "minimize"))
                    if isinstance(verdict, Drop):
                        assert verdict.evidence is not None
                        assert verdict.evidence.forecast is forecast

    def test_is_deterministic(self, rule: StoppingRule) -> None:
        """The same forecast and bar get the same verdict; from the same calibration set it learns the same rules."""
        for judge, again in zip(self._judges(rule), self._judges(rule), strict=True):
            for forecast in self._forecasts:
                for bar in self._bars:
                    assert judge.judge(forecast, bar=bar) == again.judge(forecast, bar=bar)

    def test_a_higher_bar_never_saves_an_arm(self, rule: StoppingRule) -> None:
        """An arm that is dropped at a bar is dropped at every higher bar."""
        for judge in self._judges(rule):
            for forecast in self._forecasts:
                drops = [isinstance(judge.judge(forecast, bar=bar), Drop) for bar in self._bars]
                assert sorted(drops) == drops, f"{forecast} is dropped at {drops} for bars {self._bars}"

    def test_keeps_a_sure_winner(self, rule: StoppingRule) -> None:
        """An arm that will beat the bar for certain is kept."""
        for judge in self._judges(rule):
            assert isinstance(judge.judge(Forecast(0.7, 0.0, horizon=9), bar=0.2), Keep)

    def test_check_epochs_ascend_and_end_before_the_horizon(self, rule: StoppingRule) -> None:
        """They are epochs from `from_epoch` on; at the horizon there is nothing to forecast."""
        for horizon in (1, 2, 3, 9, 50, 1000):
            check_epochs = list(rule.check_epochs(horizon))
            assert sorted(set(check_epochs)) == check_epochs
            assert all(1 <= rule.from_epoch <= epoch < horizon for epoch in check_epochs)

    def test_learns_rules_or_says_why_not(self, rule: StoppingRule) -> None:
        """Every calibration set, even an empty one or one of equal curves, gives rules for some check epochs, or a
        reason to wait. The learnt rules protect as many arms as this rule."""
        for curves in (0, 1, 2, 5, 9, 30, 200):
            for equal in (False, True):
                calibration = self._calibration(curves, equal=equal)
                learnt = rule.learn(calibration)
                if isinstance(learnt, Keep):
                    assert learnt.reason
                    continue
                assert set(learnt) <= set(calibration.epochs)
                assert all(isinstance(judge, StoppingRule) for judge in learnt.values())
                assert all(judge.keep == rule.keep for judge in learnt.values())
