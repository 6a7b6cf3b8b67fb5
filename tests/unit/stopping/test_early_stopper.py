"""The early stopper: when it fits, what it passes on, what it says."""

import gc
import math
from dataclasses import replace

import numpy as np
import pytest

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.predictors import Abstain, Forecast, Forecaster, LastSeenValue, Predictor
from bandits.stopping import (
    Drop,
    EarlierCurves,
    EarlyStopper,
    Keep,
    ProbabilityRule,
    RiskControlledRule,
    StoppingRule,
    Verdict,
)
from bandits.stopping.calibration_set import CalibrationSet
from bandits.testing import NeverDropRule, OraclePredictor, SpyPredictor, ramps

ARM = (Trial(1000), Curve(np.array([0.2, 0.3])))


class Needy(Predictor):
    """Needs three curves; forecasts the number of curves it was fitted on, with a draw of its generator as std."""

    name = "needy"

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return _Count(history.count_reaching(horizon), horizon, rng.random())

    def curves_needed(self, horizon: int) -> int:
        return 3


class _Count(Forecaster):
    def __init__(self, curves: int, horizon: int, std: float) -> None:
        self.answer = Forecast(float(curves), std, horizon)

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return Abstain("it is odd") if trial.id % 2 else self.answer


def test_without_a_bar_every_arm_is_kept_and_nothing_is_fitted() -> None:
    """No bar, no question."""
    spy = SpyPredictor(Needy())
    verdict = EarlyStopper(spy, ProbabilityRule()).advise(*ARM, History.from_curves(ramps(9, 5)), horizon=5, bar=None)

    assert isinstance(verdict, Keep)
    assert verdict.reason == "no bar yet: too few arms have finished to say what it takes to win"
    assert spy.fits == []


def test_with_too_few_curves_nothing_is_fitted() -> None:
    """The reason names what is needed and what there is; curves that fall short of the horizon do not count."""
    spy = SpyPredictor(Needy())
    history = History.from_curves([*ramps(2, 5), (Trial(7), Curve(np.array([0.1] * 4)))])
    verdict = EarlyStopper(spy, ProbabilityRule()).advise(*ARM, history, horizon=5, bar=0.5)

    assert isinstance(verdict, Keep)
    assert verdict.reason == "no forecast: spied needy needs 3 curves that reach epoch 5, has 2"
    assert spy.fits == []


def test_abstaining_keeps_the_arm() -> None:
    """The predictor's reason is passed on."""
    verdict = EarlyStopper(Needy(), ProbabilityRule()).advise(
        Trial(1), ARM[1], History.from_curves(ramps(3, 5)), horizon=5, bar=9.0
    )

    assert isinstance(verdict, Keep)
    assert verdict.reason == "no forecast: it is odd"
    assert verdict.evidence is None


def test_a_forecast_goes_to_the_rule() -> None:
    """What the rule says is what the stopper says, and that the arm is censored by the forecast."""
    history = History.from_curves(ramps(3, 5))
    rule = ProbabilityRule(confidence=0.9, margin=0.2)
    forecast = Needy().fit(history, horizon=5, rng=np.random.default_rng(0)).forecast(*ARM)
    assert isinstance(forecast, Forecast)
    for bar in (1.0, 3.0, 9.0):
        verdict = EarlyStopper(OraclePredictor([[3.0] * 5]), rule).advise(*ARM, history, horizon=5, bar=bar)
        assert verdict == replace(rule.judge(Forecast(3.0, 0.0, 5), bar=bar), censored=True)


def test_fits_grow_with_the_logarithm_of_the_curves() -> None:
    """With refit_growth 2 a fit is renewed when the curves have doubled; in between it is used again."""
    spy = SpyPredictor(Needy())
    stopper = EarlyStopper(spy, NeverDropRule(), refit_growth=2)
    history = History()
    for trial, curve in ramps(1000, 2):
        history.record(trial, 1, float(curve.scores[0]))
        history.record(trial, 2, float(curve.scores[1]))
        stopper.advise(Trial(5000), Curve(np.array([0.1])), history, horizon=2, bar=0.5)

    expected = [(2, curves, 2) for curves in (3, 6, 12, 24, 48, 96, 192, 384, 768)]
    assert expected == spy.fits


def test_the_default_growth_fits_a_few_dozen_times() -> None:
    """From 3 to 1000 curves there are at most log_1.25(1000 / 3) + 4 fits."""
    spy = SpyPredictor(Needy())
    stopper = EarlyStopper(spy, NeverDropRule())
    history = History()
    for trial, curve in ramps(1000, 2):
        history.record(trial, 1, float(curve.scores[0]))
        history.record(trial, 2, float(curve.scores[1]))
        stopper.advise(Trial(5000), Curve(np.array([0.1])), history, horizon=2, bar=0.5)

    assert 20 < len(spy.fits) <= math.log(1000 / 3, 1.25) + 4


def test_growth_1_fits_whenever_a_curve_was_added() -> None:
    """And not when none was."""
    spy = SpyPredictor(Needy())
    stopper = EarlyStopper(spy, NeverDropRule(), refit_growth=1)
    history = History.from_curves(ramps(3, 2))
    arm = (Trial(1000), Curve(np.array([0.2])))
    for trial_id in range(10, 14):
        for _ in range(3):
            stopper.advise(*arm, history, horizon=2, bar=0.5)
        history.record(Trial(trial_id), 1, 0.5)
        stopper.advise(*arm, history, horizon=2, bar=0.5)  # it does not reach the horizon yet
        history.record(Trial(trial_id), 2, 0.5)

    expected = [(2, curves, 2) for curves in (3, 4, 5, 6)]
    assert expected == spy.fits


def test_horizons_have_fits_of_their_own() -> None:
    """A fit answers for one horizon."""
    spy = SpyPredictor(Needy())
    stopper = EarlyStopper(spy, NeverDropRule())
    history = History.from_curves(ramps(4, 5))
    for horizon in (3, 5, 3, 5):
        stopper.advise(*ARM, history, horizon=horizon, bar=0.5)

    expected = [(3, 4, 3), (5, 4, 5)]
    assert expected == spy.fits


def test_histories_do_not_share_fits() -> None:
    """One stopper may serve many runs; what it learnt in one says nothing in another."""
    stopper = EarlyStopper(Needy(), ProbabilityRule())
    small, large = History.from_curves(ramps(3, 5)), History.from_curves(ramps(8, 5))
    expected = {3.0: small, 8.0: large}
    for curves, history in expected.items():
        evidence = stopper.advise(*ARM, history, horizon=5, bar=0.5).evidence
        assert evidence is not None
        assert curves == evidence.forecast.mean


def test_fits_do_not_outlive_their_history() -> None:
    """When a run's history is gone, so are its fits."""
    stopper = EarlyStopper(Needy(), ProbabilityRule())
    stopper.advise(*ARM, History.from_curves(ramps(3, 5)), horizon=5, bar=0.5)
    gc.collect()

    assert len(stopper._fits) == 0


def test_advising_many_is_advising_each() -> None:
    """The same verdicts, in the same order, whether there is a bar, a forecast, or neither."""
    arms = [(Trial(1000 + i), curve.prefix(1 + i % 4)) for i, (_, curve) in enumerate(ramps(12, 5, key="arms"))]
    for curves in (0, 2, 40):
        history = History.from_curves(ramps(curves, 5))
        for bar in (None, 0.2, 0.5):
            for predictor in (Needy(), LastSeenValue(min_curves=5), OraclePredictor([[0.1, 0.2, 0.3, 0.4, 0.5]])):
                for rule in (ProbabilityRule(), RiskControlledRule(audit=0.5), RiskControlledRule(0.5)):
                    together = EarlyStopper(predictor, rule).advise_many(arms, history, horizon=5, bar=bar)
                    alone = EarlyStopper(predictor, rule)
                    each = [alone.advise(trial, curve, history, horizon=5, bar=bar) for trial, curve in arms]
                    assert together == each
                    assert all(verdict.reason for verdict in each)


def test_the_same_seed_gives_the_same_randomness() -> None:
    """A predictor's random numbers depend on the seed, the horizon and the number of curves, nothing else."""
    history = History.from_curves(ramps(4, 5))

    def std(seed: int, horizon: int = 5) -> float:
        evidence = (
            EarlyStopper(Needy(), ProbabilityRule(), seed=seed).advise(*ARM, history, horizon=horizon, bar=0.5).evidence
        )
        assert evidence is not None
        return evidence.forecast.std

    assert std(0) == std(0)
    assert len({std(0), std(1), std(0, horizon=4)}) == 3


def test_settings_and_keep_come_from_the_rule() -> None:
    """A journal is told the predictor's name, the rule's settings and the seed."""
    stopper = EarlyStopper(Needy(), ProbabilityRule(0.9, keep=3), seed=7)

    assert stopper.keep == 3
    expected = {"predictor": "needy", "rule": {"confidence": 0.9, "margin": 0.0, "keep": 3}, "seed": 7}
    assert expected == stopper.settings()
    assert EarlyStopper(Needy()).rule.settings() == RiskControlledRule().settings()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"predictor": "srm"}, r"`predictor` must be a Predictor such as SRM\(\), got 'srm'"),
        ({"predictor": Needy}, r"`predictor` must be a Predictor such as SRM\(\), got <class"),
        ({"earlier": ["journal"]}, r"`earlier` must be EarlierCurves, or None, got \['journal'\]"),
        ({"refit_growth": 0.5}, "`refit_growth` must be >= 1, got 0.5"),
        ({"refit_growth": math.nan}, "`refit_growth` must be >= 1, got nan"),
        ({"seed": -1}, "`seed` must be an integer >= 0, got -1"),
        ({"seed": 0.5}, "`seed` must be an integer >= 0, got 0.5"),
    ],
)
def test_settings_have_rules(arguments: dict, message: str) -> None:
    """A broken setting is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=message):
        EarlyStopper(**({"predictor": Needy()} | arguments))


def test_verdicts_name_kinds() -> None:
    """A sure loser is dropped, a sure winner kept."""
    stopper = EarlyStopper(OraclePredictor([[0.1, 0.2, 0.5]]), ProbabilityRule())
    history = History()

    assert isinstance(stopper.advise(*ARM, history, horizon=3, bar=0.6), Drop)
    assert isinstance(stopper.advise(*ARM, history, horizon=3, bar=0.4), Keep)


def test_a_rule_must_be_a_rule() -> None:
    """A number in the rule's place is refused with the right class to use."""
    with pytest.raises(SettingError, match=r"`rule` must be a StoppingRule such as .*, or None, got 0.95"):
        EarlyStopper(LastSeenValue(), 0.95)  # type: ignore[arg-type]


class Refitting(Needy):
    """Remembers how many curves each fit from scratch, and each refit, has seen."""

    def __init__(self) -> None:
        self.scratch: list[int] = []
        self.again: list[int] = []

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.scratch.append(history.count_reaching(horizon))
        return super().fit(history, horizon=horizon, rng=rng)

    def refit(self, forecaster: Forecaster, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.again.append(history.count_reaching(horizon))
        return super().fit(history, horizon=horizon, rng=rng)


@pytest.mark.parametrize(
    ("scratch_growth", "scratch", "again"),
    [(2.0, [3, 7, 15], [4, 5, 9, 12, 19]), (1.0, [3, 4, 5, 7, 9, 12, 15, 19], [])],
)
def test_fits_in_between_may_keep_what_was_searched_for(
    scratch_growth: float, scratch: list[int], again: list[int]
) -> None:
    """A fit begins from scratch when the curves have grown by `scratch_growth`; with 1 it always does."""
    predictor = Refitting()
    stopper = EarlyStopper(predictor, NeverDropRule(), scratch_growth=scratch_growth)
    history = History()
    for trial, curve in ramps(20, 2):
        history.record(trial, 1, float(curve.scores[0]))
        history.record(trial, 2, float(curve.scores[1]))
        stopper.advise(Trial(5000), Curve(np.array([0.1])), history, horizon=2, bar=0.5)

    assert (scratch, again) == (predictor.scratch, predictor.again)


def test_scratch_growth_has_a_rule() -> None:
    """Less than 1 would mean nothing."""
    with pytest.raises(SettingError, match=r"`scratch_growth` must be >= 1, got 0\.5"):
        EarlyStopper(Needy(), scratch_growth=0.5)


def test_a_rule_with_few_check_epochs_is_asked_only_there() -> None:
    """Between check epochs nothing is fitted or forecast."""
    spy = SpyPredictor(Needy())
    stopper = EarlyStopper(spy, RiskControlledRule())
    history = History.from_curves(ramps(30, 30))
    verdict = stopper.advise(Trial(1000), Curve(np.full(7, 0.5)), history, horizon=30, bar=0.5)

    assert verdict == Keep("not checked after this epoch", cause=Cause.NOT_CHECKED)
    assert (spy.fits, spy.seen) == ([], [])
    expected = {1: 1, 6: 6, 7: 6, 8: 8, 9: 8, 29: 25}
    assert expected == {tau: stopper.last_check_epoch(tau, 30) for tau in expected}
    assert stopper.last_check_epoch(0, 30) is None
    assert EarlyStopper(Needy(), ProbabilityRule()).last_check_epoch(29, 30) == 29


class Fixed(StoppingRule):
    """Learns to drop everything after some epochs, and audits every arm with an even id, or none."""

    keep = 1
    learns = True

    def __init__(self, after: set[int], audit: float = 0.0) -> None:
        self.after = after
        self.audit = audit

    def settings(self) -> dict:
        return {}

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        return Drop("enough")

    def learn(self, calibration: CalibrationSet) -> dict[int, StoppingRule]:
        return {epoch: self for epoch in calibration.epochs if epoch in self.after}


def test_where_a_rule_has_no_threshold_arms_are_kept_and_not_censored() -> None:
    """A check epoch that the calibration set knows nothing of decides nothing."""
    stopper = EarlyStopper(LastSeenValue(min_curves=4), Fixed({1}))
    history = History.from_curves(ramps(20, 5))
    arm, curve = Trial(1000), ramps(1, 5, key="arm")[0][1]

    assert stopper.advise(arm, curve.prefix(1), history, horizon=5, bar=0.5) == Drop("enough", censored=True)
    reason = "no threshold: not every training curve could be forecast after this epoch"
    expected = Keep(reason, cause=Cause.NO_THRESHOLD)
    assert expected == stopper.advise(arm, curve.prefix(2), history, horizon=5, bar=0.5)


def test_audited_arms_go_on() -> None:
    """An arm that would be dropped, and is audited, is kept, with the same reason; and is not censored."""
    stopper = EarlyStopper(LastSeenValue(min_curves=4), Fixed({1}, audit=0.5))
    history = History.from_curves(ramps(20, 5))
    arms = [(Trial(100 + i), curve.prefix(1)) for i, (_, curve) in enumerate(ramps(40, 5, key="arms"))]
    verdicts = stopper.advise_many(arms, history, horizon=5, bar=0.5)

    audited = [stopper.is_audited(trial.id) for trial, _ in arms]
    assert 5 < sum(audited) < 35
    spared = Keep("enough; carried on nevertheless, to check the rule", spared=True, cause=Cause.AUDITED)
    assert [spared if checked else Drop("enough", censored=True) for checked in audited] == verdicts


def test_an_audited_arm_that_is_kept_is_just_kept() -> None:
    """It is neither spared nor censored: whatever the forecast, it would go on."""
    stopper = EarlyStopper(OraclePredictor([[0.9] * 5]), RiskControlledRule(0.2, audit=1.0))
    history = History.from_curves((Trial(i), Curve(np.full(5, 0.9))) for i in range(10))
    verdict = stopper.advise(Trial(1000), Curve(np.array([0.9])), history, horizon=5, bar=0.1)

    assert isinstance(verdict, Keep)
    assert verdict.evidence is not None
    assert (verdict.spared, verdict.censored) == (False, False)


def test_while_a_rule_waits_for_curves_nobody_is_censored() -> None:
    """No forecast is made, and the reason says how many curves the rule needs."""
    stopper = EarlyStopper(OraclePredictor([[0.9] * 5]), RiskControlledRule(0.1))
    verdict = stopper.advise(Trial(1), Curve(np.array([0.9])), History.from_curves(ramps(4, 5)), horizon=5, bar=0.1)

    reason = "no threshold: a risk of 0.1 needs 9 uncensored curves with forecasts, has 4"
    expected = Keep(reason, cause=Cause.TOO_FEW_UNCENSORED)
    assert expected == verdict


def test_a_fit_that_learnt_from_dropped_earlier_curves_is_not_used_again() -> None:
    """Another training set for the same run asks for a new fit, however few curves it has."""
    spy = SpyPredictor(Needy())
    stopper = EarlyStopper(spy, NeverDropRule())
    history, with_earlier = History.from_curves(ramps(4, 5)), History.from_curves(ramps(9, 5))
    for training in (with_earlier, with_earlier, history, history):
        stopper._fits.fit(training, history, 5)

    assert spy.fits == [(5, 9, 5), (5, 4, 5)]


def test_earlier_curves_are_among_the_settings_and_teach() -> None:
    """A journal is told of them; a run without curves of its own starts with them, under a rule that learns too."""
    earlier = EarlierCurves([(Trial(-1 - trial.id), curve) for trial, curve in ramps(30, 5)], sources=["table:old"])
    stopper = EarlyStopper(LastSeenValue(min_curves=10), earlier=earlier)
    history = History()
    verdict = stopper.advise(Trial(1000), Curve(np.array([0.3])), history, horizon=5, bar=0.4)

    assert stopper.settings()["earlier"] == earlier.settings()
    assert "earlier" not in EarlyStopper(LastSeenValue()).settings()
    assert verdict.censored
    assert verdict.evidence is not None
    status = earlier.status(history)
    assert (status.taught, status.dropped) == (30, "")


class EveryStep(Predictor):
    """Notes what it is given to learn from: of each curve, how many epochs."""

    name = "every step"
    learns_from_every_step = True

    def __init__(self) -> None:
        self.given: list[dict[int, int]] = []

    def curves_needed(self, horizon: int) -> int:
        return 0

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.given.append({trial.id: history.curve(trial.id).tau for trial, _ in history.reaching(1)})
        return _Count(history.epochs, horizon, 0.1)


def test_a_predictor_may_learn_from_every_step_of_every_arm() -> None:
    """It is given the whole history, not the part that complete curves are, and again when epochs have been added."""
    whole = History.from_curves(ramps(4, 5))
    whole.record(Trial(50), 1, 0.1)
    part = whole.part()
    part.adopt(0)
    predictor = EveryStep()
    stopper = EarlyStopper(predictor, ProbabilityRule(), refit_growth=1.25)
    for epoch in range(2, 9):
        assert stopper.advise(Trial(60), Curve([0.5]), part, horizon=9, bar=0.5).evidence is not None
        whole.record(Trial(50), epoch, 0.1)

    complete = dict.fromkeys(range(4), 5)
    assert predictor.given == [complete | {50: 1}, complete | {50: 7}]  # 21 epochs, then 27
