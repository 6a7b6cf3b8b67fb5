"""Children by rand/1/bin, from parents whose places in the unit cube are known."""

import re
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandits import Hyperband, RandomSearch, run
from bandits.config import build
from bandits.curves import Metric
from bandits.errors import ProtocolError, SettingError
from bandits.objectives import CurveTable, FunctionObjective
from bandits.runtime.records import Changed, Epoch, JobStarted, TrialFailed, TrialStarted
from bandits.samplers import DifferentialEvolution, OptunaSampler, RandomSampler
from bandits.schedulers import DEHB, Failed, Job, Measured, State
from bandits.search_space import params_in

CUBE: Mapping[str, BaseDistribution] = {name: FloatDistribution(0.0, 1.0) for name in "xyzw"}
POINTS = {0: 0.2, 1: 0.5, 2: 0.6, 3: 0.55, 4: 0.9}  # all coordinates of each parent


def parents(**settings: Any) -> DifferentialEvolution:
    """A sampler whose trials 0 to 4 lie on the diagonal, where POINTS says."""
    places = iter(POINTS.values())
    sampler = DifferentialEvolution(CUBE, project=lambda _: dict.fromkeys(CUBE, next(places, 0.0)), **settings)
    for trial_id in POINTS:
        sampler.propose(trial_id)
    return sampler


def children(pool: tuple[int, ...], reserve: tuple[int, ...] = (), **settings: Any) -> list[list[float]]:
    """Coordinates of twenty children of target 0."""
    found = []
    for seed in range(20):
        sampler = DifferentialEvolution(CUBE, seed=seed, **settings)
        sampler._points = parents()._points
        found.append([float(str(x)) for x in sampler.breed(9, target=0, pool=pool, reserve=reserve).values()])
    return found


def mutants(*pool: int, factor: float = 0.5) -> set[float]:
    """Every a + F (b - c) of three members of a pool."""
    return {round(POINTS[a] + factor * (POINTS[b] - POINTS[c]), 9) for a, b, c in permutations(pool, 3)}


def test_a_child_mixes_a_mutant_and_its_target() -> None:
    """Each coordinate is that of the target or that of a + F (b - c); at least one is the mutant's."""
    possible = mutants(1, 2, 3)
    shares = []
    for child in children((1, 2, 3)):
        new = {round(x, 9) for x in child} - {0.2}
        assert len(new) == 1 and new <= possible
        shares.append(sum(x != 0.2 for x in child))
    assert set(shares) == {1, 2, 3, 4}


@pytest.mark.parametrize(("probability", "count"), [(0.0, 1), (1.0, 4)])
def test_crossover_takes_one_coordinate_at_least(probability: float, count: int) -> None:
    """Of the mutant: one with probability 0, all with probability 1."""
    for child in children((1, 2, 3), crossover_probability=probability):
        assert sum(x != 0.2 for x in child) == count


def test_the_mutation_factor_scales_the_difference() -> None:
    """F = 1 adds all of it."""
    found = {round(x, 9) for child in children((1, 2, 3), mutation_factor=1.0) for x in child} - {0.2}

    assert found <= mutants(1, 2, 3, factor=1.0)
    assert len(found) > 2


def test_a_small_pool_is_filled_from_the_reserve() -> None:
    """With one parent in the pool, the other two are from the reserve, whichever is a, b or c."""
    found = {round(x, 9) for child in children((1,), (2, 3, 4), crossover_probability=1.0) for x in child}

    whole = {round(x, 9) for trio in ((1, 2, 3), (1, 2, 4), (1, 3, 4)) for x in mutants(*trio)}
    inside = {x for x in whole if 0 <= x <= 1}
    assert found & inside
    assert found <= inside


def test_without_parents_a_child_is_random() -> None:
    """Nobody in pool or reserve, no target: inside the cube, other for each seed."""
    found = set()
    for seed in range(5):
        config = DifferentialEvolution(CUBE, seed=seed).breed(0, target=None, pool=(), reserve=())
        assert all(0 <= float(str(x)) <= 1 for x in config.values())
        found.add(tuple(config.values()))
    assert len(found) == 5


def test_what_leaves_the_cube_is_drawn_anew() -> None:
    """Not cut off at the edge: the coordinates of a mutant beyond it differ."""
    settings = {"mutation_factor": 2.0, "crossover_probability": 1.0}
    beyond = [child for child in children((0, 4, 1), **settings) if len(set(child)) == 4]

    assert beyond
    assert all(0 < x < 1 for child in beyond for x in child)


def test_every_kind_of_parameter_is_bred() -> None:
    """Choices, integers and logarithms stay in their distributions."""
    space: Mapping[str, BaseDistribution] = {
        "lr": FloatDistribution(1e-5, 1e-1, log=True),
        "units": IntDistribution(8, 64, step=8),
        "net": CategoricalDistribution(("a", None)),
    }
    sampler = DifferentialEvolution(space, seed=1)
    for trial_id in range(5):
        sampler.propose(trial_id)
    for trial_id in range(5, 40):
        config = sampler.breed(trial_id, target=trial_id - 1, pool=range(trial_id - 5, trial_id - 1), reserve=())
        assert params_in(config, space) == config


def test_on_a_table_the_nearest_row_is_the_child_and_the_parent() -> None:
    """Rows are tried once each, and a row's own place is what its children inherit."""
    table = CurveTable("lstm_ptb")
    sampler = DifferentialEvolution(seed=0)
    sampler.bind(table)
    rows = [sampler.propose(trial_id)["row"] for trial_id in range(20)]
    rows += [sampler.breed(i, target=i - 20, pool=range(20), reserve=())["row"] for i in range(20, 60)]

    assert len(set(rows)) == 60


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda sampler: sampler.propose(0), "trial 0 has its configuration already"),
        (lambda sampler: sampler.breed(0, target=None, pool=(), reserve=()), "trial 0 has its configuration already"),
        (lambda sampler: sampler.breed(7, target=8, pool=(1, 2, 3), reserve=()), "trial 8 was not proposed"),
        (lambda sampler: RandomSampler(CUBE, 0).breed(0, target=None, pool=(), reserve=()), "RandomSampler breeds no"),
    ],
)
def test_what_cannot_have_happened_is_refused(act: Any, sentence: str) -> None:
    """Two configurations for one trial, parents that nobody knows, and samplers that do not breed."""
    with pytest.raises(ProtocolError, match=sentence):
        act(parents())


def peak(max_epochs: int = 9) -> FunctionObjective:
    """Best at 0.3 in each of four coordinates, and better the longer it trains."""

    def train(config: Mapping[str, float]) -> Iterator[float]:
        distance = sum((x - 0.3) ** 2 for x in config.values())
        yield from (1 - distance - 0.5 / epoch for epoch in range(1, max_epochs + 1))

    return FunctionObjective(
        train, space=CUBE, metric=Metric("accuracy", "maximize"), max_epochs=max_epochs, clock=lambda: 0.0
    )


@pytest.mark.parametrize(
    ("scheduler", "sampler", "sentence"),
    [
        (DEHB(9), None, "`sampler` must be one that evolves, such as DifferentialEvolution(), for dehb"),
        (DEHB(9), OptunaSampler("tpe"), "for dehb, got 'OptunaSampler'"),
        (Hyperband(9), DifferentialEvolution(), "must be left out with hyperband, which breeds no configurations"),
    ],
)
def test_scheduler_and_sampler_must_both_evolve(scheduler: Any, sampler: Any, sentence: str) -> None:
    """Otherwise configurations would be random, and nobody would notice."""
    with pytest.raises(SettingError, match=re.escape(sentence)):
        run(scheduler, peak(), sampler=sampler)


def test_spaces_that_do_not_fit_are_refused() -> None:
    """No space at all, an objective without parameters, a second run, a projection without a space."""
    with pytest.raises(SettingError, match="`space` must be given"):
        DifferentialEvolution().propose(0)
    with pytest.raises(SettingError, match="must have parameters that differential"):
        run(DEHB(2), build("objectives", "cnn:digits", device="cpu"), sampler=DifferentialEvolution())
    with pytest.raises(SettingError, match="must be a new one"):
        run(DEHB(2), peak(), sampler=parents())
    with pytest.raises(SettingError, match="`project` must be a function"):
        DifferentialEvolution(project=dict)


def test_evolution_beats_chance() -> None:
    """After the same epochs, DEHB's best is nearer to the peak than that of random search, whatever the seed."""
    scheduler = DEHB(max_epochs=9, loops=6)
    for seed in range(3):
        evolved = run(scheduler, peak(), sampler=DifferentialEvolution(seed=seed), seed=seed)
        trials = evolved.epochs_trained // 9
        random = run(RandomSearch(trials=trials, max_epochs=9), peak(), seed=seed)
        assert evolved.best is not None and random.best is not None
        assert evolved.best.score > random.best.score


@pytest.mark.parametrize("workers", [1, 3])
def test_a_run_repeats_and_its_journal_replays(workers: int) -> None:
    """The same seed gives the same records; a fresh scheduler that is told the journal decides the same."""
    table = CurveTable("lstm_ptb")
    scheduler = DEHB(max_epochs=table.max_epochs, loops=2)
    first, second = (
        run(scheduler, table, sampler=DifferentialEvolution(seed=4), seed=4, workers=workers) for _ in range(2)
    )
    records = list(first.journal.records())
    assert records == list(second.journal.records())

    machine, trials = scheduler.fresh(stopper=None), first.trials
    changes: list[tuple[int, State, str]] = []
    for record in records:
        if isinstance(record, JobStarted):
            job = machine.ask()
            assert job == Job(record.trial, record.start, record.stop)
        elif isinstance(record, Epoch):
            machine.tell(Measured(trials[record.trial], record.epoch, first.metric.orient(record.value)))
        elif isinstance(record, TrialFailed):
            machine.tell(Failed(trials[record.trial], record.reason))
        changes += [(change.trial_id, change.state, change.reason) for change in machine.take_changes()]
    assert changes == [(r.trial, r.state, r.reason) for r in records if isinstance(r, Changed)]
    assert sum(isinstance(record, TrialStarted) for record in records) == scheduler.total_trials
