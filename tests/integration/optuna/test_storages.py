"""The Optuna pruner on Optuna's storages, and with several processes on one study, of which some are killed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM
from bandits.stopping import Drop
from tests.integration.optuna.made_studies import (
    T,
    decisions,
    exponential,
    pruned,
    running,
)
from tests.integration.optuna.postgres_server import NoServer, postgres_server
from tests.integration.optuna.processes import PATIENCE, Worker, proxy
from tests.integration.optuna.worker import (
    BEST,
    ENDED,
    GRACE,
    TRIALS,
    curve,
    explained,
    open_storage,
    opinions,
    optimise,
    pruner,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
    pytest.mark.usefixtures("quiet_optuna"),
]

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)
STORAGES = ["sqlite", "sqlite with a write-ahead log", "journal", POSTGRESQL, "grpc"]
PATIENT = "?timeout=60"  # of a database that is locked; the 5 s that Python waits may be too few on a busy machine
SHARED = ["sqlite", "journal", POSTGRESQL]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server; tests that need one are skipped where none can be started."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgres_server())
        except NoServer as why:
            pytest.skip(f"not tested with PostgreSQL: {why}")
        yield url


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty storage."""
    sqlite = f"sqlite:///{tmp_path}/study.db{PATIENT}"
    match request.param:
        case "postgresql":
            yield request.getfixturevalue("postgresql")
        case "journal":
            yield f"journal:{tmp_path}/study.log"
        case "grpc":
            with proxy(sqlite) as address:
                yield address
        case "sqlite with a write-ahead log":
            with closing(sqlite3.connect(tmp_path / "study.db")) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            yield sqlite
        case _:
            yield sqlite


@pytest.fixture(scope="module")
def workers() -> Iterator[list[Worker]]:
    """Four processes; one that has been killed is replaced by the next test."""
    crew: list[Worker] = []
    yield crew
    for worker in crew:
        worker.close()


@pytest.fixture
def four(workers: list[Worker]) -> list[Worker]:
    """Four processes, all alive."""
    for worker in [each for each in workers if each.process.poll() is not None]:
        workers.remove(worker)
        worker.close()
    workers += [Worker() for _ in range(4 - len(workers))]
    return workers


def create(place: str | None, name: str, **options: Any) -> optuna.Study:
    """A study that maximises, in a storage or in memory."""
    storage = None if place is None else open_storage(place)
    return optuna.create_study(study_name=name, direction="maximize", storage=storage, **options)


def load(place: str, name: str) -> optuna.Study:
    """The study by a connection of its own, with a pruner that has not seen it."""
    return optuna.load_study(study_name=name, storage=open_storage(place), pruner=pruner())


# One process


def sequential(place: str | None) -> optuna.Study:
    """A finished study of 28 trials, one after the other, under one seed."""
    forecasts = PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T, save_verdicts=True)
    study = create(place, "one by one", pruner=forecasts, sampler=optuna.samplers.RandomSampler(seed=3))
    study.optimize(exponential(1.0), n_trials=28)
    return study


@pytest.fixture(scope="module")
def in_memory() -> optuna.Study:
    return sequential(None)


@pytest.mark.parametrize("place", STORAGES, indirect=True)
def test_decisions_do_not_depend_on_the_storage(place: str, in_memory: optuna.Study) -> None:
    """Every storage prunes the same trials at the same steps for the same reasons, and keeps these for all to read."""
    study = sequential(place)
    assert pruned(study) >= 4
    assert decisions(study) == decisions(in_memory)

    trials = study.get_trials(states=(TrialState.PRUNED,))
    verdicts = explained(study, trials)
    assert verdicts == explained(in_memory, [in_memory.trials[each.number] for each in trials])
    assert all(isinstance(verdict, Drop) for verdict in verdicts)

    other = load(place, "one by one")
    saved = [trial.user_attrs for trial in other.trials]
    assert saved == [trial.user_attrs for trial in in_memory.trials]
    reasons = [saved[each.number]["bandits:verdict"]["reason"] for each in trials]
    assert [verdict.reason for verdict in explained(other, trials)] == reasons


def test_threads_on_sqlite(tmp_path: Path) -> None:
    """Four threads work on a study in a database and prune."""
    study = create(f"sqlite:///{tmp_path}/study.db{PATIENT}", "threads", pruner=pruner())
    optimise(study, jobs=4)
    assert study.get_trials(states=(TrialState.FAIL,)) == []
    assert pruned(study) >= 4
    assert study.best_trial.number == BEST


# Several processes


def start(workers: list[Worker], place: str, name: str) -> None:
    for worker in workers:
        worker.tell("optimise", storage=place, study=name, hang=False)


def ask_around(study: optuna.Study) -> None:
    """Have half trained trials in the study, about which its processes can be asked."""
    for number, epochs in ((3, 1), (3, 6), (BEST, 4), (BEST, 7)):
        running(study, dict(enumerate(curve(number)[:epochs], start=1)))


@pytest.mark.parametrize("place", SHARED, indirect=True)
def test_four_processes_on_one_study(place: str, four: list[Worker]) -> None:
    """All of them finish and share the work; they prune, but not the best, and end up with the same opinions."""
    study = create(place, "four")
    start(four, place, "four")
    assert [worker.answer() for worker in four] == ["done"] * 4

    ended = study.get_trials(states=ENDED)
    assert TRIALS <= len(ended) == len(study.trials) < TRIALS + 4
    assert pruned(study) >= 4
    assert study.best_trial.number == BEST

    ask_around(study)
    for worker in four:
        worker.tell("opinions")
    said = [worker.answer() for worker in four]
    assert {verdict for verdict, _ in said[0]} == {"Keep", "Drop"}
    assert said == [opinions(load(place, "four"))] * 4  # the last one sees the study for the first time


def wait_until(holds: Callable[[], bool]) -> None:
    """Look every few milliseconds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("place", SHARED, indirect=True)
def test_a_killed_process_leaves_the_study_usable(place: str, four: list[Worker]) -> None:
    """The other three finish, its trial goes on running for ever, and a new process continues with pruning."""
    study = create(place, "killed")
    victim, *others = four
    victim.tell("optimise", storage=place, study="killed", hang=True)
    lost = victim.answer()
    start(others, place, "killed")
    wait_until(lambda: len(study.get_trials(deepcopy=False)) > 8)
    victim.kill()
    assert [worker.answer() for worker in others] == ["done"] * 3

    assert study.trials[lost].state == TrialState.RUNNING
    assert len(study.get_trials(states=ENDED)) == len(study.trials) - 1
    assert study.best_trial.number == BEST

    before = pruned(study)
    optimise(load(place, "killed"), trials=TRIALS + 8)
    assert pruned(study) > before
    assert study.best_trial.number == BEST


def beats(database: Path) -> int:
    """How many trials of a database have had a heartbeat."""
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT COUNT(*) FROM trial_heartbeats").fetchone()
    return int(count)


def test_heartbeats_tell_of_a_killed_process(tmp_path: Path, four: list[Worker]) -> None:
    """With Optuna's heartbeat, the trial of a killed process fails and is tried again, while pruning goes on."""
    place = f"heartbeat:sqlite:///{tmp_path}/study.db{PATIENT}"
    study = create(place, "heartbeat")
    victim = four[0]
    victim.tell("optimise", storage=place, study="heartbeat", hang=True)
    lost = victim.answer()
    wait_until(lambda: beats(tmp_path / "study.db") > 0)  # else Optuna never takes the process for dead
    victim.kill()
    time.sleep(GRACE + 1.1)  # databases tell whole seconds

    optimise(load(place, "heartbeat"))
    assert study.trials[lost].state == TrialState.FAIL
    again = optuna.storages.RetryHeartbeatStaleTrialCallback.retried_trial_number
    assert [again(trial) for trial in study.trials].count(lost) == 1
    assert len(study.get_trials(states=ENDED)) == TRIALS
    assert pruned(study) >= 4
    assert study.best_trial.number == BEST
