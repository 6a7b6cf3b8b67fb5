"""MetaQNN spends epochs as random search does, under its own name and with the paper's burn-in."""

from bandits.schedulers import Job, RandomSearch
from bandits.schedulers.metaqnn import MetaQNN
from bandits.stopping import EarlyStopper, ProbabilityRule
from bandits.testing import OraclePredictor, play

CURVES = [[0.1, 0.5], [0.3, 0.4], [0.2, 0.6], [0.1, 0.2]]


def test_it_decides_as_random_search_does() -> None:
    """The same stopper drops the same arms at the same epochs."""
    ends = []
    for algorithm in (RandomSearch, MetaQNN):
        stopper = EarlyStopper(OraclePredictor(CURVES), ProbabilityRule())
        scheduler = algorithm(trials=4, max_epochs=2, stopper=stopper, burn_in=1)
        play(scheduler, lambda trial, epoch: CURVES[trial][epoch - 1])
        ends.append([(arm.state.value, arm.epochs) for arm in scheduler.arms.values()])

    assert [("completed", 2), ("dropped", 1), ("completed", 2), ("dropped", 1)] == ends[0] == ends[1]


def test_it_goes_by_its_own_name() -> None:
    """Name, bracket and burn-in are MetaQNN's; a fresh one has the same settings."""
    scheduler = MetaQNN(trials=3, max_epochs=20).fresh(stopper=None)

    assert ("metaqnn", "MetaQNN", 100) == (scheduler.name, scheduler.brackets[0].name, scheduler.burn_in)
    assert Job(0, 0, 20) == scheduler.ask()
