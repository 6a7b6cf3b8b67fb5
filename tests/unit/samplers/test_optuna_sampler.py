"""Samplers of Optuna drive a search: what they are told, and when."""

import importlib.util
from collections.abc import Iterator, Mapping
from typing import Any

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import TrialState

from bandits import ASHA, EarlyStopper, Hyperband, RandomSearch, Result, run
from bandits.curves import Metric, Trial
from bandits.errors import MissingDependency, ProtocolError, SettingError, UnknownPlugin
from bandits.objectives import CurveTable, FunctionObjective
from bandits.predictors import SRM
from bandits.runtime.records import TrialStarted
from bandits.samplers.base import Outcome
from bandits.samplers.optuna import Dropped, OptunaSampler, named_sampler
from bandits.testing import ReplayObjective
from bandits.testing.objective_wrappers import FailingObjective

SPACE: Mapping[str, BaseDistribution] = {
    "lr": FloatDistribution(1e-4, 1e-1, log=True),
    "units": IntDistribution(8, 64, step=8),
    "momentum": FloatDistribution(0.0, 1.0),
    "tied": CategoricalDistribution((False, True)),
    "fixed": CategoricalDistribution((3,)),
}
COMPLETE, RUNNING, FAIL = TrialState.COMPLETE, TrialState.RUNNING, TrialState.FAIL


def sampler_with(arms: int = 0, **options: Any) -> OptunaSampler:
    """A sampler that has proposed trials 0 to arms - 1; two make an epoch count."""
    sampler = OptunaSampler("random", {"x": FloatDistribution(0.0, 1.0)}, seed=0, **{"min_arms": 2, **options})
    for trial_id in range(arms):
        sampler.propose(trial_id)
    return sampler


def tell(sampler: OptunaSampler, trial_id: int, *scores: float, start: int = 0) -> None:
    """Scores of the epochs after `start`."""
    for epoch, score in enumerate(scores, start + 1):
        sampler.watch(Trial(trial_id), epoch, score)


def end(sampler: OptunaSampler, trial_id: int, scores: tuple[float, ...], how: Any, *forecast: Any) -> None:
    """Say how a trial has ended."""
    sampler.learn(Outcome(Trial(trial_id), scores, how, *forecast))


def model(sampler: OptunaSampler) -> list[tuple[TrialState, float | None]]:
    """What the study of the sampler holds."""
    return [(trial.state, trial.value) for trial in sampler.study.get_trials(deepcopy=False)]


def peak(max_epochs: int = 27) -> FunctionObjective:
    """Best at x = 0.3, y = 0.7, and better the longer it trains."""

    def train(config: Mapping[str, float]) -> Iterator[float]:
        distance = (config["x"] - 0.3) ** 2 + (config["y"] - 0.7) ** 2
        yield from (1 - distance - 0.5 / epoch for epoch in range(1, max_epochs + 1))

    space = {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}
    return FunctionObjective(
        train, space=space, metric=Metric("accuracy", "maximize"), max_epochs=max_epochs, clock=lambda: 0.0
    )


# Which epoch counts


def test_the_last_epoch_that_enough_arms_reached_counts() -> None:
    """The first epoch, until two arms have reached a later one; all that have a score there count with it."""
    sampler = sampler_with(3)
    assert (sampler.epoch, model(sampler)) == (1, [(RUNNING, None)] * 3)

    tell(sampler, 0, 0.1, 0.2, 0.3)
    assert (sampler.epoch, model(sampler)) == (1, [(COMPLETE, 0.1), (RUNNING, None), (RUNNING, None)])

    tell(sampler, 1, 0.4, 0.5)
    assert (sampler.epoch, model(sampler)) == (2, [(COMPLETE, 0.2), (COMPLETE, 0.5), (RUNNING, None)])

    tell(sampler, 2, 0.7)
    end(sampler, 2, (0.7,), "cut")
    assert (sampler.epoch, model(sampler)) == (2, [(COMPLETE, 0.2), (COMPLETE, 0.5), (FAIL, None)])

    tell(sampler, 1, 0.6, start=2)
    end(sampler, 1, (0.4, 0.5, 0.6), "completed")
    assert (sampler.epoch, model(sampler)) == (3, [(COMPLETE, 0.3), (COMPLETE, 0.6), (FAIL, None)])


def test_enough_is_more_than_there_are_parameters() -> None:
    """Ten arms at least, one more than there are parameters that can vary."""
    few = OptunaSampler("random", SPACE, seed=0)
    many = OptunaSampler("random", {f"x{i}": FloatDistribution(0, 1) for i in range(12)}, seed=0)

    assert (few.settings()["min_arms"], many.settings()["min_arms"]) == (10, 13)


def test_scores_count_at_once() -> None:
    """Within a rung, later arms learn from earlier ones."""
    sampler = sampler_with(2)
    tell(sampler, 0, 0.1)
    assert model(sampler)[0] == (COMPLETE, 0.1)
    sampler.propose(2)
    assert [state for state, _ in model(sampler)] == [COMPLETE, RUNNING, RUNNING]


def test_trials_keep_their_parameters_when_the_epoch_changes() -> None:
    """The study is made anew with the same trials under the same numbers."""
    sampler = sampler_with(4)
    before = [trial.params for trial in sampler.study.trials]
    for trial_id in range(3):
        tell(sampler, trial_id, 0.1, 0.2)
    after = sampler.study.trials

    assert sampler.epoch == 2
    assert before == [trial.params for trial in after]
    assert [trial.number for trial in after] == [0, 1, 2, 3]


# What becomes of dropped and failed arms


@pytest.mark.parametrize(
    ("dropped", "reached", "horizon"),
    [
        ("forecast", (COMPLETE, 0.2), (COMPLETE, 0.25)),
        ("measured", (COMPLETE, 0.2), (FAIL, None)),
        ("nothing", (FAIL, None), (FAIL, None)),
    ],
)
def test_dropped_arms(dropped: Dropped, reached: object, horizon: object) -> None:
    """At epochs that they reached, and at the horizon of the forecast."""
    sampler = sampler_with(4, dropped=dropped)
    for trial_id in range(3):
        tell(sampler, trial_id, 0.1 * trial_id, 0.2)
    assert model(sampler)[2] == (COMPLETE, 0.2)
    end(sampler, 2, (0.2, 0.2), "dropped", 0.25, 9)
    assert (sampler.epoch, model(sampler)[2]) == (2, reached)

    for trial_id in range(2):
        tell(sampler, trial_id, *[0.5] * 7, start=2)
    assert (sampler.epoch, model(sampler)[2]) == (9, horizon)
    marked = [trial.number for trial in sampler.study.trials if trial.user_attrs.get("bandits:forecast")]
    assert marked == ([2] if dropped == "forecast" else [])


def test_forecasts_help_an_epoch_to_count() -> None:
    """A forecast is as good as a score where enough arms are asked for; elsewhere the arm is unknown."""
    sampler = sampler_with(2)
    tell(sampler, 0, 0.1, 0.2, 0.3)
    tell(sampler, 1, 0.1)
    end(sampler, 1, (0.1,), "dropped", 0.2, 3)
    assert (sampler.epoch, model(sampler)) == (3, [(COMPLETE, 0.3), (COMPLETE, 0.2)])

    sampler = sampler_with(3)
    for trial_id in range(2):
        tell(sampler, trial_id, 0.1, 0.2, 0.3, 0.4)
    end(sampler, 2, (0.1,), "dropped", 0.2, 3)
    assert (sampler.epoch, model(sampler)[2]) == (4, (FAIL, None))


def test_a_forecast_in_the_epoch_that_counts_is_told_at_once() -> None:
    """Marked as such, without a new study."""
    sampler = sampler_with(3)
    for trial_id in range(2):
        tell(sampler, trial_id, 0.1, 0.2, 0.3)
    study = sampler.study
    end(sampler, 2, (0.1,), "dropped", 0.25, 3)

    assert sampler.study is study
    assert (study.trials[2].value, study.trials[2].user_attrs) == (0.25, {"bandits:forecast": True})


def test_an_arm_dropped_without_a_forecast_counts_as_measured() -> None:
    """A stopper may have reasons of another kind."""
    sampler = sampler_with(2)
    tell(sampler, 0, 0.1)
    end(sampler, 0, (0.1,), "dropped")

    assert model(sampler) == [(COMPLETE, 0.1), (RUNNING, None)]


def test_failed_arms_are_unknown() -> None:
    """Also at the epochs that they reached."""
    sampler = sampler_with(3)
    end(sampler, 0, (), "failed")
    tell(sampler, 1, 0.9)
    assert model(sampler) == [(FAIL, None), (COMPLETE, 0.9), (RUNNING, None)]
    end(sampler, 1, (0.9,), "failed")
    assert model(sampler) == [(FAIL, None), (FAIL, None), (RUNNING, None)]


def test_scores_may_come_with_the_outcome() -> None:
    """Who is told of outcomes alone knows their scores as well."""
    sampler = sampler_with(2)
    for trial_id in range(2):
        end(sampler, trial_id, (0.1, 0.2 + trial_id), "completed")

    assert (sampler.epoch, model(sampler)) == (2, [(COMPLETE, 0.2), (COMPLETE, 1.2)])


# Proposals


@pytest.mark.parametrize("name", ["tpe", "cmaes", "qmc", "nsgaii", "random"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_proposals_lie_in_the_space(name: str, share: float) -> None:
    """Every parameter, each a plain value of its distribution, however much has been learnt."""
    sampler = OptunaSampler(name, SPACE, seed=1, random_share=share)
    for trial_id in range(40):
        config = sampler.propose(trial_id)
        assert list(config) == list(SPACE)
        for parameter, distribution in SPACE.items():
            assert distribution._contains(distribution.to_internal_repr(config[parameter]))
        assert [type(value) for value in config.values()] == [float, int, float, bool, int]
        end(sampler, trial_id, (0.1, config["momentum"]), "completed")  # type: ignore[arg-type]


def test_gaussian_process() -> None:
    """Optuna's GP proposes too; it comes to work after ten arms."""
    pytest.importorskip("torch")
    space = {"x": FloatDistribution(0.0, 1.0)}
    sampler = OptunaSampler("gp", space, seed=0)
    for trial_id in range(13):
        x = float(sampler.propose(trial_id)["x"])  # type: ignore[arg-type]
        end(sampler, trial_id, (-((x - 0.25) ** 2),), "completed")

    assert abs(sampler.study.trials[-1].params["x"] - 0.25) < 0.1


def proposed(result: Result) -> list[Mapping[str, object]]:
    """The configurations of a run."""
    return [record.config for record in result.journal.records() if isinstance(record, TrialStarted)]


@pytest.mark.parametrize("name", ["tpe", "cmaes", "qmc"])
@pytest.mark.parametrize("workers", [1, 3])
def test_same_seed_same_run(name: str, workers: int) -> None:
    """Byte for byte, with rows of a table, pauses, and several workers; each row comes once."""
    table = CurveTable("deep_resnets_tinyimagenet")
    runs = []
    for _ in range(2):
        sampler = OptunaSampler(name, seed=3)
        runs.append(run(Hyperband(max_epochs=27), table, sampler=sampler, seed=3, workers=workers))
    first, second = runs

    assert list(first.journal.records()) == list(second.journal.records())
    rows = [config["row"] for config in proposed(first)]
    assert len(set(rows)) == len(rows) == 49


def test_seeds_differ() -> None:
    """Another seed, another search."""
    first, second = (OptunaSampler("tpe", SPACE, seed=seed).propose(0) for seed in (0, 1))
    assert first != second


def test_a_sampler_of_the_users_own() -> None:
    """Any object of Optuna's class is used as it is."""
    sampler = TPESampler(seed=5, n_startup_trials=3)
    ours = OptunaSampler(sampler, SPACE, seed=0)

    assert ours.study.sampler is sampler
    assert ours.settings()["sampler"] == "TPESampler"


@pytest.mark.parametrize("scheduler", [Hyperband(max_epochs=27), RandomSearch(40, 27), ASHA(max_epochs=27)])
def test_tpe_beats_random(scheduler: Any) -> None:
    """On a simple peak, summed over three seeds, for the same epochs."""
    shortfalls = {"tpe": 0.0, "random": 0.0}
    for name in shortfalls:
        for seed in range(3):
            objective = peak()
            assert objective.space is not None
            sampler = OptunaSampler(name, objective.space, seed=seed)
            best = run(scheduler, objective, sampler=sampler, seed=seed).best_value
            assert best is not None
            shortfalls[name] += 1 - 0.5 / 27 - best

    assert shortfalls["tpe"] < shortfalls["random"] / 2


def test_random_share() -> None:
    """The share of a share of proposals does not depend on what was learnt."""
    runs = []
    for score in (0.0, 1.0):
        sampler = OptunaSampler("tpe", {"x": FloatDistribution(0, 1)}, seed=0, random_share=0.5)
        configs = []
        for trial_id in range(60):
            configs.append(sampler.propose(trial_id)["x"])
            tell(sampler, trial_id, score * float(configs[-1]))  # type: ignore[arg-type]
        runs.append(configs)
    equal = sum(a == b for a, b in zip(*runs, strict=True))

    assert 20 <= equal - 10 <= 30  # the first ten are random anyway


def test_cmaes_keeps_its_state_when_the_epoch_changes() -> None:
    """Its generations are counted on, not begun again."""
    sampler = OptunaSampler("cmaes", {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}, seed=0)
    for trial_id in range(40):
        sampler.propose(trial_id)
        tell(sampler, trial_id, *[0.1] * (trial_id // 10 + 1))

    def generations() -> list[int]:
        return [trial.system_attrs.get("cma:generation", -1) for trial in sampler.study.trials]

    before = generations()
    assert sampler.epoch == 4
    assert before == sorted(before)
    assert before[-1] >= 3


# With whole runs


@pytest.mark.parametrize("dropped", ["forecast", "measured", "nothing"])
def test_a_run_with_forecasts(dropped: Dropped) -> None:
    """Arms that a forecast drops in a run stand in the model as was asked for."""
    table = CurveTable("deep_resnets_tinyimagenet")
    sampler = OptunaSampler("tpe", seed=0, dropped=dropped)
    stopper = EarlyStopper(SRM(), seed=0)
    result = run(RandomSearch(60, table.max_epochs, stopper), table, sampler=sampler)
    trials = sampler.study.trials
    states = [row["state"] for row in result.rows()]

    assert sampler.epoch == table.max_epochs
    assert states.count("dropped") >= 10
    for state, trial in zip(states, trials, strict=True):
        assert trial.state == (COMPLETE if state == "completed" or dropped == "forecast" else FAIL)
        forecast = state == "dropped" and dropped == "forecast"
        assert trial.user_attrs == ({"bandits:forecast": True} if forecast else {})
    assert [trial.params["num_blocks"] for trial in trials] == [config["num_blocks"] for config in proposed(result)]


def test_failing_trials_do_not_end_the_search() -> None:
    """They fail in the model as well."""
    objective = FailingObjective(peak(), trials=range(0, 20, 2), epoch=2, failure=float("nan"))
    assert objective.space is not None
    sampler = OptunaSampler("tpe", objective.space, seed=0)
    run(RandomSearch(20, 27), objective, sampler=sampler)

    assert [state for state, _ in model(sampler)] == [FAIL, COMPLETE] * 10


def test_nothing_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    """And how much Optuna says elsewhere stays as it was."""
    before = optuna.logging.get_verbosity()
    sampler = sampler_with(3)
    for trial_id in range(3):
        end(sampler, trial_id, (0.1, 0.2), "completed")
    assert sampler.epoch == 2

    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_settings_are_recorded() -> None:
    """JSON values that build the sampler again."""
    assert OptunaSampler("qmc", SPACE, seed=7, dropped="measured", random_share=0.25).settings() == {
        "sampler": "qmc",
        "dropped": "measured",
        "min_arms": 10,
        "random_share": 0.25,
        "seed": 7,
    }


# Bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampler": 3}, "`sampler` must be a sampler of optuna, or the name of one, got 3"),
        ({"dropped": "all"}, "`dropped` must be one of 'forecast', 'measured', 'nothing', got 'all'"),
        ({"random_share": 1.5}, "`random_share` must be in [0, 1], got 1.5"),
        ({"random_share": True}, "`random_share` must be in [0, 1], got True"),
        ({"min_arms": 0}, "`min_arms` must be an integer >= 1, or None, got 0"),
        ({"seed": -1}, "`seed` must be an integer >= 0, got -1"),
        ({"space": {}}, "`space` must map parameter names to optuna distributions, got {}"),
    ],
)
def test_wrong_settings(options: dict[str, Any], message: str) -> None:
    """One sentence with the argument, the rule and the value."""
    with pytest.raises(SettingError) as error:
        OptunaSampler(**{"space": SPACE, "seed": 0, **options})
    assert str(error.value) == message


def test_unknown_names() -> None:
    """The message lists those that exist."""
    with pytest.raises(UnknownPlugin, match=r"^sampler of Optuna must be one of tpe, gp, .*, got 'bohb'$"):
        named_sampler("bohb", seed=0)


@pytest.mark.parametrize(
    ("name", "libraries"), [("gp", r"'greenlet>=[0-9.]+' 'torch>=[0-9.]+'"), ("cmaes", r"'cmaes>=[0-9.]+'")]
)
def test_missing_libraries(name: str, libraries: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message holds the command that installs those that this sampler needs, and no others."""
    monkeypatch.setattr("bandits.samplers.optuna_names.find_spec", lambda library: None)
    with pytest.raises(MissingDependency, match=rf"^the sampler {name} needs .* pip install {libraries}$"):
        named_sampler(name, seed=0)
    assert importlib.util.find_spec("optuna") is not None


def test_named_samplers_are_silent(recwarn: pytest.WarningsRecorder) -> None:
    """No warning says that a sampler is experimental."""
    for name in ("tpe", "cmaes", "qmc", "nsgaii", "random"):
        assert isinstance(named_sampler(name, seed=0), BaseSampler)
    assert list(recwarn) == []


def test_events_that_cannot_be() -> None:
    """Trials that are unknown or have ended, ids that were given, and epochs that do not follow."""
    sampler = sampler_with(1)
    with pytest.raises(ProtocolError, match=r"^trial 0 has its configuration already$"):
        sampler.propose(0)
    with pytest.raises(ProtocolError, match=r"^trial 5 was not proposed by this sampler$"):
        tell(sampler, 5, 0.1)
    with pytest.raises(ProtocolError, match=r"^trial 0 is at epoch 0, epoch 2 cannot follow$"):
        tell(sampler, 0, 0.1, start=1)
    end(sampler, 0, (0.1,), "completed")
    with pytest.raises(ProtocolError, match=r"^trial 0 has its outcome already$"):
        end(sampler, 0, (0.1,), "completed")


def test_a_sampler_without_a_space_takes_that_of_the_objective() -> None:
    """The same run as with the space and the projection said by hand."""
    table = CurveTable("lstm_ptb")
    by_hand = OptunaSampler("tpe", table.space, seed=0, project=table.projection())

    results = [run(Hyperband(20), table, sampler=sampler) for sampler in (OptunaSampler("tpe"), by_hand)]

    assert results[0].rows() == results[1].rows()


def test_a_sampler_needs_something_to_choose() -> None:
    """Neither a space of its own nor one of the objective: one sentence."""
    rows = ReplayObjective([[0.1, 0.2, 0.3]])

    with pytest.raises(SettingError, match=r"`sampler` must be left out for .*, got 'tpe'"):
        run(RandomSearch(2, 3), rows, sampler=OptunaSampler("tpe"))
    with pytest.raises(SettingError, match="`space` must be given"):
        OptunaSampler("tpe").propose(0)
    with pytest.raises(SettingError, match="`project` must be a function, and come with a space"):
        OptunaSampler("tpe", project=dict)


def test_a_sampler_serves_one_run() -> None:
    """What it has learnt is of arms that another run does not have."""
    sampler = OptunaSampler("tpe")
    run(RandomSearch(2, 3), CurveTable("lstm_ptb"), sampler=sampler)

    with pytest.raises(SettingError, match="`sampler` must be a new one"):
        run(RandomSearch(2, 3), CurveTable("lstm_ptb"), sampler=sampler)
