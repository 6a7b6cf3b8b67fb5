"""MetaQNN in whole runs: the agent, the scheduler, a stopper and the loop; and from the command line."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean

import pytest

from bandits import run
from bandits.architectures import Grammar, depth
from bandits.curves import Metric, Trial
from bandits.objectives import Measurement, Objective
from bandits.predictors import LastSeenValue
from bandits.runtime.journal import SqliteJournal
from bandits.runtime.records import RunStarted, TrialStarted, VerdictGiven
from bandits.samplers import Sampler
from bandits.samplers.epsilon_schedule import EpsilonSchedule, Stage
from bandits.samplers.q_learning import QLearning
from bandits.schedulers import State
from bandits.schedulers.metaqnn import MetaQNN
from bandits.stopping import EarlyStopper, ProbabilityRule

GRAMMAR = Grammar.for_images(8, 1, 10)
TRIALS, EPOCHS = 90, 6
RANDOM = 60  # nets of the first stages


def worth_of(net: str) -> float:
    """Layers are good, and wide ones better."""
    return 0.1 * depth(net) + 0.02 * net.count("C(64")


class Depths(Objective):
    """Nets whose score rises to their worth; those that hold FC(16) fail."""

    grammar = GRAMMAR
    name, metric, max_epochs, virtual_time = "depths", Metric("accuracy", "maximize"), EPOCHS, True

    def sampler(self, seed: int) -> Sampler:
        return agent(seed=seed)

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return {"depth": float(depth(str(config["net"])))}

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        net = str(trial.config["net"])
        if "FC(16)" in net:
            raise RuntimeError("too narrow")
        for epoch in range(start + 1, stop + 1):
            yield Measurement(epoch, worth_of(net) * (1 - 0.5**epoch), 1.0 + worth_of(net))


def agent(seed: int = 0, **settings: object) -> QLearning:
    """An agent whose report has a stage for every net."""
    one_by_one = EpsilonSchedule(tuple(Stage(1.0 if i < RANDOM else 0.1, 1) for i in range(TRIALS)))
    return QLearning(GRAMMAR, epsilon=one_by_one, seed=seed, **settings)  # type: ignore[arg-type]


def search(sampler: QLearning, *, stopped: bool = True, workers: int = 1):
    """A whole run; by default with early stopping after ten nets."""
    stopper = EarlyStopper(LastSeenValue(min_curves=5), ProbabilityRule(0.95)) if stopped else None
    scheduler = MetaQNN(TRIALS, EPOCHS, stopper=stopper, burn_in=10)
    return run(scheduler, Depths(), sampler=sampler, workers=workers)


def test_the_reward_of_a_stopped_net_is_its_forecast() -> None:
    """Of a net that trained in full it is its best score, of one that failed the worst reward of all so far."""
    sampler = agent()
    result = search(sampler)
    rewards = [stage.mean_reward for stage in sampler.stages()]
    forecasts = {r.trial: r.forecast for r in result.journal.records() if isinstance(r, VerdictGiven) and r.drop}
    ends = {arm.id: arm.state for arm in result.scheduler.arms.values()}

    assert {State.COMPLETED, State.DROPPED, State.FAILED} == set(ends.values())
    for trial_id, state in ends.items():
        if state is State.DROPPED:
            assert forecasts[trial_id] == rewards[trial_id]
        elif state is State.FAILED:
            assert min(r for r in rewards if r is not None) == rewards[trial_id]
        else:
            assert result.scheduler.arms[trial_id].score == rewards[trial_id]


@pytest.mark.parametrize("stopped", [False, True])
def test_the_agent_learns_with_and_without_early_stopping(stopped: bool) -> None:
    """Nets of the greedy stages are better than those at random; forecasts drop nets."""
    result = search(agent(learning_rate=0.1), stopped=stopped)
    worths = [worth_of(str(trial.config["net"])) for trial in result.trials.values()]

    assert mean(worths[RANDOM:]) > mean(worths[:RANDOM]) + 0.05
    assert stopped == (result.count(State.DROPPED) > 20)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_same_run_twice(workers: int) -> None:
    """With several workers outcomes come in another order, always the same, and no net is trained twice."""
    runs = [
        [r for r in search(agent(), workers=workers).journal.records() if isinstance(r, TrialStarted)] for _ in "ab"
    ]

    assert runs[0] == runs[1]
    assert TRIALS == len({str(record.config["net"]) for record in runs[0]})


def test_the_journal_says_how_the_agent_was_set() -> None:
    """So a run can be told from one with another schedule."""
    started = next(r for r in search(agent(replay=7)).journal.records() if isinstance(r, RunStarted))

    assert ("metaqnn", "q-learning", 7) == (started.algorithm, started.sampler["sampler"], started.sampler["replay"])


# From the command line

TOY = "from tests.integration.test_metaqnn_command import Depths\n\ndepths = Depths()\n"


@pytest.fixture
def toy(bandits):
    """The command, in a folder with a module `toy` that holds the objective `depths`."""
    Path("toy.py").write_text(TOY, encoding="utf-8")
    yield bandits
    sys.modules.pop("toy", None)


def test_the_command_runs_the_search_with_the_papers_rule(toy) -> None:
    """Confidence .99, burn-in as given, the paper's stages in proportion; a line for every stage."""
    run_it = ("run", "metaqnn", "--predictor", "srm", "--objective", "toy:depths", "--trials", "54", "--burn-in", "15")
    code, shown, _ = toy(*run_it, "--journal", "run.journal")
    told = json.loads(toy(*run_it, "--json")[1])
    with SqliteJournal.open("run.journal") as journal:
        started = next(r for r in journal.records() if isinstance(r, RunStarted))

    assert code == 0
    assert [30, 2, 2, 2, 3, 3, 3, 3, 3, 3] == [stage["nets"] for stage in told["stages"]]
    assert [1.0, 0.1] == [told["stages"][0]["epsilon"], told["stages"][-1]["epsilon"]]
    assert sum(stage["dropped"] for stage in told["stages"]) > 10
    assert "their best" in shown
    assert 0.99 == started.stopper["rule"]["confidence"]
    assert str(EpsilonSchedule.scaled(54)) == started.sampler["epsilon"]


def test_every_setting_of_the_agent_is_an_option(toy) -> None:
    """The stages decide how many nets there are."""
    options = ("--epsilon", "1.0:4,0.2:2", "--q-learning-rate", "0.2", "--discount", "0.9")
    more = ("--initial-value", "0.4", "--replay", "9", "--seed", "3", "--journal", "run.journal")
    code, *_ = toy("run", "metaqnn", "--objective", "toy:depths", *options, *more)
    with SqliteJournal.open("run.journal") as journal:
        started = next(r for r in journal.records() if isinstance(r, RunStarted))

    assert code == 0
    assert 6 == started.settings["trials"]
    assert {
        "epsilon": "1.0:4,0.2:2", "learning_rate": 0.2, "discount": 0.9, "initial_value": 0.4, "replay": 9, "seed": 3,
    }.items() <= started.sampler.items()  # fmt: skip


def test_the_run_without_the_predictor_has_an_agent_of_its_own(toy) -> None:
    """Where nothing could be dropped, it proposes the same nets, and ends the same."""
    run_it = ("run", "metaqnn", "--predictor", "srm", "--objective", "toy:depths", "--trials", "12", "--burn-in", "12")
    told = json.loads(toy(*run_it, "--epsilon", "1.0:5,0.0:7", "--seed", "2", "--json")[1])

    assert told["best_value"] == told["best_value_without_predictor"]
    assert told["epochs_trained"] == told["epochs_without_predictor"]
    assert told["seconds"] == told["seconds_without_predictor"]


def test_it_trains_real_nets(bandits) -> None:
    """On digits, from nothing but the package."""
    pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    options = ("--objective", "cnn:digits", "--device", "cpu", "--epsilon", "1.0:3", "--max-epochs", "1", "--json")
    code, out, _ = bandits("run", "metaqnn", *options)
    stage = json.loads(out)["stages"][0]

    assert code == 0
    assert (3, 3) == (stage["nets"], stage["completed"])
    assert 0.0 < stage["mean_reward"] <= stage["best"] <= 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("metaqnn",), "`objective` must be one whose nets metaqnn can choose layer by layer, such as cnn:digits, got"),
        (
            ("metaqnn", "--objective", "toy:depths", "--epsilon", "1.0:5;0.5:5"),
            "every stage of `epsilon` must be epsilon:nets such as 0.9:100, got '1.0:5;0.5:5'",
        ),
        (
            ("metaqnn", "--objective", "toy:depths", "--q-learning-rate", "2"),
            "`learning_rate` must be in (0, 1], got 2.0",
        ),
        (("random", "--replay", "10"), "`replay` must be left out with random, got 10"),
    ],
)
def test_a_wrong_setting_is_one_sentence(toy, arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2 and one line."""
    code, out, err = toy("run", *arguments)

    assert (code, out) == (2, "")
    assert message in err
    assert 1 == err.count("\n")
