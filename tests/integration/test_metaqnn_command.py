"""MetaQNN in whole runs: the agent, the scheduler, a stopper and the loop."""

from collections.abc import Iterator, Mapping
from statistics import mean

import pytest

from bandits import run
from bandits.architectures import Grammar, depth
from bandits.curves import Metric, Trial
from bandits.objectives import Measurement, Objective
from bandits.predictors import LastSeenValue
from bandits.runtime.records import Advised, RunStarted, TrialStarted
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
    forecasts = {r.trial: r.forecast for r in result.journal.records() if isinstance(r, Advised) and r.drop}
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
