"""Contracts are worth what they catch: each of these plug-ins breaks one rule, and the test of that rule says so."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast, Link
from bandits.objectives.base import Measurement, Objective
from bandits.predictors import Forecaster, Predictor
from bandits.predictors.base import LeaveOneOut
from bandits.samplers.base import Outcome, Sampler
from bandits.schedulers import Done, Failed, Hyperband, Job, Measured, Scheduler, Wait
from bandits.stopping import Drop, Keep, ProbabilityRule, StoppingRule
from bandits.stopping.calibration_set import CalibrationSet
from bandits.testing import (
    ObjectiveContract,
    PredictorContract,
    ReplayObjective,
    SamplerContract,
    SchedulerContract,
    StoppingRuleContract,
)
from bandits.verdicts import Verdict


def breaks(contract: type, test: str, plugin: object) -> bool:
    """True if a test of a contract fails for a plug-in."""
    try:
        getattr(contract(), test)(plugin)
    except Exception:  # a contract may raise whatever the plug-in raised
        return True
    return False


class Mean(Predictor):
    """Well behaved: forecasts the mean of the training curves at the horizon. Broken below, a rule at a time."""

    name = "mean"

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return self.answer([curve.scores[-1] for _, curve in history.reaching(horizon)], horizon, rng)

    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        scale = max(map(abs, ends), default=0.0) or 1.0
        mean = float(np.mean(np.array(ends) / scale) * scale) if len(ends) >= 4 else None
        return Says(None if mean is None else Forecast(mean, 0.1, horizon))

    def curves_needed(self, horizon: int) -> int:
        return 4


class Says(Forecaster):
    """Always says the same, until the horizon."""

    def __init__(self, answer: Forecast | None) -> None:
        self.said = Abstain("too few curves") if answer is None else answer

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        if isinstance(self.said, Forecast) and curve.tau >= self.said.horizon:
            return Abstain("it is there")
        return self.said


class Stubborn(Says):
    """Says it at the horizon as well."""

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return self.said


class ForecastsThePresent(Mean):
    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        said = super().answer(ends, horizon, rng)
        assert isinstance(said, Says)
        return Stubborn(said.said if isinstance(said.said, Forecast) else None)


class GuessesWithoutCurves(Mean):
    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        return Says(Forecast(0.5, 0.1, horizon))


class Nameless(Mean):
    name = ""


class WrongHorizon(Mean):
    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        return super().answer(ends, horizon + 1, rng)


class Silent(Mean):
    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        return Says(None)


class Moody(Mean):
    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        return Says(Forecast(np.random.default_rng().random(), 0.1, horizon)) if len(ends) >= 4 else Says(None)


class DrawsGlobally(Mean):
    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        np.random.random()
        return super().answer(ends, horizon, rng)


class Remembers(Mean):
    """Its answers depend on how often it was asked."""

    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        return Counts(horizon) if len(ends) >= 4 else Says(None)


class Counts(Forecaster):
    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self.asked = 0

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        self.asked += 1
        return Forecast(float(self.asked), 0.1, self.horizon)


class NeedsMoreThanItSays(Mean):
    def curves_needed(self, horizon: int) -> int:
        return 3


class NeedsFewerThanItSays(Mean):
    def curves_needed(self, horizon: int) -> int:
        return 5


class FragileMean(Mean):
    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        with np.errstate(all="ignore"):
            return Says(Forecast(float(np.std(ends)), 0.1, horizon))  # NaN for no curves


class LooksAhead(Mean):
    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return self.answer([history.curve(t.id).scores[-1] for t, _ in history.reaching(horizon)], horizon, rng)


class Records(Mean):
    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        history.record(Trial(10**6), 1, 0.5)
        return super().fit(history, horizon=horizon, rng=rng)


class LeavesOneOut(Says):
    def leave_one_out(self, tau: int) -> LeaveOneOut:
        return LeaveOneOut([0, 0], np.array([0.5, 0.5]), np.array([0.1, 0.1]), Link.IDENTITY)


class CountsACurveTwice(Mean):
    def answer(self, ends: list[float], horizon: int, rng: np.random.Generator) -> Forecaster:
        return LeavesOneOut(Forecast(0.5, 0.1, horizon))


PREDICTORS: dict[str, tuple[type[Predictor], str]] = {
    "forecasts the present": (ForecastsThePresent, "test_an_arm_at_its_horizon_is_not_forecast"),
    "guesses without curves": (GuessesWithoutCurves, "test_a_horizon_that_no_curve_reaches"),
    "has no name": (Nameless, "test_has_a_name"),
    "forecasts another horizon": (WrongHorizon, "test_answers_for_the_horizon_it_was_fitted_for"),
    "never says anything": (Silent, "test_answers_for_the_horizon_it_was_fitted_for"),
    "differs from time to time": (Moody, "test_is_deterministic"),
    "draws global numbers": (DrawsGlobally, "test_draws_nothing_from_the_global_generator"),
    "depends on earlier questions": (Remembers, "test_one_at_a_time_and_in_any_order_gives_the_same"),
    "needs more curves than it says": (NeedsMoreThanItSays, "test_curves_needed_is_honest"),
    "needs fewer curves than it says": (NeedsFewerThanItSays, "test_curves_needed_is_honest"),
    "raises for odd data": (FragileMean, "test_odd_data_are_no_reason_to_raise"),
    "looks past the horizon": (LooksAhead, "test_does_not_look_past_the_horizon"),
    "records into the history": (Records, "test_leaves_the_history_alone"),
    "looks back at a curve twice": (CountsACurveTwice, "test_leave_one_out_is_about_training_curves"),
}


@pytest.mark.parametrize("name", PREDICTORS)
def test_a_predictor_that(name: str) -> None:
    """The test of the rule fails, and passes for the predictor that keeps it."""
    broken, test = PREDICTORS[name]

    assert not breaks(PredictorContract, test, Mean())
    assert breaks(PredictorContract, test, broken())


class Mute(ProbabilityRule):
    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        return Verdict("neither kept nor dropped")


class Forgets(ProbabilityRule):
    def settings(self) -> Mapping[str, Any]:
        return {"threshold": self.confidence}


class Upside(ProbabilityRule):
    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        return (Keep if isinstance(super().judge(forecast, bar=bar), Drop) else Drop)("the wrong way round")


class DropsAll(ProbabilityRule):
    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        return Drop("whatever it was")


class LooksAtTheEnd(ProbabilityRule):
    def check_epochs(self, horizon: int) -> Sequence[int]:
        return range(1, horizon + 1)


class HidesItsForecast(ProbabilityRule):
    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        return type(super().judge(forecast, bar=bar))("trust me")


class LearnsNothing(ProbabilityRule):
    def learn(self, calibration: CalibrationSet) -> Mapping[int, StoppingRule] | Keep:
        return {calibration.horizon: self}


class LearnsToDropWinners(ProbabilityRule):
    def learn(self, calibration: CalibrationSet) -> Mapping[int, StoppingRule] | Keep:
        return dict.fromkeys(calibration.epochs, DropsAll())


class AuditsTooMany(ProbabilityRule):
    audit = 1.5


class Dice(ProbabilityRule):
    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        return Keep(f"because of {np.random.default_rng().random()}")


RULES: dict[str, tuple[type[StoppingRule], str]] = {
    "does not decide": (Mute, "test_every_verdict_has_a_reason"),
    "cannot be built again": (Forgets, "test_settings_build_it_again"),
    "saves arms by raising the bar": (Upside, "test_a_higher_bar_never_saves_an_arm"),
    "drops winners": (DropsAll, "test_keeps_a_sure_winner"),
    "rolls dice": (Dice, "test_is_deterministic"),
    "judges at the horizon": (LooksAtTheEnd, "test_check_epochs_ascend_and_end_before_the_horizon"),
    "drops without a forecast to show": (HidesItsForecast, "test_every_verdict_has_a_reason"),
    "learns a threshold for the horizon": (LearnsNothing, "test_learns_rules_or_says_why_not"),
    "learns to drop winners": (LearnsToDropWinners, "test_keeps_a_sure_winner"),
    "audits more arms than there are": (AuditsTooMany, "test_settings_build_it_again"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that(name: str) -> None:
    """The test of the rule fails, and passes for the rule that keeps it."""
    broken, test = RULES[name]

    assert not breaks(StoppingRuleContract, test, ProbabilityRule())
    assert breaks(StoppingRuleContract, test, broken())


class ForgetsEta(Hyperband):
    def settings(self) -> dict[str, Any]:
        return {key: value for key, value in super().settings().items() if key != "eta"}


class UsedUp(Hyperband):
    def fresh(self, *, stopper: Any) -> "UsedUp":
        return self


class WrongOrder(Hyperband):
    @property
    def horizons(self) -> tuple[int, ...]:
        return super().horizons[::-1]


class StartsAgain(Hyperband):
    def ask(self) -> Job | Wait | Done:
        job = super().ask()
        return Job(job.trial_id, 0, job.stop) if isinstance(job, Job) else job


class Boasts(Hyperband):
    @property
    def planned_epochs(self) -> int:
        return 1


class Hangs(Hyperband):
    """Forgets failed arms, so that their rung waits for ever."""

    def _left(self, arm: Any) -> None:
        pass


class Hopeless(Hyperband):
    """Sets a bar that nobody can clear."""

    def _bar(self, arm: Any) -> float:
        return 1e9


class Believes(Hyperband):
    """Takes any epoch as the next one."""

    def tell(self, event: Measured | Failed) -> Verdict:
        arm = self.arms.get(event.trial.id)
        if isinstance(event, Measured) and arm is not None:
            event = Measured(event.trial, arm.epochs + 1, event.score)
        return super().tell(event)


class Stutters(Hyperband):
    def take_changes(self) -> Any:
        changes = super().take_changes()
        return (*changes, *changes)


SCHEDULERS: dict[str, tuple[type[Scheduler], str]] = {
    "forgets a setting": (ForgetsEta, "test_settings_build_it_again"),
    "gives itself for a fresh one": (UsedUp, "test_fresh_gives_an_unused_twin"),
    "has descending horizons": (WrongOrder, "test_horizons_ascend_to_max_epochs"),
    "trains epochs twice": (StartsAgain, "test_jobs_continue_where_arms_paused"),
    "plans too little": (Boasts, "test_keeps_its_promises"),
    "waits for failed arms": (Hangs, "test_every_arm_ends"),
    "drops everybody": (Hopeless, "test_a_perfect_forecast_leaves_a_winner"),
    "believes everything": (Believes, "test_refuses_what_cannot_have_happened"),
    "reports changes twice": (Stutters, "test_reports_every_change_once"),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_scheduler_that(name: str) -> None:
    """The test of the rule fails, and passes for the scheduler that keeps it."""
    broken, test = SCHEDULERS[name]

    assert not breaks(SchedulerContract, test, Hyperband(max_epochs=4, eta=2))
    assert breaks(SchedulerContract, test, broken(max_epochs=4, eta=2))  # type: ignore[call-arg]


class Replay(ReplayObjective):
    """Well behaved. Broken below, a rule at a time."""

    def __init__(self) -> None:
        super().__init__([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]])


class Anonymous(Replay):
    def __init__(self) -> None:
        super().__init__()
        self.name = ""


class OneTooMany(Replay):
    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        yield from super().train(trial, start, min(stop + 1, 4))
        yield Measurement(stop + 1, 0.5, 1.0)


class BackInTime(Replay):
    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        for m in super().train(trial, start, stop):
            yield Measurement(m.epoch, m.value, -1.0)


class Words(Replay):
    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        for m in super().train(trial, start, stop):
            yield Measurement(m.epoch, "good", 1.0)  # type: ignore[arg-type]


class ForgetsOnPause(Replay):
    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        for m in super().train(trial, 0, stop - start):
            yield Measurement(m.epoch + start, m.value, m.seconds)


class OddFeatures(Replay):
    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return {f"row {config['row']}": 1.0}


class InfiniteFeatures(Replay):
    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return {"row": math.inf}


class InOrder(Replay):
    def sampler(self, seed: int) -> Sampler:
        return Draws(seed)


class Draws(Sampler):
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return {"row": int(self.rng.integers(1000))}


OBJECTIVES: dict[str, tuple[Callable[[], Objective], str]] = {
    "has no name": (Anonymous, "test_says_what_it_is"),
    "trains too far": (OneTooMany, "test_trains_exactly_the_epochs_asked_for"),
    "takes negative time": (BackInTime, "test_trains_exactly_the_epochs_asked_for"),
    "gives words": (Words, "test_values_are_numbers"),
    "forgets when it pauses": (ForgetsOnPause, "test_a_pause_changes_nothing"),
    "names features as it likes": (OddFeatures, "test_features_are_finite_numbers_of_the_same_names"),
    "has infinite features": (InfiniteFeatures, "test_features_are_finite_numbers_of_the_same_names"),
    "draws in the order of asking": (InOrder, "test_a_configuration_depends_on_its_id_alone"),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_that(name: str) -> None:
    """The test of the rule fails, and passes for the objective that keeps it."""
    broken, test = OBJECTIVES[name]

    assert not breaks(ObjectiveContract, test, Replay())
    assert breaks(ObjectiveContract, test, broken())


class Chooses(Sampler):
    """Well behaved: draws, the seed and the number of outcomes deciding. Broken below, a rule at a time."""

    def __init__(self, seed: int) -> None:
        self.seed, self.told = seed, 0

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return {"row": int(np.random.default_rng([self.seed, trial_id, self.told]).integers(1000))}

    def learn(self, outcome: Outcome) -> None:
        self.told += 1


class RemembersOtherRuns(Chooses):
    runs = 0

    def __init__(self, seed: int) -> None:
        type(self).runs += 1
        super().__init__(seed + type(self).runs)


class IgnoresTheSeed(Chooses):
    def __init__(self, seed: int) -> None:
        super().__init__(0)


class GivesTuples(Chooses):
    def propose(self, trial_id: int) -> Mapping[str, object]:
        return {"rows": (trial_id, self.seed)}


class NeedsAnswers(Chooses):
    def propose(self, trial_id: int) -> Mapping[str, object]:
        if trial_id > self.told:
            raise ValueError("what became of the last one?")
        return super().propose(trial_id)


class TellsOfItself(Chooses):
    def settings(self) -> dict[str, Any]:
        return {"rows": (1, 2)}


SAMPLERS: dict[str, tuple[type[Chooses], str]] = {
    "remembers other runs": (RemembersOtherRuns, "test_same_seed_and_events_same_configurations"),
    "ignores the seed": (IgnoresTheSeed, "test_another_seed_gives_others"),
    "gives what no journal keeps": (GivesTuples, "test_configurations_can_be_journalled"),
    "needs answers first": (NeedsAnswers, "test_configurations_may_be_asked_for_before_outcomes_are_known"),
    "has settings that no journal keeps": (TellsOfItself, "test_settings_are_json"),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_that(name: str) -> None:
    """The test of the rule fails, and passes for the sampler that keeps it."""
    broken, test = SAMPLERS[name]

    assert not breaks(SamplerContract, test, Chooses)
    assert breaks(SamplerContract, test, broken)


def test_every_rule_of_every_contract_has_an_offender() -> None:
    """No test of a contract is one that nothing could fail."""
    cases = {
        PredictorContract: PREDICTORS,
        StoppingRuleContract: RULES,
        SchedulerContract: SCHEDULERS,
        ObjectiveContract: OBJECTIVES,
        SamplerContract: SAMPLERS,
    }
    for contract, offenders in cases.items():
        expected = {name for name in dir(contract) if name.startswith("test_")}
        assert expected == {test for _, test in offenders.values()}
