"""What every predictor must do, as tests to inherit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.predictors.base import LeaveOneOut, Predictor
from bandits.rng import rng_for
from bandits.testing.toys import ramps

__all__ = ["PredictorContract"]


class PredictorContract:
    """What every predictor must do. Supply the fixture `predictor`.

    Attributes:
        horizon: epochs of the curves that it is tested on.
        curves: how many it may learn from; raise it for a predictor that needs more.
        arms: how many are forecast, after each epoch; lower it for a slow predictor.
    """

    horizon = 8
    curves = 40
    arms = 5

    def _answers(
        self,
        predictor: Predictor,
        learnt: Sequence[tuple[Trial, Curve]],
        asked: Sequence[tuple[Trial, Curve]] | None = None,
    ) -> list[Forecast | Abstain]:
        """Learn from some curves; forecast others (by default ordinary ones, after each epoch), in one batch."""
        forecaster = predictor.fit(History.from_curves(learnt), horizon=self.horizon, rng=rng_for(0, "contract"))
        return forecaster.forecast_many(self._questions() if asked is None else asked)

    def _questions(self) -> list[tuple[Trial, Curve]]:
        arms = ramps(self.arms, self.horizon, key="questions")
        return [
            (Trial(1000 + trial.id, {}, trial.features), curve.prefix(tau))
            for trial, curve in arms
            for tau in range(1, self.horizon)
        ]

    def test_has_a_name(self, predictor: Predictor) -> None:
        """Messages call it by its name."""
        assert predictor.name

    def test_answers_for_the_horizon_it_was_fitted_for(self, predictor: Predictor) -> None:
        """A forecast carries the horizon that was asked for, and there is one after some epoch."""
        answers = self._answers(predictor, ramps(self.curves, self.horizon))

        assert {self.horizon} == {answer.horizon for answer in answers if isinstance(answer, Forecast)}

    def test_is_deterministic(self, predictor: Predictor) -> None:
        """The same curves and generator give the same answers; global random numbers have no effect."""
        pairs = ramps(self.curves, self.horizon)
        before = np.random.get_state(legacy=False)
        first = self._answers(predictor, pairs)
        np.random.random()  # other code may draw from it
        second = self._answers(predictor, pairs)

        assert first == second
        np.random.set_state(before)

    def test_draws_nothing_from_the_global_generator(self, predictor: Predictor) -> None:
        """Fitting and forecasting do not change the state of NumPy's global generator."""
        before = np.random.get_state(legacy=False)
        self._answers(predictor, ramps(self.curves, self.horizon))

        assert repr(before) == repr(np.random.get_state(legacy=False))

    def test_one_at_a_time_and_in_any_order_gives_the_same(self, predictor: Predictor) -> None:
        """`forecast_many` answers as `forecast` does, and no answer depends on earlier questions."""
        pairs = ramps(self.curves, self.horizon)
        together = self._answers(predictor, pairs)
        forecaster = predictor.fit(History.from_curves(pairs), horizon=self.horizon, rng=rng_for(0, "contract"))
        alone = [forecaster.forecast(trial, curve) for trial, curve in reversed(self._questions())]

        for expected, actual in zip(together, reversed(alone), strict=True):
            assert _alike(expected, actual), f"{expected} together, {actual} alone"

    def test_curves_needed_is_honest(self, predictor: Predictor) -> None:
        """With `curves_needed` ordinary curves some epoch is forecast; with one fewer, none is.

        A predictor that learns from every step also gets as many partial curves.
        """
        needed = predictor.curves_needed(self.horizon)

        assert needed <= self.curves, "raise the attribute `curves` of the contract"
        learnt = ramps(needed, self.horizon)
        if predictor.learns_from_every_step:
            others = ramps(self.curves, self.horizon)[needed:]
            learnt = [*learnt, *((trial, curve.prefix(self.horizon // 2)) for trial, curve in others)]
        assert any(isinstance(answer, Forecast) for answer in self._answers(predictor, learnt))
        if needed > 0:
            fewer = self._answers(predictor, ramps(needed - 1, self.horizon))
            assert all(isinstance(answer, Abstain) and answer.reason for answer in fewer)

    def test_odd_data_are_no_reason_to_raise(self, predictor: Predictor) -> None:
        """Few, constant, repeated, huge or tiny curves, to learn from or to forecast, raise no error: there is a
        forecast, or a reason for none. The same holds for trials without features."""
        ordinary = History.from_curves(ramps(self.curves, self.horizon))
        forecaster = predictor.fit(ordinary, horizon=self.horizon, rng=rng_for(0, "contract"))
        for name, odd in self._odd_data().items():
            asked = [
                (Trial(1000 + trial.id, {}, trial.features), curve.prefix(tau))
                for trial, curve in odd[: min(3, self.arms)]
                for tau in sorted({1, self.horizon // 2, self.horizon - 1})
                if tau <= curve.tau
            ]
            answers = self._answers(predictor, odd, asked or self._questions())
            if name != "no features":
                answers += forecaster.forecast_many(asked)
            for answer in answers:
                said = isinstance(answer, Forecast) or (isinstance(answer, Abstain) and bool(answer.reason))
                assert said, f"{name}: {answer!r}"

    def _odd_data(self) -> dict[str, list[tuple[Trial, Curve]]]:
        pairs = ramps(self.curves, self.horizon)

        def scored(change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> list[tuple[Trial, Curve]]:
            return [(trial, Curve(change(curve.scores))) for trial, curve in pairs]

        return {
            "no curve": [],
            "one curve": pairs[:1],
            "two curves": pairs[:2],
            "constant curves": scored(lambda scores: np.full_like(scores, 0.5)),
            "flat curves": scored(lambda scores: np.full_like(scores, scores[-1])),
            "a curve many times": [(trial, pairs[0][1]) for trial, _ in pairs],
            "huge scores": scored(lambda scores: scores * 1e300),
            "huge losses": scored(lambda scores: -scores * 1e300),
            "tiny scores": scored(lambda scores: scores * 1e-300),
            "losses": scored(lambda scores: -np.exp(5 * (1 - scores))),
            "zeros": scored(np.zeros_like),
            "one huge score": [(Trial(999, {}, pairs[0][0].features), Curve(np.full(self.horizon, 1e200))), *pairs],
            "one loss of 1e34": [(Trial(999, {}, pairs[0][0].features), Curve(np.full(self.horizon, -1e34))), *pairs],
            "no features": [(Trial(trial.id), curve) for trial, curve in pairs],
            "booleans": [(Trial(t.id, {}, {**t.features, "bias": t.id % 2 == 0}), c) for t, c in pairs],
            "texts": [(Trial(t.id, {}, {**t.features, "optimiser": "adam"}), c) for t, c in pairs],  # type: ignore[dict-item]
            "shorter curves among them": [(t, c.prefix(1 + t.id % self.horizon)) for t, c in pairs],
        }

    def test_an_arm_at_its_horizon_is_not_forecast(self, predictor: Predictor) -> None:
        """There is nothing to forecast at the horizon or beyond it, and the reason says so."""
        longer = [(trial, Curve(np.append(curve.scores, 0.5))) for trial, curve in ramps(2, self.horizon, key="longer")]
        asked = [(trial, curve.prefix(tau)) for trial, curve in longer for tau in (self.horizon, self.horizon + 1)]
        answers = self._answers(predictor, ramps(self.curves, self.horizon), asked)

        assert all(isinstance(answer, Abstain) and answer.reason for answer in answers)

    def test_a_horizon_that_no_curve_reaches(self, predictor: Predictor) -> None:
        """Without a curve that reaches the horizon, a predictor that learns from curves abstains; others may answer."""
        history = History.from_curves(ramps(self.curves, self.horizon))
        forecaster = predictor.fit(history, horizon=self.horizon + 5, rng=rng_for(0, "contract"))
        answers = forecaster.forecast_many(self._questions())

        assert all(isinstance(answer, Forecast | Abstain) for answer in answers)
        if predictor.curves_needed(self.horizon + 5) > 0:
            assert all(isinstance(answer, Abstain) and answer.reason for answer in answers)

    def test_leave_one_out_is_about_training_curves(self, predictor: Predictor) -> None:
        """Before the horizon there is no answer, a reason for none, or finite forecasts with errors of some training
        curves, at most one for each curve. From the horizon on there is none."""
        pairs = ramps(self.curves, self.horizon)
        forecaster = predictor.fit(History.from_curves(pairs), horizon=self.horizon, rng=rng_for(0, "contract"))
        for tau in range(1, self.horizon + 1):
            said = forecaster.leave_one_out(tau)
            if isinstance(said, LeaveOneOut):
                assert tau < self.horizon
                assert len(said.trials) == len(set(said.trials)) == len(said.means) == len(said.stds)
                assert set(said.trials) <= {trial.id for trial, _ in pairs}
                assert np.isfinite(said.means).all()
                assert (np.isfinite(said.stds) & (said.stds > 0)).all()
            else:
                assert said is None or said.reason

    def test_does_not_look_past_the_horizon(self, predictor: Predictor) -> None:
        """What training curves did after the horizon changes no answer."""
        pairs = ramps(self.curves, self.horizon)
        longer = [(trial, Curve(np.append(curve.scores, [trial.id, -7.0]))) for trial, curve in pairs]

        assert self._answers(predictor, pairs) == self._answers(predictor, longer)

    def test_leaves_the_history_alone(self, predictor: Predictor) -> None:
        """Neither fitting nor forecasting records into the history or changes a score in it."""
        history = History.from_curves(ramps(self.curves, self.horizon))
        before = _content(history)
        forecaster = predictor.fit(history, horizon=self.horizon, rng=rng_for(0, "contract"))
        forecaster.forecast_many(self._questions())

        assert before == _content(history)


def _alike(expected: Forecast | Abstain, actual: Forecast | Abstain) -> bool:
    """Equal, except for rounding errors of sums in another order."""
    if isinstance(expected, Abstain) or isinstance(actual, Abstain):
        return expected == actual
    close = math.isclose(expected.mean, actual.mean, rel_tol=1e-9, abs_tol=1e-12)
    # a variance is a difference of numbers that may be a million times larger
    spread = math.isclose(expected.std, actual.std, rel_tol=1e-7) and expected.link is actual.link
    samples = np.allclose(expected.samples or (), actual.samples or (), rtol=1e-9, atol=1e-12)
    shape = np.allclose(expected.shape.errors, actual.shape.errors, rtol=1e-7, atol=1e-9)
    return close and spread and samples and shape


def _content(history: History) -> list[tuple[int, list[float]]]:
    return [(trial.id, history.curve(trial.id).scores.tolist()) for trial, _ in history.reaching(1)]
